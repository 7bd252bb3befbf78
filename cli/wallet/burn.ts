/** `pegminer wallet burn`: factoids for pFCT, where the ledger still credits that. */
import { join } from 'node:path'

import { unitsText, wallMs } from '../../base/index.js'
import {
  begunPurchase,
  buyCredits,
  lockPending,
  openPending,
  takenUp,
  type Begun,
  type FactoidTransaction,
  type FactomClient,
  type PendingMessages,
} from '../../factom/index.js'
import {
  addressText,
  amountOf,
  composeBurn,
  findAddress,
  readWallet,
  requireBurns,
  rulesOf,
} from '../../ledger/index.js'
import { followedNetwork } from '../network/follow.js'
import { EXIT } from '../program/context.js'
import { withResources } from '../program/resources.js'
import { factPrinter } from '../view/facts.js'
import { requireYes, unlockKey } from './ask.js'
import { fileOf, type WalletContext } from './context.js'
import { clientOf, folderOf } from './reach.js'

export async function burn(context: WalletContext, text = ''): Promise<number> {
  const { settings, output, signal } = context
  const network = followedNetwork(settings)
  const rules = rulesOf(network)
  // Where there never were any, no node need be asked.
  requireBurns(0, rules)
  const amount = amountOf(text)
  const wallet = readWallet(fileOf(context))
  const { address } = findAddress(wallet.addresses, settings['wallet.sender'])
  return withResources(async (resources) => {
    const client = await clientOf(context, network)
    resources.add(() => client.close())
    const file = join(folderOf(context), 'burn.json')
    resources.add(lockPending(file))
    const { leaderHeight, nodeTime } = await client.currentMinute(signal)
    const pending = openPending(file)
    const begun = await earlierBurn(context, { client, pending, nodeTime }, { address, amount })
    const fact = factPrinter(output)
    fact('from', address)
    fact('burns', `${unitsText(amount)} FCT, for as much pFCT from the block after its own on`)
    if (begun !== null) fact('', `an earlier run has signed it: transaction ${begun.transaction.txid}`)
    if (begun?.state !== 'done') requireBurns(leaderHeight + 1, rules)
    // What is signed was said yes to.
    if (begun === null) await requireYes(context, 'Burn them? They are gone for good.')
    // As with a purchase of credits: written down first, then the same bytes are sent until they are seen.
    const transaction =
      begun?.transaction ?? composeBurn(await unlockKey(context, wallet, address), amount, nodeTime)
    await buyCredits(client, { transaction, payer: address }, { pending, signal })
    output.event({
      ...{ event: 'wallet.burnt', txid: transaction.txid, address, amount: String(amount) },
      resumed: begun !== null,
    })
    output.line(` Burnt: transaction ${transaction.txid}${begun ? ', which an earlier run began' : ''}.`)
    return EXIT.done
  })
}

interface Reached {
  readonly client: Pick<FactomClient, 'factoidAck'>
  readonly pending: PendingMessages
  /** UNIX ms. */
  readonly nodeTime: number
}

/**
 * The burn that an earlier run began, if it is the same. What became of another one is told; while that is open, this
 * one is refused.
 */
async function earlierBurn(
  { output, signal }: WalletContext,
  { client, pending, nodeTime }: Reached,
  { address, amount }: { readonly address: string; readonly amount: bigint },
): Promise<Begun | null> {
  const begun = await begunPurchase(client, pending, { wallMs: Math.min(wallMs(), nodeTime), signal })
  const found = takenUp(begun, (transaction) => {
    const { burnt, payer } = burnOf(transaction)
    const fct = unitsText(burnt)
    return {
      same: burnt === amount && payer === address,
      text: `a burn of ${fct} FCT of ${payer}`,
      command: `pegminer wallet burn ${fct} --sender ${payer}`,
    }
  })
  if (begun === null || found !== null) return found
  const { burnt, payer } = burnOf(begun.transaction)
  const fate = begun.state === 'done' ? 'burnt' : 'never burnt, and void now'
  factPrinter(output)('earlier', `${unitsText(burnt)} FCT of ${payer}: ${fate} (${begun.transaction.txid})`)
  return null
}

function burnOf({ inputs: [input] }: FactoidTransaction) {
  return { burnt: input?.amount ?? 0n, payer: addressText(input?.address ?? '') }
}
