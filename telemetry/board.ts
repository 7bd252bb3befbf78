/**
 * What the status page and the API show of the past: hashrates, blocks, entries, notices, each no longer than a limit.
 */
import { wallMs } from '../base/index.js'

/** The miner's events as far as they are kept here; others may come and are ignored. */
export type MinerNews =
  | {
      readonly event: 'hashrate'
      readonly total: number
      readonly threads: readonly number[]
      readonly windows: HashrateWindows
    }
  | {
      readonly event: 'entry'
      readonly height: number
      readonly entryHash: string
      readonly difficulty: string
      readonly status: string
      readonly reason?: string
    }
  | {
      readonly event: 'graded'
      readonly height: number
      readonly records: number
      readonly valid: number
      /** Whether there were enough valid records, so that winners are paid. */
      readonly gradable: boolean
      readonly mine: readonly {
        readonly entryHash: string
        readonly place: number
        readonly payout: string
      }[]
      readonly reward: string
    }
  | { readonly event: 'skipped'; readonly height: number; readonly code: string; readonly reason: string }
  | {
      readonly event: 'notice'
      readonly level: 'info' | 'warn' | 'error'
      readonly code: string
      readonly message: string
    }
  | { readonly event: 'block' | 'prices' | 'job' | 'stopped' }

export interface HashrateWindows {
  readonly s10: number | null
  readonly s60: number | null
  readonly m15: number | null
  readonly max: number
}

/** Hashes per second at a time (ms since 1970): all threads, and each. */
export interface HashrateSample {
  readonly time: number
  readonly total: number
  readonly threads: readonly number[]
}

export interface BoardBlock {
  readonly height: number
  readonly time: number
  /** Entries in the chain's block, and those of them that are valid; null: nothing of ours was to be in it. */
  readonly records: number | null
  readonly valid: number | null
  /** Whether there were enough valid records, so that winners are paid; null: not known. */
  readonly gradable: boolean | null
  /** Places of ours, from 1. */
  readonly places: readonly number[]
  /** PEG as a decimal string. */
  readonly reward: string
  readonly skipped: { readonly code: string; readonly reason: string } | null
}

export interface BoardEntry {
  readonly entryHash: string
  readonly height: number
  /** When it was heard of last. */
  readonly time: number
  readonly difficulty: string
  readonly status: string
  readonly reason: string | null
  /** From 1; null: not graded, or not among the best 50. */
  readonly place: number | null
  readonly payout: string | null
}

export interface BoardNotice {
  readonly time: number
  readonly level: 'info' | 'warn' | 'error'
  readonly code: string
  readonly message: string
}

/** Older notices are no alerts any more; the log has them. Infos never are, also while the clock is set back. */
const ALERT_MS = { info: -Infinity, warn: 3_600_000, error: 86_400_000 }
/** Codes of notices about a node that is not well; they end when it is well again. */
const OF_NODE =
  /^E_FACTOM_(UNREACHABLE|TIMEOUT|AUTH|TLS|HTTP|TOO_LARGE|REPLY|SHAPE|RPC\w*|SYNCING|LAGGING|STALLED)$/

/** Notices that a person should still look at: neither old nor over. Both lists have the newest first. */
export function standingNotices(notices: readonly BoardNotice[], now: number): BoardNotice[] {
  const recovered = notices.findIndex(({ code }) => code === 'E_FACTOM_RECOVERED')
  return notices.filter(
    ({ level, code, time }, k) =>
      now - time < ALERT_MS[level] && !(recovered >= 0 && k > recovered && OF_NODE.test(code)),
  )
}

export interface Board {
  hear(news: MinerNews): void
  readonly windows: HashrateWindows
  /** Oldest first. */
  readonly hashrates: readonly HashrateSample[]
  /** Newest first, as the next two. */
  blocks(): BoardBlock[]
  entries(): BoardEntry[]
  notices(): BoardNotice[]
  /** Counts up with every block, entry and notice: a reader that has seen a lower one has missed something. */
  readonly version: number
}

/** Two hours at the miner's pace of one in ten seconds; a block each ten minutes for a day and a half. */
const MOST = { hashrates: 720, blocks: 200, entries: 500, notices: 50 }

export function createBoard(now: () => number = wallMs): Board {
  const hashrates: HashrateSample[] = []
  const blocks = new Map<number, BoardBlock>()
  const entries = new Map<string, BoardEntry>()
  const notices: BoardNotice[] = []
  let windows: HashrateWindows = { s10: null, s60: null, m15: null, max: 0 }
  let version = 0

  /** The latest change comes last; beyond the limit the oldest is dropped. */
  const keep = <K, V>(map: Map<K, V>, key: K, value: V, most: number): void => {
    map.delete(key)
    map.set(key, value)
    for (const [oldest] of map) {
      if (map.size <= most) return
      map.delete(oldest)
    }
  }
  const push = <T>(list: T[], item: T, most: number): void => {
    list.push(item)
    if (list.length > most) list.shift()
  }
  const hear = (news: MinerNews): void => {
    const time = now()
    switch (news.event) {
      case 'hashrate':
        windows = news.windows
        return push(hashrates, { time, total: news.total, threads: news.threads }, MOST.hashrates)
      case 'entry': {
        const { entryHash, height, status, reason = null } = news
        const known = entries.get(entryHash)
        const difficulty = news.difficulty || (known?.difficulty ?? '')
        const grade = { place: known?.place ?? null, payout: known?.payout ?? null }
        keep(
          entries,
          entryHash,
          { entryHash, height, time, difficulty, status, reason, ...grade },
          MOST.entries,
        )
        break
      }
      case 'graded': {
        const { height, records, valid, gradable, mine, reward } = news
        for (const { entryHash, place, payout } of mine) {
          const known = entries.get(entryHash)
          if (known) entries.set(entryHash, { ...known, place: place + 1, payout })
        }
        const places = mine.map(({ place }) => place + 1)
        const block = { height, time, records, valid, gradable, places, reward, skipped: null }
        keep(blocks, height, block, MOST.blocks)
        break
      }
      case 'skipped': {
        const { height, code, reason } = news
        const none = { records: null, valid: null, gradable: null, places: [], reward: '0' }
        keep(blocks, height, { height, time, ...none, skipped: { code, reason } }, MOST.blocks)
        break
      }
      case 'notice': {
        const { level, code, message } = news
        push(notices, { time, level, code, message }, MOST.notices)
        break
      }
      default:
        return
    }
    version++
  }
  return {
    hear,
    get windows() {
      return windows
    },
    hashrates,
    blocks: () => [...blocks.values()].sort((a, b) => b.height - a.height),
    entries: () => [...entries.values()].reverse(),
    notices: () => [...notices].reverse(),
    get version() {
      return version
    },
  }
}
