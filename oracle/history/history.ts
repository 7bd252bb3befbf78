/**
 * The history of graded blocks: each block of price records is graded once and in order as the chain is followed, and
 * what later records must name is kept. It is always a part of the node's own chain: where the node has another chain
 * by now, the blocks that differ are forgotten and graded anew.
 */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import type { Network } from '../../pegnet/index.js'
import { createFollower, openChainDatabase } from '../../chain/index.js'
import type { BlockConsumer, CHAIN_ERRORS, FollowerOptions, FollowProgress, Fork } from '../../chain/index.js'
import type { Difficulty, OprEntry } from '../grading/index.js'
import { oprChainId, sprChainId } from '../records/index.js'
import {
  oprConsumer,
  sprConsumer,
  winnersFor,
  type PreviousWinners,
  type StakersAt,
  type WinnersAt,
} from './consumers.js'
import { fail, type HISTORY_ERRORS } from './errors.js'
import { oprEntries } from './grade.js'
import { createQueries, type HistoryQueries } from './queries.js'
import { createStore } from './store.js'
import type { OprBlock, OwnStep } from './types.js'

export interface GradedHistoryOptions {
  readonly client: FollowerOptions['client']
  readonly network: Network
  readonly difficulty: Difficulty
  /** Folder of its database. */
  readonly dir: string
  /** Name of the database. Default `history.sqlite`. */
  readonly name?: string
  /**
   * A history of another chain, with another ByteMap or by other rules is refused (`E_HISTORY_OTHER`) instead of given
   * up: it may belong to a miner, and what it knows of that miner's records is kept nowhere else.
   */
  readonly keep?: boolean
  /** Others that take part in following, behind the history: they keep their tables in the same database. */
  readonly consumers?: readonly BlockConsumer[]
  /** Who may stake, if one of those consumers knows. Default: every valid staking record is graded. */
  readonly stakersAt?: StakersAt
  /** What records must name, where the history has no winners of its own yet. */
  readonly winnersAt?: WinnersAt
  readonly signal?: AbortSignal
  /** Told when a damaged or foreign history was given up. */
  readonly onNotice?: (notice: { readonly code: string; readonly message: string }) => void
  /** Told after each block that was followed. */
  readonly onProgress?: (progress: FollowProgress) => void
}

export interface GradedHistory {
  /**
   * Follows the chain up to `toHeight`, or to the last saved block, and answers with the graded blocks not answered
   * with before, oldest first; of a long catching-up the newest 144. With `toHeight` it is an error if that block is
   * not saved yet, or its records are not at hand (`E_HISTORY_BEHIND`, to be tried again): winners would be stale
   * without notice. What was graded before an error is kept and comes with the next answer. Throws what the follower
   * throws (`chain/follow.ts`).
   */
  sync(toHeight?: number): Promise<OprBlock[]>
  /**
   * What a record of this height must name. Throws `E_HISTORY_BEHIND` for a height beyond the known blocks while the
   * last `sync` has not succeeded: better no answer than stale winners.
   */
  previousWinners(height: number): PreviousWinners
  /** Difficulties of the honest records (at most 50) in the block that `previousWinners` names, descending. */
  difficulties(height: number): bigint[]
  /**
   * The entries of one of the two chains in a block that was followed, fetched and proven again; null if it has none.
   * `E_HISTORY_BEHIND` if the height is not followed yet, or the node's block is another one by now.
   */
  entries(height: number, kind: 'opr' | 'spr'): Promise<OprEntry[] | null>
  /** A record of ours has come further. */
  own(step: OwnStep): void
  readonly query: HistoryQueries
  close(): void
}

export const HISTORY_FILE = 'history.sqlite'
/** Of the program's first version; the blocks are graded again from the chain. */
const OLD_FILE = join('miner', 'graded.jsonl')
/** A day of blocks on MainNet: the most that one answer of `sync` holds. */
const MAX_NEWS = 144

