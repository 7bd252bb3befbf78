/** Heights that an operator asks for: taken over into the state, and trimmed as they are published. */
import type { FeedEvent } from './events.js'
import type { StateFile } from './ledger-file.js'
import { mergedRanges, type HeightRange } from './plan.js'
import { forgetRange, readRequests } from './requests.js'

export interface RangeParts {
  readonly gateway: string
  /** Where requests and state are. */
  readonly folder: string
  readonly file: StateFile
  readonly emit: (event: FeedEvent) => void
}

export function createRanges({ gateway, folder, file, emit }: RangeParts) {
  return {
    take(): void {
      const { ranges } = readRequests(folder)
      if (ranges.length === 0) return
      file.update((state) => ({
        ...state,
        wanted: [...state.wanted, ...ranges],
        asked: mergedRanges([...state.asked, ...ranges]),
      }))
      for (const range of ranges) forgetRange(folder, range)
    },
    /** Heights that are published by now are no longer asked for. */
    trim(published: ReadonlyMap<number, string>): void {
      const { wanted } = file.state
      const left = wanted.flatMap(([from, to]) => {
        let next = from
        while (next <= to && published.has(next)) next++
        if (next > to) emit({ event: 'backfilled', gateway, to })
        return next > to ? [] : [[next, to] as const]
      })
      if (left.length !== wanted.length || left.some(([from], k) => from !== wanted[k]?.[0]))
        file.update((state) => ({ ...state, wanted: left }))
    },
  }
}

export function* heightsIn(ranges: readonly HeightRange[]): Iterable<number> {
  for (const [from, to] of ranges) for (let height = from; height <= to; height++) yield height
}
