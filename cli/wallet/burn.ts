/** `pegminer wallet burn`: factoids for pFCT, where the ledger still credits that. */
import { join } from 'node:path'

import { unitsText, wallMs } from '../../base/index.js'
import { begunPurchase, buyCredits, openPending } from '../../factom/index.js'
import { amountOf, composeBurn, findAddress, readWallet, requireBurns, rulesOf } from '../../ledger/index.js'
import { networkOf } from '../../pegnet/index.js'
import { EXIT } from '../program/context.js'
import { openResources } from '../program/resources.js'
import { factPrinter } from '../view/facts.js'
import { requireYes, unlockKey } from './ask.js'
import { fileOf, type WalletContext } from './context.js'
import { clientOf, folderOf } from './reach.js'

export async function burn(context: WalletContext, text = ''): Promise<number> {
  const { settings, output, signal } = context
  const network = networkOf(settings['network.name'])
  const rules = rulesOf(network)
  // Where there never were any, no node need be asked.
  requireBurns(0, rules)
  const amount = amountOf(text)
  const wallet = readWallet(fileOf(context))
  const { address } = findAddress(wallet.addresses, settings['wallet.sender'])
  const resources = openResources()
  try {
    const client = await clientOf(context, network)
    resources.add(() => client.close())
    const { leaderHeight, nodeTime } = await client.currentMinute(signal)
    requireBurns(leaderHeight + 1, rules)
    const fact = factPrinter(output)
    fact('from', address)
    fact('burns', `${unitsText(amount)} FCT, for as much pFCT from the block after its own on`)
    await requireYes(context, 'Burn them? They are gone for good.')
    const key = await unlockKey(context, wallet, address)
    // As with a purchase of credits: written down first, then the same bytes are sent until they are seen.
    const pending = openPending(join(folderOf(context), 'burn.json'))
    const begun = begunPurchase(pending, Math.min(wallMs(), nodeTime))
    const transaction = begun ?? composeBurn(key, amount, nodeTime)
    await buyCredits(client, { transaction, payer: address }, { pending, signal })
    const burnt = String(transaction.inputs[0]?.amount ?? 0n)
    output.event({
      ...{ event: 'wallet.burnt', txid: transaction.txid, address, amount: burnt, resumed: begun !== null },
    })
    output.line(` Burnt: transaction ${transaction.txid}${begun ? ', which an earlier run began' : ''}.`)
    return EXIT.done
  } finally {
    await resources.close()
  }
}
