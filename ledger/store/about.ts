/** What a ledger is of, and how far it has come. */
import type { Transaction } from '../../base/index.js'
import {
  networkOf,
  withActivations,
  type Activations,
  type Network,
  type NetworkName,
} from '../../pegnet/index.js'
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
  /** First heights of record versions on a network of one's own; null: the usual ones. */
  readonly activations: Activations | null
}

/** The network whose rules hold in a ledger. */
export function ledgerNetwork({
  network,
  activations,
}: Pick<LedgerAbout, 'network' | 'activations'>): Network {
  const named = networkOf(network)
  return activations === null ? named : withActivations(named, activations)
}

const jsonOf = (activations: Activations | null): string | null => activations && JSON.stringify(activations)

/** Null: there is no ledger yet. */
export function aboutLedger(db: Pick<Transaction, 'one'>): LedgerAbout | null {
  const row = db.one('SELECT * FROM ledger_about')
  if (!row) return null
  const [begins, activations] = [row['begins'], row['activations'] as string | null]
  return {
    network: row['network'] as NetworkName,
    origin: row['origin'] as string,
    height: Number(row['height']),
    averages: row['averages'] as AverageForm,
    begins: begins === null ? null : Number(begins),
    activations: activations === null ? null : (JSON.parse(activations) as Activations),
  }
}

/**
 * Begins a ledger before its first block; one that was begun goes on by the activations that are given. Throws
 * `E_LEDGER_OTHER` if there is one of something else.
 */
export function beginLedger(
  tx: Transaction,
  {
    averages = 'window',
    begins = null,
    activations = null,
    ...given
  }: Omit<LedgerAbout, 'averages' | 'begins' | 'activations'> & {
    readonly averages?: AverageForm | undefined
    readonly begins?: number | null
    readonly activations?: Activations | null | undefined
  },
): LedgerAbout {
  const wanted = { ...given, averages, begins, activations }
  const asJson = jsonOf(activations)
  const found = aboutLedger(tx)
  if (!found) {
    tx.run(
      'INSERT INTO ledger_about VALUES (?, ?, ?, ?, ?, ?)',
      ...[wanted.network, wanted.origin, wanted.height, wanted.averages, begins, asJson],
    )
    return wanted
  }
  if (found.network === wanted.network && found.origin === wanted.origin) {
    if (found.averages === wanted.averages) {
      if (jsonOf(found.activations) === asJson) return found
      tx.run('UPDATE ledger_about SET activations = ?', asJson)
      return { ...found, activations }
    }
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
