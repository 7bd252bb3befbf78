/** What the keys of `mine` show. Pure. */
import type { MinerView } from '../../miner/index.js'
import { PAID_PLACES, priceToDecimal } from '../../oracle/index.js'
import { ageText, type FeedSource, type PriceSnapshot } from '../../oracle/prices/index.js'
import { oneLine, type Board } from '../../telemetry/index.js'
import { countText, durationText, plural, rateText } from './format.js'
import { entriesLine, speedLine, type Line } from './lines.js'

/** How many blocks of records are shown. */
const BLOCKS = 5

/** `h hashrate  p pause  …`. */
export function helpLine(keys: Readonly<Record<string, string>>): Line {
  const text = Object.entries(keys).map(([key, what]) => `${key} ${what}`)
  return { label: 'keys', style: 'bold', text: text.join('  ') }
}

/** Windows, then each thread. */
export function hashrateLines(
  { threads }: Pick<MinerView, 'threads'>,
  { windows, hashrates }: Pick<Board, 'windows' | 'hashrates'>,
): Line[] {
  const each = hashrates.at(-1)?.threads
  return [
    speedLine({ windows }),
    ...threads.map(({ slot, hashes }): Line => {
      const rate = each?.[slot]
      const text = `${String(slot).padStart(3)}  ${(rate === undefined ? 'n/a' : rateText(rate)).padEnd(10)}  ${countText(hashes)} hashes`
      return { label: 'thread', style: 'magenta', text }
    }),
  ]
}

/**
 * A line for each source: whether it gave prices when they were taken last, how it is treated, and what is left of its
 * quota.
 */
export function sourceLines(
  sources: readonly FeedSource[],
  taken: Pick<PriceSnapshot, 'sources' | 'takenAt' | 'prices' | 'missing'> | null,
  now: number,
): Line[] {
  const found = new Map(taken?.sources.map((source) => [source.name, source]))
  const width = Math.max(...sources.map(({ name }) => name.length))
  const rows = sources.map(({ name, state, requests, maxPerMonth }): Line => {
    const source = found.get(name)
    const good = source?.ok === true
    const how =
      state.circuit === 'open'
        ? `left alone for ${durationText(Math.max(0, state.restUntil - now))}`
        : good
          ? 'gives prices'
          : source === undefined
            ? 'not asked yet'
            : 'gives nothing'
    const age = source?.ageMs == null ? '' : `, ${ageText(source.ageMs + now - taken!.takenAt)} old`
    const counted =
      maxPerMonth === null ? '' : `${countText(requests)} of ${countText(maxPerMonth)} requests this month`
    return {
      label: 'source',
      style: good && state.circuit !== 'open' ? 'green' : 'yellow',
      text: `${name.padEnd(width)}  ${`${how}${age}`.padEnd(30)}  ${counted}`.trimEnd(),
    }
  })
  const text =
    taken === null
      ? 'none taken yet'
      : `${plural(taken.prices.size, 'asset')} priced${taken.missing.size === 0 ? '' : `, ${taken.missing.size} missing`}, ${ageText(now - taken.takenAt)} ago`
  return [{ label: 'prices', style: 'cyan', text }, ...rows]
}

/** The run's records at a glance, then those of the last blocks. `entries` come newest first. */
export function recordLines(
  view: Pick<MinerView, 'places' | 'blocks' | 'reward'>,
  entries: ReturnType<Board['entries']>,
): Line[] {
  const heights = [...new Set(entries.map(({ height }) => height))].sort((a, b) => b - a).slice(0, BLOCKS)
  const total = `${plural(view.places, 'place')} among the winners of ${plural(view.blocks, 'graded block')}, ${priceToDecimal(view.reward)} PEG`
  return [
    ...heights.reverse().flatMap((height) => {
      const block = entries.filter((entry) => entry.height === height)
      const counts: Record<string, number> = {}
      for (const { status } of block) counts[status] = (counts[status] ?? 0) + 1
      const best = block.reduce((most, { difficulty }) => (difficulty > most ? difficulty : most), '')
      const places = block.flatMap(({ place }) => (place !== null && place <= PAID_PLACES ? [place] : []))
      const won =
        places.length === 0 ? '' : `; ${plural(places.length, 'place')}, best ${Math.min(...places)}`
      const reasons = [
        ...new Set(block.flatMap(({ status, reason }) => (status === 'missed' && reason ? [reason] : []))),
      ]
      const line = entriesLine(counts, best)
      const why = reasons.length === 0 ? '' : `; ${oneLine(reasons.join(', '))}`
      return [{ ...line, text: `block ${height}: ${line.text}${won}${why}` }]
    }),
    { label: 'entries', style: 'cyan', text: entries.length === 0 ? `none yet; ${total}` : total },
  ]
}
