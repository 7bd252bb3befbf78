/** A simulation as a picture: price and market, cover, and accounts that are red, lost or liquidated, over days. Pure. */
import {
  drawPanel,
  between,
  evenScale,
  INK,
  picture,
  text,
  wholeTicks,
  type Point,
  type Series,
} from '../../bench/index.js'
import type { Simulation, SimulatedSample } from '../../komodo/index.js'

const WIDTH = 900
const TOP = 116
const PANEL = 150
const GAP = 54
const BOTTOM = 70
const LEFT = 96
const RIGHT = 130

interface Panel {
  readonly name: string
  readonly unit: string
  readonly zero: boolean
  readonly lines: readonly {
    readonly name: string
    readonly of: (sample: SimulatedSample) => number | null
  }[]
}

const share = (part: bigint, whole: bigint): number | null =>
  whole === 0n ? null : Number((part * 10_000n) / whole) / 100

const PANELS: readonly Panel[] = [
  {
    ...{ name: 'Coins for a token', unit: 'the price of the chain follows the market', zero: false },
    lines: [
      { name: 'market', of: ({ market }) => Number(market) / 1e8 },
      { name: 'price', of: ({ price }) => Number(price) / 1e8 },
    ],
  },
  {
    ...{ name: 'Cover', unit: 'what is held, in percent of what is owed', zero: false },
    lines: [
      { name: 'by the market', of: ({ marketValue, debt }) => share(marketValue, debt) },
      { name: 'by the price', of: ({ value, debt }) => share(value, debt) },
    ],
  },
  {
    ...{ name: 'Accounts', unit: 'lost: can not be liquidated any more', zero: true },
    lines: [
      { name: 'red', of: ({ zones }) => zones.red },
      { name: 'lost', of: ({ zones }) => zones.lost },
      { name: 'liquidated', of: ({ liquidated }) => liquidated },
    ],
  },
]

export function drawSimulation({ samples }: Simulation, title: string, blockSeconds: number): string {
  const dayOf = ({ height }: SimulatedSample): number => (height * blockSeconds) / 86_400
  const days = Math.max(...samples.map(dayOf), 1)
  const foot = TOP + PANELS.length * (PANEL + GAP) - GAP
  const x = { at: between(0, days), ticks: wholeTicks(0, days, 8) }
  return picture({ width: WIDTH, height: foot + BOTTOM, label: title }, [
    text('A peg, simulated', { x: 29, y: 29, size: 20, color: INK.text, bold: true }),
    text(title, { x: 29, y: 56, size: 13, color: INK.faint }),
    ...PANELS.flatMap(({ name, unit, zero, lines }, k) => {
      const top = TOP + k * (PANEL + GAP)
      const series = lines.map(({ name: line, of }, nth): Series => {
        const points = samples.flatMap((sample): Point[] => {
          const value = of(sample)
          return value === null ? [] : [[dayOf(sample), value]]
        })
        return { name: line, line: 1.8, color: INK.lines[nth % INK.lines.length] as string, points }
      })
      const values = series.flatMap(({ points }) => points.map(([, value]) => value))
      return [
        text(name, { x: LEFT, y: top - 20, size: 14, color: INK.text, bold: true }),
        text(unit, { x: WIDTH - RIGHT, y: top - 20, size: 12, color: INK.faint, anchor: 'end' }),
        ...drawPanel({
          ...{ left: LEFT, top, width: WIDTH - LEFT - RIGHT, height: PANEL, grid: true, marks: [] },
          x: k === PANELS.length - 1 ? x : { ...x, ticks: [] },
          y: evenScale(values.length === 0 ? [0, 1] : values, { parts: 3, zero }),
          series: series.filter(({ points }) => points.length > 0),
        }),
      ]
    }),
    text('days', {
      x: (LEFT + WIDTH - RIGHT) / 2,
      y: foot + 40,
      size: 13,
      color: INK.faint,
      anchor: 'middle',
    }),
  ])
}
