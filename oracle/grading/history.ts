/**
 * The history of graded blocks: follows the chain of price records, grades each block once and in order, and keeps
 * what later records must name. It is always a prefix of the node's own chain; where the node's chain turns out to
 * be another one, it is built anew.
 */
import { join } from 'node:path'

import { isCoded } from '../../config/index.js'
import type { Network } from '../../config/index.js'
import { chainBlocks } from '../../factom/index.js'
import type { DirectoryBlock, FactomClient, FollowedBlock } from '../../factom/index.js'
import { oprChainId } from '../records/index.js'
import { fail } from './errors.js'
import { gradeBlock, noWinners } from './grade.js'
import type { Difficulty, GradedBlock } from './grade.js'
import { appendHistory, readHistory, replaceHistory } from './history-file.js'
import type { GradedSummary, HistoryHeader } from './history-file.js'
import { GRADING_RULES } from './rules.js'

export interface GradedHistoryOptions {
  readonly client: Pick<FactomClient, 'chainHead' | 'entryBlock' | 'entry' | 'rawData' | 'dblockByHeight'>
  readonly network: Network
  readonly difficulty: Difficulty
  /** Folder of its file, `graded.jsonl`. */
  readonly dir: string
  readonly signal?: AbortSignal
  /** Told when a damaged or foreign history was given up. */
  readonly onNotice?: (notice: { readonly code: string; readonly message: string }) => void
  /** How many blocks are kept at least; the file holds at most twice as many. */
  readonly keep?: number
}

/** The winners that a record must name. `height` is the block that they are of, `null` if there never were any. */
export interface PreviousWinners {
  readonly winners: string[]
  readonly height: number | null
}

export interface GradedHistory {
  /**
   * Grades the new blocks of the chain, up to `toHeight` if given, and answers with those not answered with before,
   * oldest first; of a long catching-up the newest 144. With `toHeight` it is an error if that block is not saved
   * yet, or its records are not at hand (`E_HISTORY_BEHIND`, to be tried again): winners would be stale without
   * notice. What was graded before an error is kept and comes with the next answer. Throws `E_HISTORY_WRITE`,
   * `E_HISTORY_CHAIN` and the codes of `chainBlocks`.
   */
  sync(toHeight?: number): Promise<GradedBlock[]>
  /**
   * What a record of this height must name. Throws `E_HISTORY_TRIMMED`, and `E_HISTORY_BEHIND` for a height beyond
   * the known blocks while the last `sync` has not succeeded: better no answer than stale winners.
   */
  previousWinners(height: number): PreviousWinners
  /** Difficulties of the honest records (at most 50) in the block that `previousWinners` names, descending. */
  difficulties(height: number): bigint[]
  latest(): GradedSummary | null
}

const FILE = 'graded.jsonl'
/** A week of blocks on MainNet. */
const KEEP_BLOCKS = 1000
/** A day of blocks on MainNet: the most that one answer of `sync` holds. */
const MAX_NEWS = 144

