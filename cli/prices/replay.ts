/** `pegminer prices replay FILE [HEIGHT]`: recomputes stored snapshots. */
import { wrongArgument } from '../../config/index.js'
import { readSnapshotFile, replay } from '../../oracle/prices/index.js'
import { EXIT } from '../program/context.js'
import { plural } from '../view/format.js'
import type { PricesContext } from './parts.js'

const MOST_DIFFERENCES = 12

export function replayFile({ output }: PricesContext, file: string, word?: string): Promise<number> {
  if (word !== undefined && !/^\d{1,10}$/.test(word)) throw wrongArgument('the height must be a whole number')
  const stored = readSnapshotFile(file).filter(
    ({ input }) => word === undefined || input.height === Number(word),
  )
  if (stored.length === 0)
    throw wrongArgument(
      word === undefined ? `${file} holds no snapshot` : `${file} holds no snapshot of block ${word}`,
    )
  let differing = 0
  for (const each of stored) {
    const { height, now } = each.input
    const { differences, snapshot } = replay(each)
    const identical = differences.length === 0
    if (!identical) differing++
    const taken = new Date(now).toISOString()
    output.event({
      event: 'replay',
      height: height === 0 ? null : height,
      takenAt: taken,
      identical,
      priced: snapshot.prices.size,
      differences,
    })
    if (identical) continue
    output.line(` ${taken}  block ${height}: ${plural(differences.length, 'difference')}`)
    for (const { at, stored: was, computed } of differences.slice(0, MOST_DIFFERENCES)) {
      output.line(`   ${at}`)
      output.line(`     stored    ${was}`)
      output.line(`     computed  ${computed}`)
    }
    if (differences.length > MOST_DIFFERENCES)
      output.line(`   and ${differences.length - MOST_DIFFERENCES} more; --json shows all`)
  }
  const same = stored.length - differing
  output.line(
    ` ${plural(stored.length, 'snapshot')}: ${same} identical to the byte${differing > 0 ? `, ${differing} different` : ''}`,
  )
  return Promise.resolve(differing > 0 ? EXIT.differs : EXIT.done)
}
