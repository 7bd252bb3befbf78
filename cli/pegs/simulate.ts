/** `pegs simulate`: a population of accounts through a path of prices, as lines, CSV, JSON and a picture. */
import { join } from 'node:path'

import { makeFolder, randomNumbers, requireWritable, writeWhole } from '../../base/index.js'
import { wrongArgument } from '../../config/index.js'
import {
  coinsText,
  ratioText,
  readScript,
  readThresholds,
  simulate,
  thresholdsText,
  through,
  walkPath,
  type PricePath,
  type Simulation,
  type Waypoint,
} from '../../komodo/index.js'
import { HISTORY_FILE, openHistory, priceToNumber } from '../../oracle/index.js'
import { dataDirOf } from '../network/data-dir.js'
import { EXIT } from '../program/context.js'
import { written } from '../view/picture-file.js'
import type { PegsContext } from './plan.js'
import { drawSimulation } from './simulation-plot.js'

const FIRST_PRICE = 1
const DAY_SECONDS = 86_400
/** Of a chain with -ac_blocktime's default. */
const BLOCK_SECONDS = 60
/** A block of PegNet. */
const GRADED_SECONDS = 600

export function simulatePeg(context: PegsContext): number {
  const { settings, output } = context
  const { 'pegs.days': days, 'pegs.accounts': accounts, 'pegs.seed': seed, 'pegs.path': named } = settings
  const thresholds = readThresholds(settings['pegs.thresholds'])
  if (thresholds === null)
    throw wrongArgument('--thresholds needs account,global,yellow in percent, such as 90,90,60')
  const folder = settings['pegs.out']
  if (folder !== undefined) open(folder)
  const random = randomNumbers(seed)
  const path = pathOf(context, random)
  const result = simulate({ path, days, blockSeconds: BLOCK_SECONDS, thresholds, accounts, random })
  const title = `${accounts} accounts, ${days} days, path ${named}, seed ${seed}, limits ${thresholdsText(thresholds)} %`
  for (const { height, account, fate, ratio, profit } of result.fates) {
    const facts = { ratio: percentText(ratio), profit: coinsText(profit) }
    output.event({ event: 'pegs.fate', height, account, fate, ...facts })
  }
  const counts = countsOf(result)
  const end = result.samples.at(-1)
  const cover = end === undefined || end.debt === 0n ? null : ratioText(end.marketValue, end.debt)
  const least = leastCover(result)
  output.event({
    event: 'pegs.simulated',
    accounts,
    days,
    seed,
    path: named,
    ...counts,
    cover,
    leastCover: least,
  })
  output.line(` ${output.paint('bold', title)}`)
  output.line(`   liquidated ${counts.liquidated}, paid by their owners ${counts.paid}`)
  output.line(`   beyond liquidation at some time ${counts.lost}, at the end ${counts.lostAtEnd}`)
  output.line(
    `   cover by the market: ${cover ?? 'nothing is owed'} at the end, ${least ?? '-'} at the least`,
  )
  if (folder !== undefined) write(context, { folder, result, title })
  return EXIT.done
}

function pathOf({ settings }: PegsContext, random: () => number): PricePath {
  const { 'pegs.path': named, 'pegs.days': days } = settings
  const walk = /^walk(?::(\d{1,3}(?:\.\d+)?))?$/.exec(named)
  if (walk) return walkPath(FIRST_PRICE, Number(walk[1] ?? 5), { days, random })
  const [, asset] = /^history:([A-Za-z]{2,6})$/.exec(named) ?? []
  if (asset !== undefined) return through(pastOf(settings, asset))
  const points = readScript(named)
  if (points !== null) return through(points)
  throw wrongArgument(
    '--path is walk:PERCENT, history:ASSET, or times with prices such as 0:0.9,2d:0.9,3d:0.45',
  )
}

/** Prices of an asset as they were graded, from the first block on. */
function pastOf(settings: PegsContext['settings'], asset: string): Waypoint[] {
  const file = join(dataDirOf(settings, settings['network.name']), HISTORY_FILE)
  const query = openHistory(file)
  try {
    const prices = query.prices(asset, {})
    const first = prices[0]?.height ?? 0
    const points = prices.flatMap(({ height, price }): Waypoint[] => {
      const found = priceToNumber(price)
      return found > 0 ? [{ second: (height - first) * GRADED_SECONDS, price: found }] : []
    })
    if (points.length === 0) throw wrongArgument(`the history has no price of ${asset}`)
    return points
  } finally {
    query.close()
  }
}

function countsOf({ fates, samples }: Simulation) {
  const of = (fate: string) =>
    new Set(fates.filter((each) => each.fate === fate).map(({ account }) => account)).size
  return {
    liquidated: of('liquidated'),
    paid: of('paid'),
    lost: of('lost'),
    lostAtEnd: samples.at(-1)?.zones.lost ?? 0,
  }
}

function leastCover({ samples }: Simulation): string | null {
  const owing = samples.filter(({ debt }) => debt > 0n)
  const [worst] = [...owing].sort((a, b) => Number(a.marketValue * b.debt - b.marketValue * a.debt))
  return worst === undefined ? null : ratioText(worst.marketValue, worst.debt)
}

const NAMES = { csv: 'simulation.csv', json: 'simulation.json', svg: 'simulation.svg' }

/** Before anything is worked out. */
function open(folder: string): void {
  written(folder, () => {
    makeFolder(folder)
    for (const name of Object.values(NAMES)) requireWritable(join(folder, name))
  })
}

interface Written {
  readonly folder: string
  readonly result: Simulation
  readonly title: string
}

function write({ output }: PegsContext, { folder, result, title }: Written): void {
  const { samples } = result
  const header = 'height,day,market,price,debt,value,market_value,pool,safe,yellow,red,lost,liquidated'
  const rows = samples.map(({ height, zones, liquidated, ...amounts }) => {
    const { market, price, debt, value, marketValue, pool } = amounts
    const sums = [market, price, debt, value, marketValue, pool].map(coinsText)
    const day = ((height * BLOCK_SECONDS) / DAY_SECONDS).toFixed(4)
    return [height, day, ...sums, zones.safe, zones.yellow, zones.red, zones.lost, liquidated].join()
  })
  const files = {
    [NAMES.csv]: `${[header, ...rows].join('\n')}\n`,
    [NAMES.json]: `${JSON.stringify({ title, ...result }, amountText, 1)}\n`,
    [NAMES.svg]: drawSimulation(result, title, BLOCK_SECONDS),
  }
  written(folder, () => {
    for (const [name, content] of Object.entries(files)) writeWhole(join(folder, name), content)
  })
  output.line(`   ${Object.keys(files).join(', ')} in ${folder}`)
}

const percentText = (ratio: bigint): string => `${Number(ratio) / 100}%`

function amountText(key: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value
  return key === 'ratio' ? percentText(value) : coinsText(value)
}
