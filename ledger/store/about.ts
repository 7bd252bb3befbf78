/** What a ledger is of, and how far it has come. */
import type { Transaction } from '../../base/index.js'
import type { NetworkName } from '../../pegnet/index.js'
import type { AverageForm } from '../engine/averages.js'
import { fail } from '../errors.js'

export interface LedgerAbout {
  /** Whose rules. */
  readonly network: NetworkName
  /** `chain`, or the key MR of the first block of a recorded chain. */
  readonly origin: string
  /** The last block that is known. */
  readonly height: number
  /** By which averages conversions were executed. */
  readonly averages: AverageForm
  /** The block of the checkpoint that it was begun with; null: it has all blocks. */
  readonly begins: number | null
}

/** Null: there is no ledger yet. */
export function aboutLedger(db: Pick<Transaction, 'one'>): LedgerAbout | null {
  const row = db.one('SELECT network, origin, height, averages, begins FROM ledger_about')
  if (!row) return null
  const [network, origin] = [row['network'] as NetworkName, row['origin'] as string]
  const begins = row['begins'] === null ? null : Number(row['begins'])
  return { network, origin, height: Number(row['height']), averages: row['averages'] as AverageForm, begins }
}

/** Begins a ledger before its first block. Throws `E_LEDGER_OTHER` if there is one of something else. */
export function beginLedger(
  tx: Transaction,
  {
    averages = 'window',
    begins = null,
    ...given
  }: Omit<LedgerAbout, 'averages' | 'begins'> & {
    readonly averages?: AverageForm | undefined
    readonly begins?: number | null
  },
): LedgerAbout {
  const wanted = { ...given, averages, begins }
  const found = aboutLedger(tx)
  if (!found) {
    tx.run(
      'INSERT INTO ledger_about VALUES (?, ?, ?, ?, ?)',
      ...[wanted.network, wanted.origin, wanted.height, wanted.averages, begins],
    )
    return wanted
  }
  if (found.network === wanted.network && found.origin === wanted.origin) {
    if (found.averages === wanted.averages) return found
    throw fail(
      'E_LEDGER_OTHER',
      `the data directory holds a ledger with averages of the form ${found.averages}, not ${wanted.averages}`,
    )
  }
  const what = (about: LedgerAbout) =>
    about.origin === 'chain'
      ? `the network ${about.network}`
      : `the recorded chain that begins with block ${about.origin}`
  throw fail(
    'E_LEDGER_OTHER',
    `the data directory holds the ledger of ${what(found)}, not of ${what(wanted)}`,
  )
}
