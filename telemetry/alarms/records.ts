/** Alarms of our records, and of what pays for them. */
import type { BoardEntry } from '../board.js'
import { alarms } from './alarm.js'

/** One block may be begun too late, or be a price short; with the second in a row something is wrong. */
const SKIPPED_BLOCKS = 2

export const RECORD_ALARMS = alarms([
  {
    id: 'EntryCreditsLow',
    severity: 'warning',
    summary: '{{ $labels.instance }} has {{ $value }} entry credits left',
    meaning:
      'Fewer than 500 entry credits are left. Each record costs one: at 3 records a block they last about a day.',
    look: 'The start of the log names the address (PAID BY).',
    remedy: 'Buy entry credits for the address that pays.',
    expr: 'pegnet_factom_entry_credits < 500',
    for: '10m',
    notices: ['E_MINER_LOW_CREDITS'],
  },
  {
    id: 'EntryCreditsGone',
    severity: 'critical',
    summary: '{{ $labels.instance }} can pay for {{ $value }} more records',
    meaning: 'Fewer than 25 entry credits are left: soon nothing can be published.',
    look: 'The start of the log names the address (PAID BY).',
    remedy: 'Buy entry credits for the address that pays, at once.',
    expr: 'pegnet_factom_entry_credits < 25',
    for: '0s',
    notices: ['E_MINER_NO_CREDITS'],
    check: {
      name: 'entry credits',
      makes: 'ready',
      find: ({ entryCredits }) => ({
        ok: entryCredits !== null && entryCredits > 0,
        found: entryCredits === null ? 'not asked yet' : String(entryCredits),
      }),
    },
  },
  {
    id: 'NoEntryAccepted',
    severity: 'critical',
    summary: 'no record of {{ $labels.instance }} reached the chain for 40 minutes',
    meaning: 'The miner runs, but for four blocks none of its records came into the chain.',
    look: 'The lines `skipped` and `missed` in the log; `/api/v1/blocks` and `/api/v1/entries`.',
    remedy:
      'Usual causes are missing prices, no entry credits, or a hashrate below the floor (`--cutoff 0` publishes all).',
    expr: 'increase(pegnet_miner_entries_total{result="landed"}[40m]) == 0 and on (instance) pegnet_miner_state{state="mining"} == 1',
    for: '5m',
    check: {
      name: 'blocks',
      makes: 'ready',
      find: ({ skipped }) => ({
        // A hashrate that finds nothing worth publishing is no fault: the next block may have luck.
        ok: skipped === null || skipped.blocks < SKIPPED_BLOCKS || skipped.code === 'E_MINER_NO_HITS',
        found: skipped === null ? 'none skipped' : `${skipped.blocks} skipped in a row: ${skipped.reason}`,
      }),
    },
    watchdog: {
      kind: 'no-entry',
      code: 'E_WATCH_NO_ENTRY',
      why: ({ blocksWithoutEntry: blocks }, { noEntryBlocks }) =>
        noEntryBlocks > 0 && blocks > noEntryBlocks
          ? `no record of ours came into the chain in ${blocks} blocks`
          : null,
    },
  },
  {
    id: 'EntriesFailing',
    severity: 'warning',
    summary: 'more records of {{ $labels.instance }} fail than arrive',
    meaning: 'Records are paid for or sent too late, or the node refuses them.',
    look: 'The log and the status page give the reason for each.',
    remedy: 'Use a node that is nearer, or has less load.',
    expr: 'increase(pegnet_miner_entries_total{result="missed"}[1h]) > ignoring (result) increase(pegnet_miner_entries_total{result="landed"}[1h])',
    for: '10m',
    ofMiner: (_, entries) => missedText(entries),
  },
])

/** How many of the last blocks are looked at. */
const LATELY = 10

/** How many records did not come into their blocks lately, and the reason of most of them; null: all did. */
export function missedText(entries: readonly BoardEntry[]): string | null {
  const newest = Math.max(...entries.map(({ height }) => height))
  const final = entries.filter(
    ({ height, status }) => height > newest - LATELY && (status === 'landed' || status === 'missed'),
  )
  const missed = final.filter(({ status }) => status === 'missed')
  if (missed.length === 0) return null
  const counts = new Map<string, number>()
  for (const { reason } of missed) counts.set(reason ?? '', (counts.get(reason ?? '') ?? 0) + 1)
  const [[reason] = ['']] = [...counts].sort(([, a], [, b]) => b - a)
  const text = `${missed.length} of ${final.length} records missed their blocks, of the last ${LATELY}`
  return reason === '' ? text : `${text}; ${reason}`
}
