/** `pegminer explorer plot`: one chart of the explorer as SVG or PNG. */
import {
  between,
  drawPanel,
  evenScale,
  INK,
  picture,
  roomForNames,
  text,
  wholeTicks,
  type Scale,
} from '../../bench/index.js'
import { meant, wrongArgument } from '../../config/index.js'
import { CHARTS, createReader, seriesOf, type Series } from '../../explorer/index.js'
import { openEither } from '../ledger/files.js'
import { EXIT } from '../program/context.js'
import { fail } from '../program/errors.js'
import { withResources } from '../program/resources.js'
import { rateText } from '../view/format.js'
import { requirePicture } from '../view/picture-file.js'
import { writePicture } from '../view/plot-file.js'
import type { ExplorerContext } from './context.js'

const [WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT] = [900, 460, 110, 96, 70, 40]
const POINTS = 1_000

export async function plot(context: ExplorerContext, words: readonly string[]): Promise<number> {
  const { settings, output } = context
  const [name = '', ...rest] = words
  if (rest.length > 0 || !Object.hasOwn(CHARTS, name))
    throw wrongArgument(
      `say which chart${meant(name, Object.keys(CHARTS), `choose ${Object.keys(CHARTS).join(', ')}`)}`,
    )
  const [asset, ...others] = settings['history.assets'] ?? []
  const of = CHARTS[name]?.of
  if (of === 'token' && (asset === undefined || others.length > 0))
    throw wrongArgument(`${name} is of one token: give it with --asset`)
  const miner = settings['explorer.miner']
  if (of === 'miner' && (miner === undefined || others.length > 0))
    throw wrongArgument(`${name} is of one miner: give an identity or an address with --miner`)
  const file = settings['explorer.out']
  requirePicture(file)
  return withResources((resources) => {
    const query = openEither(context)
    resources.add(() => query.close())
    const asked = new URLSearchParams({ points: String(POINTS), ticker: asset ?? '', miner: miner ?? '' })
    const [from, to] = [settings['history.from'], settings['history.to']]
    if (from !== undefined) asked.set('from', String(from))
    if (to !== undefined) asked.set('to', String(to))
    const series = seriesOf(createReader(query), name, asked)
    const count = series?.lines.reduce((sum, { points }) => sum + points.length, 0) ?? 0
    if (series === null || count === 0)
      throw fail('E_CLI_PLOT', 'there is nothing to draw: no such values in these blocks')
    const drawn = drawSeries(series)
    const { ticker, miner: whose, lines } = series
    output.event({
      ...{
        event: 'explorer.plot',
        chart: name,
        ticker,
        miner: whose,
        from: series.from,
        to: series.to,
        file: file ?? null,
      },
      lines: lines.map((line) => ({ name: line.name, points: line.points.length })),
      ...(file === undefined ? { svg: drawn } : {}),
    })
    if (file === undefined) output.line(drawn.trimEnd())
    else {
      writePicture(file, drawn)
      output.line(` ${file} written.`)
    }
    return EXIT.done
  })
}

function drawSeries({ title, ticker, miner, unit, lines }: Series): string {
  const heights = lines.flatMap(({ points }) => points.map(({ height }) => height))
  const [first, last] = [Math.min(...heights), Math.max(...heights)]
  const values = lines.flatMap(({ points }) => points.map(({ value }) => Number(value)))
  const right = lines.length > 1 ? Math.max(RIGHT, roomForNames(lines.map(({ name }) => name)) + 10) : RIGHT
  const x: Scale = { at: between(first, Math.max(last, first + 1)), ticks: wholeTicks(first, last, 6) }
  const large = Math.max(...values) >= 1e6
  const y = evenScale(values, { parts: 5, ...(large ? { text: rateOrZero } : {}) })
  const name = [title, miner === null ? null : cutText(miner), ticker].filter(Boolean).join(': ')
  const facts = `PegNet, blocks ${first} to ${last}; ${unit}`
  return picture({ width: WIDTH, height: HEIGHT, label: `${name}. ${facts}` }, [
    text(name, { x: 29, y: 29, size: 20, color: INK.text, bold: true }),
    text(facts, { x: 29, y: 56, size: 13, color: INK.faint }),
    ...drawPanel({
      ...{ left: LEFT, top: TOP, width: WIDTH - LEFT - right, height: HEIGHT - TOP - BOTTOM },
      ...{ x, y, grid: true, marks: [] },
      series: lines.map((line, k) => ({
        color: INK.lines[k % INK.lines.length] as string,
        points: line.points.map(({ height, value }) => [height, Number(value)] as const),
        line: 1.8,
        ...(line.points.length < 60 ? { dot: 4 } : {}),
        ...(lines.length > 1 ? { name: line.name } : {}),
      })),
    }),
    text('height', {
      x: (LEFT + WIDTH - right) / 2,
      y: HEIGHT - 22,
      size: 13,
      color: INK.faint,
      anchor: 'middle',
    }),
  ])
}

const MOST_NAME = 40
const cutText = (name: string): string => (name.length > MOST_NAME ? `${name.slice(0, MOST_NAME)}…` : name)

const rateOrZero = (value: number): string => (value === 0 ? '0' : rateText(value, '').trim())
