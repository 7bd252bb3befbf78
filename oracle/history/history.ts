/**
 * The history of graded blocks: follows the directory chain, grades each block of price records once and in order, and
 * keeps what later records must name. It is always a part of the node's own chain; where the node's chain turns out to
 * be another one, what differs is forgotten and graded anew.
 */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import type { Network } from '../../pegnet/index.js'
import { followBlocks } from '../../factom/index.js'
import type { FactomClient, FollowedBlock, KnownBlock } from '../../factom/index.js'
import { noWinners } from '../grading/index.js'
import type { Difficulty, OprEntry } from '../grading/index.js'
import { oprChainId, sprChainId } from '../records/index.js'
import { openDatabase } from './database.js'
import { fail, type HISTORY_ERRORS } from './errors.js'
import { commonHeight, firstHeight } from './fork.js'
import { gradeOpr, gradeSpr, oprEntries } from './grade.js'
import { createQueries } from './queries.js'
import type { HistoryQueries } from './queries.js'
import { MIGRATIONS } from './schema.js'
import { createStore } from './store.js'
import type { OprBlock, OwnStep } from './types.js'

export interface GradedHistoryOptions {
  readonly client: Pick<FactomClient, 'heights' | 'currentMinute' | 'dblockByHeight' | 'rawData'>
  readonly network: Network
  readonly difficulty: Difficulty
  /** Folder of its database. */
  readonly dir: string
  /** Name of the database. Default `history.sqlite`. */
  readonly name?: string
  /**
   * What is there of another chain, with another ByteMap or by other rules is refused (`E_HISTORY_OTHER`) instead of
   * given up: it belongs to a miner, whose records in it are in no other place.
   */
  readonly keep?: boolean
  readonly signal?: AbortSignal
  /** Told when a damaged or foreign history was given up. */
  readonly onNotice?: (notice: { readonly code: string; readonly message: string }) => void
  /** Told after each block that was followed. */
  readonly onProgress?: (progress: FollowProgress) => void
}

export interface FollowProgress {
  readonly height: number
  /** The last height that is followed now. */
  readonly to: number
  /** Of this call of `sync` so far. */
  readonly blocks: number
  readonly entries: number
  readonly milliseconds: number
}

/** The winners that a record must name. `height` is the block that they are of, `null` if there never were any. */
export interface PreviousWinners {
  readonly winners: string[]
  readonly height: number | null
}

export interface GradedHistory {
  /**
   * Follows the chain up to `toHeight`, or to the last saved block, and answers with the graded blocks not answered
   * with before, oldest first; of a long catching-up the newest 144. With `toHeight` it is an error if that block is
   * not saved yet, or its records are not at hand (`E_HISTORY_BEHIND`, to be tried again): winners would be stale
   * without notice. What was graded before an error is kept and comes with the next answer. Throws
   * `E_HISTORY_WRITE`, `E_HISTORY_RACE` and the codes of `followBlocks`.
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
  const { client, network, difficulty, dir, signal, onNotice } = options
  const file = join(dir, options.name ?? HISTORY_FILE)
  const about = {
    chainId: oprChainId(network),
    proof: difficulty(new Uint8Array(32), Uint8Array.of(1)).toString(16).padStart(16, '0'),
  }
  const chains = [oprChainId(network), sprChainId(network)] as const
  const db = openDatabase({
    file,
    migrations: MIGRATIONS,
    onDamage: (setAside, reason) => notice('E_HISTORY_DAMAGED', `${reason}; it is kept as ${setAside}`),
  })
  const store = createStore(db)
  const query = createQueries(db)
  try {
    prepare()
  } catch (error) {
    db.close()
    throw error
  }
  /** Blocks up to this height were answered with, or were there before. */
  let answered = store.tip()?.height ?? -1
  /** Whether the last `sync` came to its end, so that nothing is known to be missing. */
  let complete = false
  let turn: Promise<unknown> = Promise.resolve()

  function notice(code: keyof typeof HISTORY_ERRORS, what: string): void {
    onNotice?.({ code, message: `history of graded blocks (${file}): ${what}` })
  }

  /** What is there of `whose` is given up, or refused. */
  function giveUp(whose: string, forget: () => void, told: string): void {
    if (options.keep === true)
      throw fail('E_HISTORY_OTHER', `the history of graded blocks (${file}) is of ${whose}`)
    forget()
    notice('E_HISTORY_FOREIGN', told)
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
    const found = store.about()
    if (found?.chainId === about.chainId && found.proof === about.proof) return forgetOtherRules()
    if (found === null) return store.begin(about)
    const whose = 'another chain or another ByteMap'
    giveUp(whose, () => store.begin(about), `it is of ${whose}; it is built again`)
  }

