/** `pegminer ledger checkpoint FILE`: what others need to begin with the last block instead of the first. */
import { mistake } from '../../config/index.js'
import { requireCheckpointFile, writeCheckpoint } from '../../ledger/index.js'
import { EXIT } from '../program/context.js'
import { factPrinter } from '../view/facts.js'
import { plural } from '../view/format.js'
import type { LedgerContext } from './context.js'
import { openEither } from './files.js'

export function checkpoint(context: LedgerContext, file: string): number {
  const { settings, output } = context
  if (settings['ledger.height'] !== undefined)
    throw mistake('E_CONFIG_VALUE', 'a checkpoint is of the last block; leave --height out')
  requireCheckpointFile(file)
  const query = openEither(context)
  try {
    const made = query.checkpoint()
    const digest = writeCheckpoint(file, made)
    const { network, height, hash, accounts } = made
    output.event({
      ...{ event: 'ledger.checkpoint', file, network, height, hash, digest, addresses: accounts.length },
    })
    const fact = factPrinter(output)
    fact('ledger', `${network}, block ${height}, ${plural(accounts.length, 'address', 'addresses')}`)
    fact('hash', `${hash}  (of all balances)`)
    fact('digest', `${digest}  (of the whole file)`)
    fact('file', file)
    return EXIT.done
  } finally {
    query.close()
  }
}
