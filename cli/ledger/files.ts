/** Where ledgers are kept. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { isCoded } from '../../base/index.js'
import { openLedger, type LedgerQueries } from '../../ledger/index.js'
import { HISTORY_FILE } from '../../oracle/index.js'
import { dataDirOf } from '../network/data-dir.js'
import type { Settings } from '../../config/index.js'

/** That of a recorded chain; that of a followed chain is in the file of all that follow it. */
export const RECORDED_FILE = 'ledger.sqlite'

interface Where {
  readonly settings: Pick<Settings, 'data.dir' | 'network.name'>
}

export const dirOf = ({ settings }: Where): string => dataDirOf(settings, settings['network.name'])

/** The ledger of the chain that was followed in the data directory; if none was, that of a recorded chain. */
export function openEither(context: Where): LedgerQueries {
  const dir = dirOf(context)
  const recorded = join(dir, RECORDED_FILE)
  try {
    return openLedger(join(dir, HISTORY_FILE))
  } catch (error) {
    if (!isCoded(error) || error.code !== 'E_LEDGER_NONE' || !existsSync(recorded)) throw error
    return openLedger(recorded)
  }
}