/** Throws `E_HISTORY_SQLITE`, `E_HISTORY_OPEN`, `E_HISTORY_NEWER`, `E_HISTORY_OTHER`. */
export function createGradedHistory(options: GradedHistoryOptions): GradedHistory {
  const { client, network, difficulty, dir, signal, onNotice, onProgress } = options
  const file = join(dir, options.name ?? HISTORY_FILE)
  const chainIds = { opr: oprChainId(network), spr: sprChainId(network) }
  const consumers = [
    oprConsumer(network, difficulty, options.winnersAt),
    sprConsumer(network, options.stakersAt),
    ...(options.consumers ?? []),
  ]
  const db = openChainDatabase({
    file,
    schemas: consumers,
    onDamage: (setAside, reason) => notice('E_HISTORY_DAMAGED', `${reason}; it is kept as ${setAside}`),
  })
  const store = createStore(db)
  const query = createQueries(db, () => db.close())
  const follower = createFollower({ db, client, network, consumers, signal, onFork, onProgress })
  /** Blocks up to this height were answered with, or were there before. */
  let answered = -1
  try {
    prepare()
    answered = follower.tip()?.height ?? -1
  } catch (error) {
    db.close()
    throw error
  }

  function notice(code: keyof typeof HISTORY_ERRORS | keyof typeof CHAIN_ERRORS, what: string): void {
    onNotice?.({ code, message: `history of graded blocks (${file}): ${what}` })
  }

  /** A history of another kind (`whose`) is given up, or refused. */
  function giveUp(whose: string, forget: () => void, message: string): void {
    if (options.keep === true)
      throw fail('E_HISTORY_OTHER', `the history of graded blocks (${file}) is of ${whose}`)
    forget()
    notice('E_HISTORY_FOREIGN', message)
  }

  /** Gives up what was graded on another chain, with another ByteMap or by other rules. */
  function prepare(): void {
    const old = join(dir, OLD_FILE)
    if (existsSync(old)) {
      rmSync(old, { force: true })
      notice(
        'E_HISTORY_OLD',
        `${old} of an earlier version is gone; its blocks are graded again from the chain`,
      )
    }
    const proof = difficulty(new Uint8Array(32), Uint8Array.of(1)).toString(16).padStart(16, '0')
    const about = { chainId: chainIds.opr, proof }
    const begin = (): void => db.transaction(() => store.begin(about))
    const found = store.about()
    if (found?.chainId === about.chainId && found.proof === about.proof) return forgetOtherRules()
    if (found === null) return begin()
    const whose = 'another chain or another ByteMap'
    const again = (): void => {
      follower.rollback(-1)
      begin()
    }
    giveUp(whose, again, `it is of ${whose}; it is built again`)
  }

  function forgetOtherRules(): void {
    const first = follower.first()
    if (first === null) return
    const stale = db
      .all('SELECT height, version FROM opr_blocks ORDER BY height')
      .find((row) => network.oprVersionAt(Number(row['height'])) !== Number(row['version']))
    const from = first < network.activationHeight ? first : stale && Number(stale['height'])
    if (from === undefined) return
    const message = `record versions have changed; blocks from ${from} on are graded again`
    giveUp('other record versions', () => follower.rollback(from - 1), message)
  }

  function onFork({ common, whole }: Fork): void {
    const forget = (): void => void (answered = Math.min(answered, common))
    const again = 'blocks from there on are graded again'
    if (whole) return giveUp('another chain', forget, `the node's chain is another one; ${again}`)
    forget()
    notice('E_HISTORY_FOREIGN', `the node's chain differs above ${common}; ${again}`)
  }

  function newsTo(toHeight: number | undefined): OprBlock[] {
    const news = query.blocks({ from: answered + 1, to: toHeight, last: MAX_NEWS })
    answered = Math.max(answered, news.at(-1)?.height ?? -1)
    return news
  }

  function before(height: number): OprBlock | null {
    follower.mustKnowBefore(height)
    return query.blockBefore(height)
  }

  return {
    sync: (toHeight) => follower.sync(toHeight).then(() => newsTo(toHeight)),
    previousWinners: (height) =>
      winnersFor(before(height), { height, network, tx: db, winnersAt: options.winnersAt }),
    difficulties(height) {
      const from = before(height)?.winnersFrom
      const records = from === null || from === undefined ? [] : (query.block(from)?.records ?? [])
      return records.map(({ difficulty }) => difficulty).sort(descending)
    },
    async entries(height, kind) {
      const { chains } = await follower.block(height, [chainIds[kind]])
      const found = chains.get(chainIds[kind])
      return found ? oprEntries(found) : null
    },
    own: (step) => store.own(step),
    query,
    close: () => db.close(),
  }
}

function descending(a: bigint, b: bigint): number {
  if (a === b) return 0
  return a > b ? -1 : 1
}
