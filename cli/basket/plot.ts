/** A simulated basket as a picture: its worth beside what was left as it was, and its drift. As SVG. */
import {
  between,
  drawPanel,
  evenScale,
  INK,
  picture,
  text,
  wholeTicks,
  type Scale,
} from '../../bench/index.js'
import type { Simulation } from '../../desk/index.js'
import { writePicture } from '../view/plot-file.js'

const WIDTH = 860
const [LEFT, RIGHT] = [90, 130]
const PANELS = [
  { top: 96, height: 220 },
  { top: 370, height: 100 },
] as const
const HEIGHT = 540

/** Throws `E_CLI_PLOT`. */
export const writeBasketPlot = (file: string, simulation: Simulation): void =>
  writePicture(file, drawBasket(simulation))

const usd = (worth: bigint): number => Number(worth / 10n ** 10n) / 1e6

function drawBasket({ steps, summary: { first, last } }: Simulation): string {
  const title = 'A basket, as the rules would have kept it'
  const facts = `heights ${first.height} to ${last.height}`
  const x: Scale = {
    at: between(first.height, last.height),
    ticks: wholeTicks(first.height, last.height, 6),
  }
  const across = { left: LEFT, width: WIDTH - LEFT - RIGHT, grid: true, marks: [] }
  const lines = [
    {
      name: 'basket',
      color: INK.lines[0],
      points: steps.map(({ height, worth }) => [height, usd(worth)] as const),
    },
    {
      name: 'left alone',
      color: INK.lines[1],
      points: steps.map(({ height, holding }) => [height, usd(holding)] as const),
    },
  ]
  const drift = steps.map((step) => [step.height, step.drift * 100] as const)
  const caption = (words: string, top: number) =>
    text(words, { x: LEFT, y: top - 16, size: 13, color: INK.text, bold: true })
  const [upper, lower] = PANELS
  return picture({ width: WIDTH, height: HEIGHT, label: `${title}: ${facts}` }, [
    text(title, { x: 29, y: 29, size: 18, color: INK.text, bold: true }),
    text(facts, { x: 29, y: 54, size: 13, color: INK.faint }),
    caption('Worth, USD', upper.top),
    ...drawPanel({
      ...{
        ...across,
        ...upper,
        x: { ...x, ticks: [] },
        series: lines.map((line) => ({ ...line, line: 1.8 })),
      },
      y: evenScale(
        lines.flatMap(({ points }) => points.map(([, value]) => value)),
        { parts: 4 },
      ),
    }),
    caption('Drift, %', lower.top),
    ...drawPanel({
      ...{ ...across, ...lower, x, series: [{ color: INK.lines[2], points: drift, line: 1.4 }] },
      y: evenScale(
        drift.map(([, value]) => value),
        { parts: 2, zero: true },
      ),
    }),
    text('height', {
      x: (LEFT + WIDTH - RIGHT) / 2,
      y: HEIGHT - 24,
      size: 13,
      color: INK.faint,
      anchor: 'middle',
    }),
  ])
}
