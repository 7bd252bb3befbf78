/** What `pegminer simulate attack` prints. Pure. */
import {
  AXES,
  MINING_SECONDS,
  type AttackResult,
  type Axis,
  type Estimate,
  type Scenario,
} from '../../desk/index.js'
import { countText, plural } from '../view/format.js'

export interface Study {
  readonly name: string | null
  readonly claim: string | null
  /** Null: a single case. */
  readonly axis: Axis | null
  readonly values: readonly number[]
  readonly scenario: Scenario
}

/** A value that rounds to nothing has no sign. */
const percent = (part: number, digits = 1): string => (part * 100).toFixed(digits).replace(/^-(?=0\.0*$)/, '')
const shortPercent = (part: number): string => `${Math.round(part * 1e5) / 1e3} %`

/** What does not vary. */
export function scenarioText(
  { height, miners, liars, stakers, lyingStakers, moved }: Scenario,
  axis: Axis | null,
): string {
  const { share, asset, by, groups, records } = liars
  const parts = [
    axis === 'height' ? '' : `the rules of height ${height}`,
    plural(miners, 'honest miner'),
    axis === 'share' ? '' : `liars with ${shortPercent(share)} of the hashes`,
    `${axis === 'share' ? 'liars ' : ''}${axis === 'lie' ? '' : `${shortPercent(by)} off `}at ${asset === 'all' ? 'all assets but USD' : asset}`,
    axis === 'groups' || groups === 1 ? '' : `in ${groups} groups`,
    axis === 'records' ? '' : `up to ${plural(records, 'record')} of theirs`,
    stakers === 0
      ? 'no staking records'
      : `${stakers} staking records${axis === 'stakers' ? '' : `, ${lyingStakers} of them lie`}`,
    `moved: by ${shortPercent(moved)} or more`,
  ]
  return parts.filter(Boolean).join('; ')
}

const HEADS: Readonly<Record<Axis, string>> = {
  ...{
    share: 'share %',
    lie: 'lie %',
    records: 'records',
    height: 'height',
    groups: 'groups',
    stakers: 'stakers',
  },
}
const COLUMNS: readonly (readonly [name: string, width: number, text: (result: AttackResult) => string])[] = [
  ['first', 7, ({ first }) => `${percent(first.value)} %`],
  ['moved', 18, ({ moved }) => chanceText(moved)],
  ['stopped', 8, ({ stopped }) => `${percent(stopped.value)} %`],
  ['closed', 7, ({ closed }) => `${percent(closed.value)} %`],
  ['places', 7, ({ places }) => places.value.toFixed(2)],
  ['rewards', 8, ({ reward }) => `${percent(reward.value)} %`],
  ['off by', 8, ({ shift }) => `${percent(shift.value, 2)} %`],
]

export function tableHead(axis: Axis | null): string {
  const first = axis === null ? '' : HEADS[axis]
  return ` ${[first.padStart(8), ...COLUMNS.map(([name, width]) => name.padStart(width))].join(' ')}`
}

export function tableLine(value: number | null, result: AttackResult): string {
  const first = value === null ? '' : String(value)
  return ` ${[first.padStart(8), ...COLUMNS.map(([, width, text]) => text(result).padStart(width))].join(' ')}`
}

/** `28.0 % 26.1–30.0`. */
const chanceText = ({ value, low, high }: Estimate): string =>
  `${percent(value)} % ${percent(low)}–${percent(high)}`

const FIELDS = ['first', 'moved', 'stopped', 'closed', 'places', 'reward', 'shift'] as const

export const csvHead = (axis: Axis | null): string =>
  [axis ?? 'case', 'blocks', ...FIELDS.flatMap((name) => [name, `${name}Low`, `${name}High`]), 'hashes'].join(
    ',',
  )

export function csvLine(value: number, result: AttackResult): string {
  const numbers = FIELDS.flatMap((name) => [result[name].value, result[name].low, result[name].high])
  return [value, result.blocks, ...numbers, result.hashes].join(',')
}

export function resultEvent(value: number, result: AttackResult, rate: number | null) {
  const { scenario: _, ...numbers } = result
  return { event: 'attack.result', value, ...numbers, machines: machinesOf(result.hashes, rate) }
}

const machinesOf = (hashes: number, rate: number | null): number | null =>
  rate === null ? null : hashes / (rate * MINING_SECONDS)

/** Of the first value at which the price is moved more often than not, else of the last. */
export function costText(
  { axis, values }: Pick<Study, 'axis' | 'values'>,
  results: readonly AttackResult[],
  rate: number | null,
): string[] {
  const often = results.findIndex(({ moved }) => moved.value > 0.5)
  const at = often < 0 ? results.length - 1 : often
  const result = results[at]
  if (!result) return []
  const machines = machinesOf(result.hashes, rate)
  const where =
    axis === null
      ? ''
      : `${HEADS[axis].replace(' %', '')} ${values[at]}${/%/.test(HEADS[axis]) ? ' %' : ''}: `
  const per =
    result.moved.value > 0
      ? `, ${hashText(result.hashes / result.moved.value)} for each block with a moved price`
      : ''
  return [
    `${where}${hashText(result.hashes)} a block${machines === null ? '' : `, as ${countText(Math.ceil(machines))} such machines make`}${per}`,
    ...(rate === null
      ? ['how many machines that are: give --hashrate, or build the ByteMap (pegminer bytemap build)']
      : []),
  ]
}

const hashText = (hashes: number): string => `${hashes.toPrecision(3).replace(/e\+?/, 'e')} hashes`

export const axisText = (axis: Axis | null): string => (axis === null ? '' : AXES[axis])