export function createGradedHistory(options: GradedHistoryOptions): GradedHistory {
  const { client, network, difficulty, dir, signal, onNotice } = options
  const keep = options.keep ?? KEEP_BLOCKS
  const file = join(dir, FILE)
  const chainId = oprChainId(network)
  const proof = difficulty(new Uint8Array(32), Uint8Array.of(1)).toString(16)
  const fresh: HistoryHeader = { format: 1, chainId, proof, trimmedTo: -1, carried: null }

  let header = fresh
  let blocks: GradedSummary[] = []
  /** Whether the file is what `header` and `blocks` say, so that appending is enough. */
  let onDisk = false
  /** Whether the last `sync` came to its end, so that nothing is known to be missing. */
  let complete = false
  let waiting: GradedBlock[] = []
  let turn: Promise<unknown> = Promise.resolve()
  load()

  function load(): void {
    const found = readHistory(file)
    if (found === null) return
    if (!('header' in found)) return discard('E_HISTORY_DAMAGED', found.damage)
    if (found.header.chainId !== chainId || found.header.proof !== proof)
      return discard('E_HISTORY_FOREIGN', 'it belongs to another chain or another ByteMap')
    header = found.header
    const stale = found.blocks.findIndex(({ height, version }) => !counts(height, version))
    blocks = stale < 0 ? [...found.blocks] : found.blocks.slice(0, stale)
    onDisk = found.damage === null && stale < 0
    if (blocks.length === 0) header = fresh
    if (found.damage !== null) notice('E_HISTORY_DAMAGED', `${found.damage}; what follows is graded again`)
    if (stale >= 0) notice('E_HISTORY_FOREIGN', 'record versions have changed; what follows is graded again')
  }

  function counts(height: number, version: number): boolean {
    return height >= network.activationHeight && network.oprVersionAt(height) === version
  }

  function notice(code: 'E_HISTORY_DAMAGED' | 'E_HISTORY_FOREIGN', what: string): void {
    onNotice?.({ code, message: `history of graded blocks (${file}): ${what}` })
  }

  function discard(code: 'E_HISTORY_DAMAGED' | 'E_HISTORY_FOREIGN', why: string): void {
    header = fresh
    blocks = []
    onDisk = false
    notice(code, `${why}; it is built again from the chain`)
  }

  async function follow(toHeight: number): Promise<void> {
    if (await nothingNew()) return
    const after = blocks.at(-1)
    try {
      await gradeAfter(after, toHeight)
    } catch (error) {
      const foreign = after && isCoded(error) && error.code === 'E_FACTOM_LINK' && blocks.at(-1) === after
      if (!foreign) throw error
      await startOver(toHeight)
    }
  }

  /** The node's chain does not lead to our last block. If it does not lead anywhere, nothing is given up. */
  async function startOver(toHeight: number): Promise<void> {
    const old = { header, blocks }
    discard('E_HISTORY_FOREIGN', "the node's chain is another one, or was rolled back")
    try {
      await gradeAfter(undefined, toHeight)
    } catch (error) {
      if (blocks.length === 0) ({ header, blocks } = old)
      throw error
    }
  }

  /** Looks at the head of the node's chain first: it tells a node that lags from a chain that is not ours. */
  async function nothingNew(): Promise<boolean> {
    const head = (await client.chainHead(chainId, signal))?.head
    const last = blocks.at(-1)
    if (!head) {
      if (last) discard('E_HISTORY_FOREIGN', 'the node has no such chain')
      return true
    }
    const at = blocks.findIndex((block) => block.keyMr === head)
    if (at < 0 || !last) return false
    if (last.keyMr !== head) {
      const rows = await rowsOf(last.height)
      if (rows && !rows.some((row) => row.keyMr === last.keyMr)) {
        blocks = blocks.slice(0, at + 1)
        onDisk = false
        notice('E_HISTORY_FOREIGN', `the node's chain was rolled back to block ${blocks.at(-1)?.height}`)
      }
    }
    return true
  }

  /** The rows of a saved directory block, `null` if the node has not saved it. */
  async function rowsOf(height: number): Promise<DirectoryBlock['rows'] | null> {
    try {
      return (await client.dblockByHeight(height, signal)).rows
    } catch (error) {
      if (isCoded(error) && error.code === 'E_FACTOM_RPC') return null
      throw error
    }
  }

  async function gradeAfter(after: GradedSummary | undefined, toHeight: number): Promise<void> {
    for await (const block of chainBlocks(client, { chainId, after, signal })) {
      signal?.throwIfAborted()
      if (block.height > toHeight) return
      if (block.height >= network.activationHeight) await add(block)
    }
  }

  async function add(block: FollowedBlock): Promise<void> {
    const { height, keyMr, prevKeyMr } = block
    const last = blocks.at(-1)
    if (last && (prevKeyMr !== last.keyMr || height <= last.height))
      throw fail(
        'E_HISTORY_CHAIN',
        `the node sent block ${keyMr} of height ${height} after that of ${last.height}`,
      )
    const version = network.oprVersionAt(height)
    const previous = winnersAfter(last, height)
    const graded = gradeBlock(
      {
        version,
        height,
        previousWinners: previous.winners,
        entries: block.entries.map(({ hash, entry }) => ({
          hash,
          extIds: entry.extIds,
          content: entry.content,
        })),
      },
      difficulty,
    )
    const { entries, records, gradable, winners } = graded
    const paid = gradable ? graded.graded.slice(0, GRADING_RULES[version].winners) : []
    await store({
      height,
      keyMr,
      prevKeyMr,
      version,
      entries,
      records,
      gradable,
      winners,
      winnersFrom: gradable ? height : previous.height,
      places: paid.map((record) => record.entryHash),
      difficulties: gradable ? graded.byDifficulty.map((value) => value.toString(16).padStart(16, '0')) : [],
    })
    waiting.push(graded)
    if (waiting.length > MAX_NEWS) waiting.shift()
  }

  async function store(summary: GradedSummary): Promise<void> {
    const next = [...blocks, summary]
    const trimmed = next.length > 2 * keep ? trim(next) : { header, blocks: next }
    const append = onDisk && trimmed.blocks === next
    onDisk = false
    if (append) await appendHistory(file, [summary])
    else await replaceHistory(file, trimmed.header, trimmed.blocks)
    ;({ header, blocks } = trimmed)
    onDisk = true
  }

  /** Keeps the newest blocks; of those left out, the difficulties of the last one with winners. */
  function trim(all: GradedSummary[]): { header: HistoryHeader; blocks: GradedSummary[] } {
    const left = all.slice(0, -keep)
    const gradable = left.findLast((block) => block.gradable)
    return {
      header: {
        ...header,
        trimmedTo: left.at(-1)?.height ?? header.trimmedTo,
        carried: gradable ? { height: gradable.height, difficulties: gradable.difficulties } : header.carried,
      },
      blocks: all.slice(-keep),
    }
  }

  async function checkReached(toHeight: number): Promise<void> {
    if (toHeight < network.activationHeight || blocks.some((block) => block.height === toHeight)) return
    const rows = await rowsOf(toHeight)
    if (!rows) throw fail('E_HISTORY_BEHIND', `the node has not saved block ${toHeight} yet`)
    if (rows.some((row) => row.chainId === chainId))
      throw fail('E_HISTORY_BEHIND', `the records of block ${toHeight} are not at hand yet`)
  }

  async function syncOnce(toHeight: number | undefined): Promise<GradedBlock[]> {
    signal?.throwIfAborted()
    complete = false
    await follow(toHeight ?? Infinity)
    if (toHeight !== undefined) await checkReached(toHeight)
    complete = true
    const news = waiting
    waiting = []
    return news
  }

  function before(height: number): GradedSummary | null {
    if (!complete && height > (blocks.at(-1)?.height ?? -1) + 1)
      throw fail('E_HISTORY_BEHIND', `the blocks before ${height} are not graded yet`)
    const block = blocks.findLast((known) => known.height < height)
    if (!block && height <= header.trimmedTo + 1 && header.trimmedTo >= 0)
      throw fail('E_HISTORY_TRIMMED', `blocks up to ${header.trimmedTo} are no longer in the history`)
    return block ?? null
  }

  function winnersAfter(block: GradedSummary | null | undefined, height: number): PreviousWinners {
    if (!block) return { winners: noWinners(network.oprVersionAt(height)), height: null }
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
      const block = [header.carried, ...blocks].find((known) => known?.height === from)
      return (block?.difficulties ?? []).map((hex) => BigInt(`0x${hex}`))
    },
    latest: () => blocks.at(-1) ?? null,
  }
}
