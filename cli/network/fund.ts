/** `pegminer fund`: buys entry credits with factoids. */
import { join } from 'node:path'

import { wallMs } from '../../base/index.js'
import { networkOf } from '../../pegnet/index.js'
import { mistake, problem, problemsError, type Problem } from '../../config/index.js'
import {
  begunPurchase,
  buyCredits,
  composePurchase,
  encodeAddress,
  factoidKey,
  fctText,
  isAddress,
  lockPending,
  openPending,
  takenUp,
  type FactoidTransaction,
  type FactomClient,
} from '../../factom/index.js'
import { connect, payerKey, payerProblems } from './connect.js'
import { EXIT, type CommandContext } from '../program/context.js'
import { fail } from '../program/errors.js'
import { plural } from '../view/format.js'
import type { FundKey } from '../program/keys.js'
import { KNOWN_KEYS } from '../program/known-keys.js'
import { dataDirOf } from './data-dir.js'
import { withResources } from '../program/resources.js'
import { factPrinter } from '../view/facts.js'

type Context = CommandContext<FundKey>

/** The balance follows the acknowledgement within a second. */
const BALANCE_TRIES = 20
const BALANCE_PAUSE_MS = 250

export async function fund(context: Context): Promise<number> {
  const { settings, output, signal } = context
  const { credits, secret } = planOf(context)
  return withResources(async (resources) => {
    const client = connect(context)
    resources.add(() => client.close())
    const network = settings['network.name']
    const ecAddress = settings['factom.ecAddress'] ?? (await payerKey(context))?.address ?? ''
    const payer = factoidKey(secret)
    const file = join(dataDirOf(settings, network), 'pending.json')
    resources.add(lockPending(file))
    const pending = openPending(file)
    const timeMs = wallMs()
    const rate = await client.entryCreditRate(signal)
    const before = await client.entryCreditBalance(ecAddress, signal)
    // A clock that runs ahead must not drop a purchase that the network still takes, and pay for another one.
    const earliest = Math.min(timeMs, (await client.currentMinute(signal)).nodeTime)
    const earlier = await begunPurchase(client, pending, { wallMs: earliest, signal })
    const begun = takenUp(earlier, (transaction) =>
      boughtBy(transaction, { credits, rate, ecAddress, payer: payer.address }),
    )
    const made = composePurchase({ credits, rate, ecAddress, payer, timeMs })
    const transaction = begun?.transaction ?? made.transaction
    const buyer = buyerOf(transaction)
    const total = transaction.inputs.reduce((sum, { amount }) => sum + amount, 0n)

    const fact = factPrinter(output)
    if (earlier !== null && begun === null)
      fact(
        'earlier',
        `a purchase for ${buyerOf(earlier.transaction)}: ${earlier.state === 'done' ? 'done' : 'never done, and void now'} (${earlier.transaction.txid})`,
      )
    fact('network', `${network}, factomd at ${client.url}`)
    fact(
      'buys',
      begun ? `what an earlier run began, for ${buyer}` : `${plural(credits, 'entry credit')} for ${buyer}`,
    )
    fact(
      'price',
      `${fctText(total)} FCT, at ${rate} factoshis a credit${begun ? '' : ` and a fee of ${fctText(made.fee)} FCT`}`,
    )
    fact(
      'paid by',
      `${payer.address}, which has ${fctText(await client.factoidBalance(payer.address, signal))} FCT`,
    )
    output.event({
      event: 'fund',
      network,
      factomd: client.url,
      credits: begun ? null : credits,
      ecAddress: buyer,
      factoidAddress: payer.address,
      rate: rate.toString(),
      fct: fctText(total),
      resumed: begun !== null,
    })
    if (network === 'MainNet' && !settings['confirm.yes'])
      throw fail('E_CLI_CONFIRM', `this spends ${fctText(total)} FCT, real money: give --yes to do it`)
    await buyCredits(client, { transaction, payer: payer.address }, { pending, signal })
    const balance = await newBalance(client, { address: buyer, before, signal })
    output.line()
    output.line(` Bought: ${buyer} has ${plural(balance, 'entry credit')} now.`)
    output.event({ event: 'done', txid: transaction.txid, ecAddress: buyer, balance })
    return EXIT.done
  })
}

const buyerOf = ({ ecOutputs: [output] }: FactoidTransaction): string =>
  encodeAddress('EC', Buffer.from(output?.address ?? '', 'hex'))

/** What a purchase of an earlier run is, beside the one that is asked for; the rate may have changed since. */
function boughtBy(
  transaction: FactoidTransaction,
  wanted: {
    readonly credits: number
    readonly rate: bigint
    readonly ecAddress: string
    readonly payer: string
  },
) {
  const buyer = buyerOf(transaction)
  const payer = encodeAddress('FA', Buffer.from(transaction.inputs[0]?.address ?? '', 'hex'))
  const count = Number(((transaction.ecOutputs[0]?.amount ?? 0n) + wanted.rate / 2n) / wanted.rate)
  return {
    same: count === wanted.credits && buyer === wanted.ecAddress && payer === wanted.payer,
    text: `a purchase of ${plural(count, 'entry credit')} for ${buyer}, paid by ${payer}`,
    command: `pegminer fund --credits ${count} --ec-address ${buyer}, with the key of ${payer},`,
  }
}

function planOf({ settings }: Context): { credits: number; secret: string } {
  const network = networkOf(settings['network.name'])
  if (network.name === 'dev')
    throw mistake(
      'E_CONFIG_NETWORK',
      'the network dev buys its credits by itself; for a running pegminer dev give --network local',
    )
  const credits = settings['fund.credits']
  const secret = settings['fund.fctSecret'] ?? (network.name === 'local' ? KNOWN_KEYS[0] : undefined)
  const problems: Problem[] = payerProblems(settings)
  const missing = (what: string) => problems.push(problem('E_CONFIG_MISSING', what))
  if (credits === undefined) missing('how many? Give --credits')
  if (secret === undefined) missing('who pays? Set PEGMINER_FUND_FCT_SECRET or PEGMINER_FUND_FCT_SECRET_FILE')
  else if (!isAddress(secret, 'Fs'))
    problems.push(
      problem(
        'E_CONFIG_VALUE',
        'PEGMINER_FUND_FCT_SECRET has a wrong character in it: the check sum does not fit',
      ),
    )
  if (settings['factom.ecAddress'] === undefined && settings['miner.ecSecret'] === undefined)
    missing('for whom? Give --ec-address, or set PEGMINER_MINER_EC_SECRET or …_FILE')
  if (problems.length > 0) throw problemsError(problems)
  return { credits: credits as number, secret: secret as string }
}

/** The balance once it has changed, or as it is after some seconds. */
async function newBalance(
  client: FactomClient,
  { address, before, signal }: { address: string; before: number; signal: AbortSignal },
): Promise<number> {
  for (let tries = BALANCE_TRIES; ; tries--) {
    const balance = await client.entryCreditBalance(address, signal)
    if (balance !== before || tries === 0 || signal.aborted) return balance
    await new Promise((resolve) => setTimeout(resolve, BALANCE_PAUSE_MS))
  }
}
