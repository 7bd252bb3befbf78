/** `pegminer prices --watch`: a table that moves on a terminal, a snapshot every few seconds elsewhere. */
import { sleep } from '../../base/index.js'
import type { PriceSnapshot } from '../../oracle/prices/index.js'
import { EXIT } from '../program/context.js'
import { clockText } from '../view/format.js'
import { openFeed, takeSnapshot, tellSnapshot, WATCH_MS, type PricesContext } from './parts.js'
import { withResources } from '../program/resources.js'
import { openScreen } from '../view/screen.js'
import { compactTable, missingLines, priceTable, summaryLine, troubleLines } from '../view/prices.js'

const HOME = '\u001b[H'
const CLEAR_LINE = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'
/** Lines above and below the table. */
const FRAME = 6

export async function watch(context: PricesContext): Promise<number> {
  const { output, signal, stdout } = context
  return withResources(async (resources) => {
    const screen = stdout.isTTY === true && !output.json
    if (screen) resources.add(openScreen(stdout))
    let first: PriceSnapshot | undefined
    let last: PriceSnapshot | undefined
    const open = await openFeed(context, resources)
    await open.feed.start()
    while (!signal.aborted) {
      last = await takeSnapshot(context, open)
      first ??= last
      tellSnapshot(context, last)
      if (screen) draw(context, last, first)
      else plain(context, last, first)
      await sleep(WATCH_MS, signal)
    }
    return EXIT.interrupted
  })
}

function plain({ output }: PricesContext, snapshot: PriceSnapshot, first: PriceSnapshot): void {
  output.line(clockText(snapshot.takenAt))
  for (const line of priceTable(snapshot, output, first)) output.line(line)
  for (const line of troubleLines(snapshot, output)) output.line(line)
  output.line(` ${summaryLine(snapshot)}`)
}

/** Draws as much as the screen holds, in columns if the rows do not suffice for a table. */
function draw({ output, stdout }: PricesContext, snapshot: PriceSnapshot, first: PriceSnapshot): void {
  const { columns = 80, rows = 24 } = stdout as { columns?: number; rows?: number }
  const room = rows - FRAME
  const long = priceTable(snapshot, { paint: output.paint, width: columns }, first)
  const table =
    long.length <= room ? long : compactTable(snapshot, { paint: output.paint, columns, rows: room }, first)
  const head = ` ${output.paint('bold', 'PegNet prices')}  ${clockText(snapshot.takenAt)} UTC, change since ${clockText(first.takenAt)}; Ctrl-C ends`
  const below = [...troubleLines(snapshot, output), ...missingLines(snapshot, output).slice(0, 1)]
  const lines = [head, '', ...table, '', ...below, ` ${summaryLine(snapshot)}`].slice(0, rows - 1)
  stdout.write(`${HOME}${lines.map((line) => `${line}${CLEAR_LINE}`).join('\n')}${CLEAR_BELOW}`)
}
