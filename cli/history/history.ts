/** `pegminer history`: what was graded so far, as table, CSV, JSON or picture. */
import { homedir } from 'node:os'
import { join } from 'node:path'

import { meant, problem, problemsError } from '../../config/index.js'
import { HISTORY_FILE, openHistory, type Extent, type HistoryQueries } from '../../oracle/index.js'
import { EXIT, type CommandContext } from '../program/context.js'
import { minuteText, plural, tilde } from '../view/format.js'
import { readRows, type HistoryRow, type RowRange } from './rows.js'
import type { HistoryKey } from '../program/keys.js'
import { dataDirOf } from '../network/data-dir.js'
import { factPrinter } from '../view/facts.js'
import { requirePicture } from '../view/picture-file.js'
import {
  csvHead,
  csvLine,
  ownLines,
  priceColumns,
  priceTable,
  rowEvent,
  tableHead,
  tableLine,
  totalsOf,
} from './view.js'

type Context = CommandContext<HistoryKey>

/** Blocks that a table shows if nothing is said. */
const SHOWN = 20
const PLOTTED = ['PEG', 'XBT', 'ETH']

export async function history(context: Context): Promise<number> {
  const { settings, output } = context
  const file = join(dataDirOf(settings, settings['network.name']), HISTORY_FILE)
  checkRange(settings)
  requirePicture(settings['history.plot'])
  const query = openHistory(file)
  try {
    const known = query.extent({})
    const chosen = chosenAssets(settings['history.assets'], query)
    const table = !output.json && !settings['history.csv'] && settings['history.plot'] === undefined
    const range = rangeOf(settings, known, table && settings['history.from'] === undefined)
    if (!settings['history.csv']) tellKnown(context, { file, known })
    if (settings['history.plot'] !== undefined)
      await plot(context, query, range, settings['history.plot'], chosen)
    else if (settings['history.csv']) await printCsv(context, query, range, chosen ?? query.assets())
    else await printRows(context, query, range, chosen ?? (output.json ? query.assets() : []))
    return EXIT.done
  } finally {
    query.close()
  }
}

function checkRange(settings: Context['settings']): void {
  const { 'history.from': from, 'history.to': to } = settings
  const problems = [
    ...(from !== undefined && to !== undefined && from > to
      ? [problem('E_CONFIG_VALUE', `--from ${from} is above --to ${to}`)]
      : []),
    ...(settings['history.csv'] && settings['output.json']
      ? [problem('E_CONFIG_VALUE', 'give --csv or --json, not both')]
      : []),
  ]
  if (problems.length > 0) throw problemsError(problems)
}

function chosenAssets(wanted: readonly string[] | undefined, query: HistoryQueries): string[] | undefined {
  if (wanted === undefined) return undefined
  const known = query.assets()
  const codes = [...new Set(wanted.map((code) => code.toUpperCase()))]
  if (known.length === 0) return codes
  const unknown = codes.filter((code) => !known.includes(code))
  if (unknown.length === 0) return codes
  throw problemsError(
    unknown.map((code) =>
      problem('E_CONFIG_VALUE', `the history has no prices of ${code}${meant(code, known)}`),
    ),
  )
}

function rangeOf(settings: Context['settings'], known: Extent | null, latest: boolean): RowRange {
  const { 'history.from': from, 'history.to': to } = settings
  return { from: from ?? known?.first ?? 0, to: to ?? known?.last ?? 0, ...(latest ? { last: SHOWN } : {}) }
}

function tellKnown({ output }: Context, { file, known }: { file: string; known: Extent | null }): void {
  output.event({
    event: 'history',
    file,
    from: known?.first ?? null,
    to: known?.last ?? null,
    blocks: known?.blocks ?? 0,
    gradable: known?.gradable ?? 0,
  })
  const fact = factPrinter(output)
  fact('history', tilde(file, homedir()))
  fact('', known === null ? 'no block has been followed yet' : extentText(known))
  output.line()
}

function extentText({ first, last, begin, end, blocks, gradable }: Extent): string {
  const records = `${plural(blocks, 'block')} with records, ${gradable} of them with winners`
  return `heights ${first} to ${last}, ${minuteText(begin)} to ${minuteText(end)} UTC; ${records}`
}

async function printCsv(
  { output }: Context,
  query: HistoryQueries,
  range: RowRange,
  assets: readonly string[],
): Promise<void> {
  output.line(csvHead(assets))
  for (const row of readRows(query, range)) {
    output.line(csvLine(row, assets))
    await output.drained()
  }
}

async function printRows(
  { output, settings, signal, stdout }: Context,
  query: HistoryQueries,
  range: RowRange,
  assets: readonly string[],
): Promise<void> {
  const { line, event, drained, paint, width } = output
  // Programs that read the lines get all of a block on one line.
  const { beside, below } = priceColumns(assets, stdout.isTTY === true ? width : Infinity)
  const seen: HistoryRow[] = []
  for (const row of readRows(query, range)) {
    signal.throwIfAborted()
    if (seen.length === 0) line(paint('bold', tableHead(beside)))
    if (!output.json) seen.push(row)
    event(rowEvent(row, assets))
    line(paint(row.paid.length > 0 ? 'green' : row.block?.gradable ? 'cyan' : 'dim', tableLine(row, beside)))
    if (settings['history.own']) ownLines(row, width).forEach((text) => line(paint('dim', text)))
    await drained()
  }
  if (seen.length === 0) return line(' no graded block in this range')
  line()
  for (const group of below) {
    priceTable(seen, group).forEach((text, k) => line(paint(k === 0 ? 'bold' : 'cyan', text)))
    line()
  }
  const fact = factPrinter(output)
  totalsOf(seen).forEach(([label, value]) => fact(label, value))
}

async function plot(
  { output }: Context,
  query: HistoryQueries,
  range: RowRange,
  file: string,
  chosen: readonly string[] | undefined,
): Promise<void> {
  const { writePlot } = await import('./plot.js')
  const known = query.assets()
  const assets = chosen ?? PLOTTED.filter((asset) => known.includes(asset))
  const panels = writePlot(file, query, { range, assets })
  output.event({ event: 'plot', file, panels })
  factPrinter(output)('picture', `${tilde(file, homedir())}: ${panels.join(', ')}`)
}
