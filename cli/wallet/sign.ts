/** `pegminer wallet sign`: on a machine without a network, from file to file. */
import { isoTime, wallMs } from '../../base/index.js'
import { mistake, wrongArgument } from '../../config/index.js'
import {
  addressText,
  batchFileText,
  findAddress,
  goodUntil,
  ledgerChains,
  readWallet,
  requireChain,
  signBatch,
} from '../../ledger/index.js'
import { networkOf } from '../../pegnet/index.js'
import { EXIT } from '../program/context.js'
import { requireYes, unlockKey } from './ask.js'
import { fileOf, type WalletContext } from './context.js'
import { readBatch, requireNew, writeNew } from './files.js'
import { showBatch } from './quote.js'
import { planned } from './send.js'
import { timeText } from './view.js'

/** What is signed is what is shown: it is read out of the very bytes. */
export async function sign(context: WalletContext, file = ''): Promise<number> {
  const { settings, output } = context
  const out = settings['wallet.out']
  if (out === undefined) throw mistake('E_CONFIG_MISSING', 'where to? Give --out FILE for the signed batch')
  requireNew(out)
  const found = readBatch(file)
  if (found.kind === 'signed') throw wrongArgument('it is signed already')
  const { transactions: chainId } = ledgerChains(networkOf(settings['network.name']))
  const unsigned =
    found.kind === 'plan'
      ? planned(context, found.plan, { word: settings['wallet.sender'] ?? found.from, chainId })
      : found.batch
  requireChain(unsigned, chainId)
  const wallet = readWallet(fileOf(context))
  const owner = addressText(unsigned.transactions[0]?.input.address ?? '')
  const { address } = findAddress(wallet.addresses, owner)
  showBatch(context, unsigned)
  await requireYes(context, 'Sign it?')
  const key = await unlockKey(context, wallet, address)
  const batch = signBatch(unsigned, key, Math.floor(wallMs() / 1000))
  writeNew(out, batchFileText(batch))
  const until = goodUntil(batch)
  const { hash } = batch.entry
  output.event({ event: 'wallet.signed', file: out, hash, goodUntil: isoTime(until) })
  output.line()
  output.line(
    ` ${out} written. Anybody who has this file can send it, until ${timeText(until)}; after that it is void.`,
  )
  return EXIT.done
}
