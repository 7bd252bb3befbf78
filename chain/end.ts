/** Where following stands: to begin elsewhere behind a block that was followed here. */
import { blobOf, hexOf, type Transaction } from '../base/index.js'

export interface ChainEnd {
  readonly keyMr: string
  /** Of the block, UNIX ms. */
  readonly time: number
  /** The last block of each chain: its id, the height that it is in, key MR and number. */
  readonly tips: [id: string, height: number, keyMr: string, sequence: number][]
}

/** Null: the block was not followed. */
export function chainEnd(db: Pick<Transaction, 'all' | 'one'>, height: number): ChainEnd | null {
  const block = db.one('SELECT key_mr, time FROM blocks WHERE height = ?', height)
  if (!block) return null
  const tips = db.all(
    'SELECT chain, max(height) AS height, key_mr, sequence FROM chain_blocks WHERE height <= ? GROUP BY chain',
    height,
  )
  return {
    keyMr: hexOf(block['key_mr']),
    time: Number(block['time']),
    tips: tips.map((tip) => [
      ...([hexOf(tip['chain']), Number(tip['height'])] as const),
      ...([hexOf(tip['key_mr']), Number(tip['sequence'])] as const),
    ]),
  }
}

/** The account begins with this block, and these consumers have taken it. Nothing was followed before. */
export function startChain(
  tx: Transaction,
  { height, keyMr, time, tips }: ChainEnd & { readonly height: number },
  consumers: readonly string[],
): void {
  tx.run('INSERT INTO blocks VALUES (?, ?, ?)', height, blobOf(keyMr), time)
  for (const [id, tip, tipKeyMr, sequence] of tips)
    tx.run('INSERT INTO chain_blocks VALUES (?, ?, ?, ?)', blobOf(id), tip, blobOf(tipKeyMr), sequence)
  for (const name of consumers) tx.run('INSERT INTO progress VALUES (?, ?, NULL)', name, height)
}
