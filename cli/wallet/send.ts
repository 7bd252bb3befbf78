/** `pegminer wallet send|convert`: looked at, asked about, written down, signed, sent. */
import { isoTime } from '../../base/index.js'
import { wrongArgument } from '../../config/index.js'
import type { PublishResult } from '../../factom/index.js'
import {
  addressText,
  amountOf,
  batchFileText,
  composeBatch,
  creditsOf,
  findAddress,
  goodUntil,
  readAddress,
  readWallet,
  requireChain,
  requireCredits,
  requireSent,
  sendBatch,
  sameOf,
  signBatch,
  signedBefore,
  signingTime,
  standingOf,
  transactionsOf,
  type Earlier,
  type Plan,
  type SignedBatch,
  type Unsigned,
} from '../../ledger/index.js'
import { tickerOf } from '../ledger/arguments.js'
import { EXIT } from '../program/context.js'
import { withResources, type Resources } from '../program/resources.js'
import { factPrinter } from '../view/facts.js'
import { requireYes, unlockKey } from './ask.js'
import { fileOf, type WalletContext } from './context.js'
import { finishEarlier, tellEarlier } from './earlier.js'
import { readBatch, requireNew, writeNew } from './files.js'
import { quote } from './quote.js'
import { reachLedger, reachNode, type Reach, type Sending } from './reach.js'

export function send(context: WalletContext, amount?: string, token?: string, to?: string): Promise<number> {
  const file = context.settings['wallet.batch']
  if (file !== undefined) {
    if (amount !== undefined) throw wrongArgument('--file says all of it: give no amount, token and address')
    return sendFile(context, file)
  }
  if (amount === undefined || token === undefined || to === undefined)
    throw wrongArgument('say what, and where to: pegminer wallet send 1.5 pUSD FA…, or --file FILE')
  const plan = [{ ticker: tickerOf(token), outputs: [{ to, amount: amountOf(amount) }] }]
  return sendPlan(context, plan, context.settings['wallet.sender'])
}

export function convert(
  context: WalletContext,
  amount?: string,
  token?: string,
  target?: string,
): Promise<number> {
  if (amount === undefined || token === undefined || target === undefined)
    throw wrongArgument('say what, and into what: pegminer wallet convert 10 PEG pUSD')
  const plan = [{ ticker: tickerOf(token), amount: amountOf(amount), target: tickerOf(target) }]
  return sendPlan(context, plan, context.settings['wallet.sender'])
}

async function sendFile(context: WalletContext, file: string): Promise<number> {
  const found = readBatch(file)
  if (found.kind === 'plan')
    return sendPlan(context, found.plan, context.settings['wallet.sender'] ?? found.from)
  if (found.kind === 'signed' && context.settings['wallet.out'] !== undefined)
    throw wrongArgument(
      'a signed batch is sent, not written: leave --out out, or --dry-run to see what it says',
    )
  return withReach(context, (reach, resources) => {
    requireChain(found.batch, reach.chainId)
    return found.kind === 'signed'
      ? publishSigned(context, reach, { batch: found.batch, resources })
      : signAndSend(context, reach, { unsigned: found.batch, resources })
  })
}

function sendPlan(context: WalletContext, plan: Plan, word: string | undefined): Promise<number> {
  return withReach(context, (reach, resources) => {
    const unsigned = planned(context, plan, { word, chainId: reach.chainId })
    return signAndSend(context, reach, { unsigned, resources })
  })
}

/** A plan as the batch of an address of the wallet, which a word names. */
export function planned(
  context: WalletContext,
  plan: Plan,
  { word, chainId }: { readonly word: string | undefined; readonly chainId: string },
): Unsigned {
  const sender = findAddress(readWallet(fileOf(context)).addresses, word)
  const kind = sender.kind === 'ethereum' ? 'ethereum' : 'factoid'
  return composeBatch(chainId, transactionsOf(plan, readAddress(sender.address) ?? '', kind))
}

async function withReach(
  context: WalletContext,
  work: (reach: Reach, resources: Resources) => Promise<number>,
): Promise<number> {
  const out = context.settings['wallet.out']
  if (out !== undefined) requireNew(out)
  return withResources(async (resources) => {
    return await work(reachLedger(context, resources), resources)
  })
}

/** What is only looked at or written into a file needs neither key nor node. */
async function signAndSend(
  context: WalletContext,
  reach: Reach,
  { unsigned, resources }: { readonly unsigned: Unsigned; readonly resources: Resources },
): Promise<number> {
  const { settings } = context
  const wallet = readWallet(fileOf(context))
  const { address } = findAddress(
    wallet.addresses,
    addressText(unsigned.transactions[0]?.input.address ?? ''),
  )
  const out = settings['wallet.out']
  if (settings['wallet.dryRun'] || out !== undefined) {
    await quote(context, reach, unsigned)
    return out === undefined ? showEntry(context, unsigned) : writeOut(context, out, unsigned)
  }
  const sending = await reachNode(context, reach, resources)
  const earlier = await tellEarlier(context, sending)
  const same = settings['wallet.again'] ? undefined : sameOf(unsigned, earlier)
  if (same) return goOn(context, sending, { same, earlier })
  await prepare(context, reach, { unsigned, sending, earlier })
  await requireYes(context, 'Sign and send it?')
  const key = await unlockKey(context, wallet, address)
  // Minutes may have passed at the questions.
  const standing = await standingOf(sending)
  const batch = signBatch(unsigned, key, signingTime(standing))
  return tellSent(context, batch, { result: await sendBatch(batch, sending, standing), resumed: false })
}

