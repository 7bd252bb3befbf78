/** What is told of a block that was taken, for those who count. Pure. */
import { REFUSED, type BlockOutcome, type LedgerEvent } from '../engine/types.js'

/** A batch that is entered and not judged in the same block waits for rates. */
export type Verdict = 'executed' | 'waiting' | 'skipped' | keyof typeof REFUSED

export interface TakenBlock {
  readonly height: number
  /** What the rules and the tables took. */
  readonly milliseconds: number
  readonly verdicts: readonly (readonly [verdict: Verdict, count: number])[]
  readonly conversions: readonly (readonly [ticker: string, target: string, count: number])[]
}

const REFUSALS = new Map(Object.entries(REFUSED).map(([name, status]) => [status as number, name as Verdict]))

export function takenBlock({ height, events }: BlockOutcome, milliseconds: number): TakenBlock {
  const judged = new Set(events.flatMap((event) => (event.type === 'verdict' ? [event.hash] : [])))
  const pairs = events.flatMap((event) =>
    event.type === 'converted' ? [`${event.ticker} ${event.target}`] : [],
  )
  return {
    ...{ height, milliseconds },
    verdicts: [...counted(events.flatMap((event) => verdictOf(event, judged) ?? []))],
    conversions: [...counted(pairs)].map(([pair, count]) => {
      const [ticker = '', target = ''] = pair.split(' ')
      return [ticker, target, count]
    }),
  }
}

function verdictOf(event: LedgerEvent, judged: ReadonlySet<string>): Verdict | null {
  switch (event.type) {
    case 'entered':
      return judged.has(event.batch.hash) ? null : 'waiting'
    case 'verdict':
      return event.status > 0 ? 'executed' : (REFUSALS.get(event.status) ?? null)
    case 'skipped':
      return 'skipped'
    default:
      return null
  }
}

function counted<T>(list: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>()
  for (const one of list) counts.set(one, (counts.get(one) ?? 0) + 1)
  return counts
}
