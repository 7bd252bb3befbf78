/**
 * Development only: other miners to compete with. Each rival has an identity, an address and prices of its own and
 * is honestly mined: one thread turns from one rival's record to the next and keeps each one's best nonce.
 */
import { createHash } from 'node:crypto'
import type { Network } from '../pegnet/index.js'
import { encodeAddress, factoidKey, type Publisher } from '../factom/index.js'
import type { Crew } from './work/local.js'
import { createRanking, type Ranking } from './work/ranking.js'
import { buildRecord, entryOf, type MinedRecord } from './run/record.js'

export interface RivalsOptions {
  readonly count: number
  readonly network: Network
  /** One thread of its own, keeping one nonce. */
  readonly crew: Pick<Crew, 'mine' | 'rest'> & { readonly pool: Pick<Crew['pool'], 'hashes'> }
  /** With a journal of its own. */
  readonly publisher: Pick<Publisher, 'publish'>
  /** Hashes that the miner itself has done so far. */
  readonly ownHashes: () => bigint
  /** Length of a turn, ms. */
  readonly sliceMs?: number
}

export interface RivalBlock {
  readonly height: number
  readonly winners: readonly string[]
  readonly prices: readonly bigint[]
}

export interface Rivals {
  begin(block: RivalBlock): void
  /** Publishes each rival's best nonce. Resolves with how many entries that were. */
  submit(signal: AbortSignal, deadline: number): Promise<number>
  /** Throws away what is mined. */
  drop(): void
}

/** How long one rival is worked on at a time: 20-second blocks give each of 30 rivals five turns. */
const SLICE_MS = 100
/**
 * A rival gets this part of the miner's own hashes, so that some of the rivals and some of the miner's 25 records
 * are among the 25 winners: with 30 rivals about 7 and 18, with 100 about 8 and 17.
 */
const SHARE = 0.015
/** Each turn of a rival begins at another counter; a turn never hashes as many nonces. */
const TURN_SPACE = 1n << 24n
/** Prices within this part of the miner's own: inside grading's band of 1 %. */
const NEAR = 0.007
/** Every tenth rival is this far off, and loses. */
const FAR = 0.03
const MILLION = 1_000_000n

interface Rival {
  readonly record: MinedRecord
  readonly ranking: Ranking
  hashes: bigint
  turns: bigint
}

export function createRivals(options: RivalsOptions): Rivals {
  const { crew, publisher, network, count, ownHashes } = options
  let timer: NodeJS.Timeout | undefined
  let field: Rival[] = []
  let current: Rival | null = null
  let ownAtBegin = 0n
  let crewHashes = 0n

  /** Hashes since the last turn belong to the rival whose turn it was. */
  function account(): void {
    const now = crew.pool.hashes
    if (current !== null) current.hashes += now - crewHashes
    crewHashes = now
  }

  /** Whoever has the fewest hashes is next, as long as all together have not more than their share. */
  function turn(): void {
    account()
    const next = field.reduce((least, rival) => (rival.hashes < least.hashes ? rival : least))
    if (Number(next.hashes) >= Number(ownHashes() - ownAtBegin) * SHARE) {
      crew.rest()
      current = null
      return
    }
    if (next === current) return
    current = next
    const start = next.turns++ * TURN_SPACE + 1n
    crew.mine({ oprHash: next.record.oprHash, floor: 0n, keep: 1, ranking: next.ranking, start })
  }

  function end(): Rival[] {
    clearInterval(timer)
    if (field.length > 0) crew.rest()
    const done = field
    field = []
    current = null
    return done
  }

  return {
    begin({ height, winners, prices }) {
      end()
      field = Array.from({ length: count }, (_, index) => ({
        record: buildRecord({
          network,
          height,
          identity: rivalName(index),
          coinbase: rivalAddress(index),
          winners,
          prices: rivalPrices(prices, index, height),
        }),
        ranking: createRanking(1),
        hashes: 0n,
        turns: 0n,
      }))
      ownAtBegin = ownHashes()
      timer = setInterval(turn, options.sliceMs ?? SLICE_MS)
    },
    async submit(signal, deadline) {
      const results = end().flatMap(({ record, ranking }) => ranking.list().map((best) => ({ record, best })))
      const [first] = results
      if (first === undefined) return 0
      const entries = results.map(({ record, best }) => entryOf(record, best))
      await publisher.publish(first.record.height, entries, { signal, deadline })
      return entries.length
    },
    drop: () => void end(),
  }
}

/** `rival01`, `rival02` … */
export function rivalName(index: number): string {
  return `rival${String(index + 1).padStart(2, '0')}`
}

/** A factoid address whose key anybody can make: it is for nobody's money. */
export function rivalAddress(index: number): string {
  const seed = createHash('sha256')
    .update(`pegminer ${rivalName(index)}`)
    .digest()
  return factoidKey(encodeAddress('Fs', seed)).address
}

/** The miner's prices, each moved a little; the same for the same rival and height. */
export function rivalPrices(prices: readonly bigint[], index: number, height: number): bigint[] {
  const spread = index % 10 === 9 ? FAR : NEAR
  const random = seeded(height * 1009 + index)
  return prices.map((price) => {
    const millionths = BigInt(Math.round((random() * 2 - 1) * spread * 1e6))
    const moved = price + (price * millionths) / MILLION
    return moved > 0n ? moved : 1n
  })
}

/** Numbers in 0..1 from a 32-bit seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