/** One that was signed elsewhere. */
async function publishSigned(
  context: WalletContext,
  reach: Reach,
  { batch, resources }: { readonly batch: SignedBatch; readonly resources: Resources },
): Promise<number> {
  if (context.settings['wallet.dryRun']) {
    await quote(context, reach, batch)
    return showEntry(context, batch)
  }
  const sending = await reachNode(context, reach, resources)
  const earlier = await tellEarlier(context, sending)
  const { hash } = batch.entry
  const own = earlier.find((one) => one.batch.entry.hash === hash)
  if (own && !own.unfinished && own.fate.kind !== 'expired') return tellKnown(context, hash)
  if ((await reach.source.statusOf(hash)) !== null) return tellKnown(context, hash)
  const again = context.settings['wallet.again']
  const same = own?.unfinished ? own : again ? undefined : sameOf(batch, earlier)
  if (same) return goOn(context, sending, { same, earlier })
  await prepare(context, reach, { unsigned: batch, sending, earlier })
  await requireYes(context, 'Send it?')
  const standing = await standingOf(sending)
  return tellSent(context, batch, { result: await sendBatch(batch, sending, standing), resumed: false })
}

/**
 * Goes on with a batch that says the same and was signed before: an unfinished one is sent again, instead of a second
 * one.
 */
async function goOn(
  context: WalletContext,
  sending: Sending,
  { same, earlier }: { readonly same: Earlier; readonly earlier: readonly Earlier[] },
): Promise<number> {
  const { batch, unfinished } = same
  if (!unfinished) throw signedBefore(batch)
  const result = await finishEarlier(context, sending, { earlier, wanted: batch })
  if (result === undefined) return tellKnown(context, batch.entry.hash)
  return tellSent(context, batch, { result, resumed: true })
}

/** What was signed before comes first. Throws if the batch must not be signed. */
async function prepare(
  context: WalletContext,
  reach: Reach,
  {
    unsigned,
    sending,
    earlier,
  }: { readonly unsigned: Unsigned; readonly sending: Sending; readonly earlier: readonly Earlier[] },
): Promise<void> {
  const { client, payer, signal } = sending
  await finishEarlier(context, sending, { earlier, wanted: undefined })
  await quote(context, reach, unsigned)
  const balance = await client.entryCreditBalance(payer.address, signal)
  requireCredits(unsigned, { address: payer.address, balance })
  factPrinter(context.output)('paid by', payer.address)
}

function tellKnown({ output }: WalletContext, hash: string): number {
  output.event({ event: 'wallet.sent', hash, state: 'known' })
  output.line(' This very batch was sent before: nothing more is to be done.')
  return EXIT.done
}

function tellSent(
  { output }: WalletContext,
  batch: SignedBatch,
  { result, resumed }: { readonly result: PublishResult; readonly resumed: boolean },
): number {
  const { hash } = batch.entry
  output.event({
    ...{ event: 'wallet.sent', hash, state: result.state, height: result.height, credits: result.credits },
    ...{ goodUntil: isoTime(goodUntil(batch)), resumed },
    ...{ code: result.code ?? null, reason: result.reason ?? null },
  })
  requireSent(batch, result)
  output.line()
  const earlier = resumed ? ', which an earlier run had signed' : ''
  output.line(` Sent: entry ${hash}${earlier}, while block ${result.height} is built.`)
  output.line(' pegminer wallet history shows it as soon as the ledger knows that block.')
  return EXIT.done
}

/** Shows the entry without a signature: a signed one could be sent by anyone who reads it. */
function showEntry({ output }: WalletContext, unsigned: Unsigned): number {
  const content = Buffer.from(unsigned.content).toString()
  const { chainId } = unsigned
  output.event({ event: 'wallet.entry', chainId, content, credits: creditsOf(unsigned), signed: false })
  factPrinter(output)('chain', chainId)
  output.line()
  output.line(content)
  output.line()
  output.line(' A dry run: nothing was signed, and nothing sent.')
  return EXIT.done
}

function writeOut({ output }: WalletContext, file: string, unsigned: Unsigned): number {
  writeNew(file, batchFileText(unsigned))
  output.event({ event: 'wallet.written', file, signed: false })
  output.line()
  output.line(` ${file} written. Where the key is: pegminer wallet sign ${file} --out SIGNED`)
  output.line(' then here, within 12 hours: pegminer wallet send --file SIGNED')
  return EXIT.done
}
