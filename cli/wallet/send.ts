/** `pegminer wallet send|convert`: looked at, asked about, written down, signed, sent. */
import { isoTime } from '../../base/index.js'
import { problem, problemsError } from '../../config/index.js'
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
  requireNew,
  requireSent,
  sendBatch,
  settleEarlier,
  signBatch,
  signingTime,
  standingOf,
  transactionsOf,
  type Plan,
  type SignedBatch,
  type Standing,
  type Unsigned,
} from '../../ledger/index.js'
import { tickerOf } from '../ledger/arguments.js'
import { EXIT } from '../program/context.js'
import { openResources, type Resources } from '../program/resources.js'
import { factPrinter } from '../view/facts.js'
import { plural } from '../view/format.js'
import { requireYes, unlockKey } from './ask.js'
import { fileOf, type WalletContext } from './context.js'
import { readBatch, writeNew } from './files.js'
import { quote } from './quote.js'
import { reachLedger, reachNode, type Reach, type Sending } from './reach.js'
import { earlierEvent, earlierText } from './view.js'

const usage = (text: string): Error => problemsError([problem('E_CONFIG_ARGUMENT', text)])

export function send(context: WalletContext, amount?: string, token?: string, to?: string): Promise<number> {
  const file = context.settings['wallet.batch']
  if (file !== undefined) {
    if (amount !== undefined) throw usage('--file says all of it: give no amount, token and address')
    return sendFile(context, file)
  }
  if (amount === undefined || token === undefined || to === undefined)
    throw usage('say what, and where to: pegminer wallet send 1.5 pUSD FA…, or --file FILE')
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
    throw usage('say what, and into what: pegminer wallet convert 10 PEG pUSD')
  const plan = [{ ticker: tickerOf(token), amount: amountOf(amount), target: tickerOf(target) }]
  return sendPlan(context, plan, context.settings['wallet.sender'])
}

async function sendFile(context: WalletContext, file: string): Promise<number> {
  const found = readBatch(file)
  if (found.kind === 'plan')
    return sendPlan(context, found.plan, context.settings['wallet.sender'] ?? found.from)
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
  const resources = openResources()
  try {
    return await work(reachLedger(context, resources), resources)
  } finally {
    await resources.close()
  }
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
  await prepare(context, reach, { unsigned, sending })
  await requireYes(context, 'Sign and send it?')
  const key = await unlockKey(context, wallet, address)
  // Minutes may have passed at the questions.
  const standing = await standingOf(sending)
  return dispatch(context, sending, { batch: signBatch(unsigned, key, signingTime(standing)), standing })
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
  const { hash } = batch.entry
  if (
    (await reach.source.statusOf(hash)) !== null ||
    reach.outbox.list().some(({ entry }) => entry.hash === hash)
  ) {
    await tellEarlier(context, sending)
    context.output.event({ event: 'wallet.sent', hash, state: 'known' })
    context.output.line(' This very batch was sent before: nothing more is to be done.')
    return EXIT.done
  }
  await prepare(context, reach, { unsigned: batch, sending })
  await requireYes(context, 'Send it?')
  return dispatch(context, sending, { batch, standing: await standingOf(sending) })
}

/** Throws if it must not be signed. */
async function prepare(
  context: WalletContext,
  reach: Reach,
  { unsigned, sending }: { readonly unsigned: Unsigned; readonly sending: Sending },
): Promise<void> {
  const { client, payer, signal } = sending
  const earlier = await tellEarlier(context, sending)
  if (!context.settings['wallet.again']) requireNew(unsigned, earlier)
  await quote(context, reach, unsigned)
  const balance = await client.entryCreditBalance(payer.address, signal)
  requireCredits(unsigned, { address: payer.address, balance })
  factPrinter(context.output)('paid by', payer.address)
}

async function tellEarlier({ output }: WalletContext, sending: Sending) {
  const standing = await standingOf(sending)
  const earlier = await settleEarlier(sending, standing)
  for (const one of earlier) {
    output.event(earlierEvent(one))
    output.line(` earlier: ${earlierText(one)}`)
  }
  if (standing.behind > 0)
    output.line(` The ledger lacks the last ${plural(standing.behind, 'block')}: what it says may be old.`)
  return earlier
}

async function dispatch(
  { output }: WalletContext,
  sending: Sending,
  { batch, standing }: { readonly batch: SignedBatch; readonly standing: Standing },
): Promise<number> {
  const result = await sendBatch(batch, sending, standing)
  const { hash } = batch.entry
  output.event({
    ...{ event: 'wallet.sent', hash, state: result.state, height: result.height, credits: result.credits },
    goodUntil: isoTime(goodUntil(batch)),
    ...{ code: result.code ?? null, reason: result.reason ?? null },
  })
  requireSent(batch, result)
  output.line()
  output.line(` Sent: entry ${hash}, while block ${result.height} is built.`)
  output.line(' pegminer wallet history shows it as soon as the ledger knows that block.')
  return EXIT.done
}

/** Without a signature: a signed one could be sent by anybody who reads it. */
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
