/** One block is put into the account and given to consumers, within one transaction. */
import type { Transaction } from '../base/index.js'
import type { Account, StoredTip } from './account.js'
import type { BlockConsumer, ChainBlock } from './consumer.js'
import { fail } from './errors.js'

/**
 * Other processes may write to the same file: the block is only added behind the one that the walk has seen, and a
 * consumer that has it already is left out. `after` is the block before it, as the walk has seen it; null: there is
 * none. Throws `E_HISTORY_RACE` if the end is another one by now.
 */
export function takeBlock(
  block: ChainBlock,
  after: StoredTip | null,
  account: Account,
  consumers: readonly BlockConsumer[],
  tx: Transaction,
): void {
  const { height, keyMr } = block
  const before = after?.height ?? null
  const race = (what: string) => fail('E_HISTORY_RACE', `block ${height} cannot follow: ${what}`)
  const there = account.keyMrAt(height)
  if (there !== null && there !== keyMr) throw race('another one is there')
  if (after !== null && account.keyMrAt(after.height) !== after.keyMr) throw race('the one before has gone')
  if (there === null && (account.tip()?.height ?? null) !== before) throw race('the last one is another')
  account.add(block)
  for (const consumer of consumers) {
    const progress = account.progress(consumer.name)
    if (progress.common === null && progress.height !== null && progress.height >= height) continue
    if (progress.common !== null || progress.height !== before)
      throw race(`${consumer.name} is at ${progress.height ?? 'none'}`)
    consumer.apply(block, tx)
    account.advance(consumer.name, height)
  }
}
