/** Prices → lines for people. Pure. */
import {
  ageText,
  gradeCost,
  percent,
  reasonText,
  voices,
  type AssetPrice,
  type PriceSnapshot,
  type PriceStatus,
  type WinnersView,
} from '../../oracle/prices/index.js'
import type { Paint, Style } from '../../telemetry/index.js'

export interface PriceStyle {
  readonly paint: Paint
  readonly width: number
}

const STATUS_STYLE: Readonly<Record<PriceStatus, Style>> = {
  ok: 'green',
  thin: 'yellow',
  held: 'yellow',
  policy: 'cyan',
  failed: 'red',
}

/** Seven significant digits and at least two places: `87,590.12`, `0.006130421`. */
export function usdText(units: bigint): string {
  if (units === 0n) return '–'
  const usd = Number(units) / 1e8
  const places = Math.min(8, Math.max(2, 6 - Math.floor(Math.log10(usd))))
  const [whole = '', fraction = ''] = usd.toFixed(places).split('.')
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${fraction}`
}

/** `+0.12 %` against an earlier snapshot; empty where there is nothing to compare with. */
function changeText(price: AssetPrice, before: PriceSnapshot | undefined): string {
  const old = before?.prices.get(price.asset)
  if (old === undefined || price.units === 0n) return ''
  const change = Number(price.units) / Number(old) - 1
  return `${change >= 0 ? '+' : ''}${percent(change)}`
}

/** Votes that counted of the routes that there are. */
const votesText = ({ votes, rejected }: AssetPrice): string =>
  votes.length + rejected.length === 0 ? '' : `${votes.length}/${votes.length + rejected.length}`

/** `ASSET  USD  CHANGE  SOURCES  SPREAD  AGE  STATUS`, one row an asset. */
export function priceTable(
  snapshot: PriceSnapshot,
  { paint, width }: PriceStyle,
  before?: PriceSnapshot,
): string[] {
  const head = `${row(['asset', 'usd', 'change', 'sources', 'spread', 'age'])}  status`
  const rows = [...snapshot.assets.values()].map((price) => {
    const { asset, units, spread, ageMs, status } = price
    const voted = price.votes.length > 0
    const remark = status === 'ok' ? (price.note ?? '') : (price.policy ?? price.note ?? '')
    const line = row([
      asset,
      usdText(units),
      changeText(price, before),
      votesText(price),
      voted ? percent(spread) : '',
      voted || status === 'held' ? ageText(ageMs) : '',
    ])
    const room = width - line.length - status.length - 3
    const shown =
      remark === '' || room < 12 ? '' : `  ${remark.length > room ? `${remark.slice(0, room - 1)}…` : remark}`
    return `${line}  ${paint(STATUS_STYLE[status], status)}${paint('dim', shown)}`
  })
  return [paint('bold', head.toUpperCase()), ...rows]
}

type Cells = readonly [
  asset: string,
  usd: string,
  change: string,
  sources: string,
  spread: string,
  age: string,
]

/** The cells before the status: empty ones keep their width, so that it stands in one column. */
const row = ([asset, usd, change, sources, spread, age]: Cells): string =>
  ` ${asset.padEnd(5)} ${usd.padStart(14)} ${change.padStart(9)} ${sources.padStart(8)} ${spread.padStart(9)} ${age.padStart(7)}`

const CELL = 38

/** The table of prices for a screen of few rows: several columns of `XBT 87,590.12 +0.12 % 7/7 ok`. */
export function compactTable(
  snapshot: PriceSnapshot,
  { paint, columns, rows }: { readonly paint: Paint; readonly columns: number; readonly rows: number },
  before?: PriceSnapshot,
): string[] {
  const all = [...snapshot.assets.values()]
  const across = Math.max(1, Math.floor(columns / CELL))
  const down = Math.max(Math.ceil(all.length / across), Math.min(rows, all.length))
  const cell = (price: AssetPrice | undefined): string => {
    if (price === undefined) return ''
    const { asset, units, status } = price
    const text = `${asset.padEnd(4)} ${usdText(units).padStart(13)} ${changeText(price, before).padStart(8)} ${votesText(price).padStart(4)}`
    return ` ${text} ${paint(STATUS_STYLE[status], status.slice(0, 4).padEnd(4))}`
  }
  const needed = Math.ceil(all.length / across)
  return Array.from({ length: Math.min(needed, down) }, (_, line) =>
    Array.from({ length: across }, (_, column) => cell(all[column * needed + line]))
      .join(' ')
      .trimEnd(),
  )
}

/** `62 of 62 assets have a price, 58 from 3 sources or more; widest spread RVN 0.80 %`. */
export function summaryLine(snapshot: PriceSnapshot): string {
  const all = [...snapshot.assets.values()]
  const count = (status: PriceStatus): AssetPrice[] => all.filter((price) => price.status === status)
  const strong = count('ok').filter((price) => voices(price) >= 3).length
  const widest = all.reduce<AssetPrice | undefined>(
    (most, price) => (price.spread > (most?.spread ?? 0) ? price : most),
    undefined,
  )
  const some = (status: PriceStatus, text: (price: AssetPrice) => string): string[] => {
    const found = count(status)
    return found.length === 0
      ? []
      : [
          `${found.length} ${status} (${found.slice(0, 6).map(text).join(', ')}${found.length > 6 ? ' …' : ''})`,
        ]
  }
  return [
    `${snapshot.prices.size} of ${all.length} assets have a price, ${strong} from 3 sources or more`,
    ...some('thin', ({ asset }) => asset),
    ...some('held', ({ asset, ageMs }) => `${asset} ${ageText(ageMs)}`),
    ...some('policy', ({ asset }) => asset),
    ...(widest === undefined ? [] : [`widest spread ${widest.asset} ${percent(widest.spread)}`]),
  ].join('; ')
}

/** Sources without prices, and those that are far off the others. */
export function troubleLines(snapshot: PriceSnapshot, { paint }: Pick<PriceStyle, 'paint'>): string[] {
  const down = snapshot.sources.filter(({ ok }) => !ok)
  const liars = [...snapshot.outliers].filter(([, assets]) => assets.length >= 2)
  return [
    ...down.map(({ name, error }) => ` ${paint('yellow', name)} gives nothing: ${error ?? 'not asked yet'}`),
    ...liars.map(
      ([name, assets]) =>
        ` ${paint('red', name)} is far off the others on ${assets.slice(0, 8).join(' ')}${assets.length > 8 ? ` and ${assets.length - 8} more` : ''}; it does not count there`,
    ),
  ]
}

const MOST_MISSING = 6

/** Which assets have no price, with every route and what to do; empty if all have one. */
export function missingLines(snapshot: PriceSnapshot, { paint }: Pick<PriceStyle, 'paint'>): string[] {
  const failed = [...snapshot.assets.values()].filter(({ status }) => status === 'failed')
  if (failed.length === 0) return []
  if (snapshot.sources.length > 0 && snapshot.sources.every(({ ok }) => !ok))
    return [
      ` ${failed.length} of ${snapshot.assets.size} assets have no price: ${whySilent(snapshot.sources)}`,
    ]
  const rest = failed.length - MOST_MISSING
  return [
    ` ${failed.length} of ${snapshot.assets.size} assets have no price:`,
    ...failed.slice(0, MOST_MISSING).flatMap((price) => missingAsset(price, paint)),
    ...(rest > 0
      ? [
          `   and ${failed
            .slice(MOST_MISSING)
            .map(({ asset }) => asset)
            .join(' ')}`,
        ]
      : []),
    ` Details: pegminer prices explain ${failed[0]?.asset}`,
  ]
}

/** One line while mining, when prices will be asked for again. */
export function incompleteLine(
  { height, assets, missing, sources }: Pick<PriceSnapshot, 'height' | 'assets' | 'missing' | 'sources'>,
  { paint }: Pick<PriceStyle, 'paint'>,
): string {
  const what = `Block ${height}: ${missing.size} of ${assets.size} assets have no price yet`
  return ` ${paint('yellow', what)}: ${whySilent(sources)}`
}

/** The cause that most of the failing sources have in common, or where to look. */
function whySilent(sources: PriceSnapshot['sources']): string {
  const silent = sources.filter(({ ok }) => !ok)
  const waiting = silent.filter(({ error }) => error === undefined)
  if (waiting.length > 0)
    return `${waiting.length} of ${sources.length} sources are being asked for the first time`
  if (silent.length > 0 && silent.length === sources.length)
    return `no source can be reached, the first says "${silent[0]?.error}"; check the network of this machine`
  return 'pegminer prices doctor says why; it is tried again for two minutes of the block'
}

function missingAsset({ asset, note, votes, rejected }: AssetPrice, paint: Paint): string[] {
  const routes = [
    ...votes.map(({ route, price, ageMs }) => ({ route, text: `${price}, ${ageText(ageMs)} old, accepted` })),
    ...rejected.map(({ route, reason }) => ({ route, text: reasonText(reason) })),
  ]
  const column = Math.max(0, ...routes.map(({ route }) => route.length)) + 2
  const advice =
    routes.length === 0
      ? `-> choose what to publish: prices.assets.${asset}.policy = chain, or manual with value and until`
      : `-> if it lasts, add another source: prices.assets.${asset}.routes`
  return [
    `   ${paint('red', asset.padEnd(5))} ${note ?? ''}`,
    ...routes.map(({ route, text }) => `           ${route.padEnd(column)}${text}`),
    `         ${paint('dim', advice)}`,
  ]
}

/** One asset: its votes leg by leg, what did not count, and what the last winners said. */
export function explainLines(
  price: AssetPrice,
  { paint }: Pick<PriceStyle, 'paint'>,
  winners?: WinnersView | null,
): string[] {
  const { asset, units, status, votes, rejected, spread, policy, note } = price
  const usd = Number(units) / 1e8
  const how =
    status === 'ok' || status === 'thin'
      ? votes.length === 1
        ? 'one vote'
        : `median of ${votes.length} votes, spread ${percent(spread)}`
      : (policy ?? note ?? '')
  const off = (said: number): string =>
    usd > 0 ? `${said >= usd ? '+' : ''}${percent(said / usd - 1)}`.padStart(10) : ''.padStart(10)
  const voteLines = votes.flatMap(({ route, price: said, ageMs, legs, live }) => [
    `   ${paint('green', '+')} ${route}`,
    `       ${String(said).padEnd(22)}${off(said)}   ${ageText(ageMs)} old${live ? '' : ', published once a day'}`,
    ...(legs.length > 1 || legs[0]?.quote !== route
      ? legs.map((leg) =>
          paint(
            'dim',
            `         ${leg.quote} = ${leg.price}${leg.rule === undefined ? '' : ` (${leg.rule})`}, ${ageText(leg.ageMs)} old`,
          ),
        )
      : []),
  ])
  const refused = rejected.map(
    ({ route, reason, price: said }) =>
      `   ${paint('red', '-')} ${route}: ${reasonText(reason)}${said === undefined ? '' : paint('dim', ` (said ${said})`)}`,
  )
  return [
    ` ${paint('bold', asset)}  ${usdText(units)} USD  ${paint(STATUS_STYLE[status], status)}${how === '' ? '' : `: ${how}`}`,
    ...(note === undefined || note === how ? [] : [` ${note}`]),
    ...(voteLines.length === 0 ? [] : ['', ' Votes that count', ...voteLines]),
    ...(refused.length === 0 ? [] : ['', ' What does not count', ...refused]),
    '',
    winnersLine(price, winners),
  ]
}

function winnersLine({ asset, deviation }: AssetPrice, winners: WinnersView | null | undefined): string {
  const median = winners?.median.get(asset)
  if (!winners || median === undefined)
    return ' Last winners: not known here; pegminer mine reads them from the chain'
  const cost = gradeCost(deviation ?? 0)
  const distance =
    deviation === null
      ? ''
      : `; ours is ${percent(Math.abs(deviation))} ${deviation >= 0 ? 'above' : 'below'}`
  const price = cost === 0 ? 'which costs nothing' : `which adds ${cost.toExponential(2)} to the grade`
  return ` Last winners (block ${winners.height}): ${usdText(median)} USD${distance}${distance === '' ? '' : `, ${price}`}`
}