  function forgetOtherRules(): void {
    const first = store.first()
    if (first === null) return
    const stale = db
      .all('SELECT height, version FROM opr_blocks ORDER BY height')
      .find((row) => network.oprVersionAt(Number(row['height'])) !== Number(row['version']))
    const from = first < network.activationHeight ? first : stale && Number(stale['height'])
    if (from === undefined) return
    const told = `record versions have changed; blocks from ${from} on are graded again`
    giveUp('other record versions', () => store.rollback(from - 1), told)
  }

  async function follow(toHeight: number): Promise<void> {
    const { directoryBlockHeight: saved } = await client.heights(signal)
    await dropForked(saved)
    const known = knownBlock()
    const to = Math.min(saved, toHeight)
    const from = known ? known.height + 1 : await firstHeight({ client, network, saved, signal })
    if (from > to) return
    const { blockSeconds } = await client.currentMinute(signal)
    const started = performance.now()
    const done = { blocks: 0, entries: 0 }
    for await (const block of followBlocks(client, { chains, after: known, from, to, signal })) {
      signal?.throwIfAborted()
      add(block, blockSeconds)
      done.blocks++
      for (const { entries } of block.chains.values()) done.entries += entries.length
      const milliseconds = performance.now() - started
      options.onProgress?.({ height: block.height, to, ...done, milliseconds })
    }
  }

  /** Forgets blocks that the node's chain does not have. A node that is only behind takes nothing away. */
  async function dropForked(saved: number): Promise<void> {
    const tip = store.tip()
    const first = store.first()
    if (tip === null || first === null || saved < first) return
    const ours = {
      first,
      last: Math.min(saved, tip.height),
      keyMrAt: (height: number) => store.keyMrAt(height),
    }
    const common = await commonHeight(client, ours, signal)
    if (common === ours.last) return
    const again = 'blocks from there on are graded again'
    const forget = (): void => {
      store.rollback(common)
      answered = Math.min(answered, common)
    }
    if (common < first) return giveUp('another chain', forget, `the node's chain is another one; ${again}`)
    forget()
    notice('E_HISTORY_FOREIGN', `the node's chain differs above ${common}; ${again}`)
  }

  function knownBlock(): KnownBlock | null {
    const tip = store.tip()
    if (!tip) return null
    const { opr, spr } = store.tips()
    const tips = [opr, spr].flatMap((known, k) => (known ? [[chains[k] as string, known] as const] : []))
    return { ...tip, tips: new Map(tips) }
  }

  function add(block: FollowedBlock, blockSeconds: number): void {
    const { height, keyMr, timestamp: time } = block
    const [oracle, staking] = chains.map((chainId) => block.chains.get(chainId))
    const previous = winnersAfter(query.blockBefore(height), height)
    const opr = oracle ? gradeOpr(block, oracle, { network, difficulty, previous, blockSeconds }) : null
    // The staking chain counts from the fifth version of records on.
    const spr = staking && network.oprVersionAt(height) === 5 ? gradeSpr(block, staking, { network }) : null
    store.append({ height, keyMr, time, opr, spr }, store.tip())
  }

  async function syncOnce(toHeight: number | undefined): Promise<OprBlock[]> {
    signal?.throwIfAborted()
    complete = false
    await follow(toHeight ?? Infinity)
    const reached = store.tip()?.height ?? -1
    if (toHeight !== undefined && reached < toHeight && toHeight >= network.activationHeight)
      throw fail('E_HISTORY_BEHIND', `the node has not saved block ${toHeight} yet`)
    complete = true
    const news = query.blocks({
      from: answered + 1,
      ...(toHeight === undefined ? {} : { to: toHeight }),
      last: MAX_NEWS,
    })
    answered = Math.max(answered, news.at(-1)?.height ?? -1)
    return news
  }

  function before(height: number): OprBlock | null {
    if (!complete && height > (store.tip()?.height ?? -1) + 1)
      throw fail('E_HISTORY_BEHIND', `the blocks before ${height} are not graded yet`)
    return query.blockBefore(height)
  }

  function winnersAfter(block: OprBlock | null, height: number): PreviousWinners {
    if (!block || block.winnersFrom === null)
      return { winners: noWinners(network.oprVersionAt(height)), height: null }
    return { winners: [...block.winners], height: block.winnersFrom }
  }

  return {
    sync(toHeight) {
      const result = turn.then(() => syncOnce(toHeight))
      turn = result.catch(() => undefined)
      return result
    },
    previousWinners: (height) => winnersAfter(before(height), height),
    difficulties(height) {
      const from = before(height)?.winnersFrom
      const records = from === null || from === undefined ? [] : (query.block(from)?.records ?? [])
      return records.map(({ difficulty }) => difficulty).sort(descending)
    },
    async entries(height, kind) {
      const range = { chains, after: null, from: height, to: height, ...(signal ? { signal } : {}) }
      for await (const block of followBlocks(client, range)) {
        if (block.keyMr !== store.keyMrAt(height)) break
        const found = block.chains.get(chains[kind === 'opr' ? 0 : 1])
        return found ? oprEntries(found) : null
      }
      throw fail('E_HISTORY_BEHIND', `block ${height} of the node is not the one that was followed`)
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
