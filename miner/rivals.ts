/**
 * Development only: other miners to compete with, outside of the miner itself: they listen to what it tells, and have a
 * thread and a journal of their own. Each rival has an identity, an address and prices of its own and is honestly
 * mined: the thread turns from one rival's record to the next, and each one's best nonce is kept.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { isCoded, messageOf, randomNumbers } from '../base/index.js'
import type { Network } from '../pegnet/index.js'
import {
  createPublisher,
  encodeAddress,
  factoidKey,
  type EcKey,
  type FactoidKey,
  type FactomClient,
  type Publisher,
} from '../factom/index.js'
import { portableHasher, type SharedByteMap } from '../lxrhash/index.js'
import type { RecordContents, Session } from './run/interface.js'
import { failed, isWithin, refuse } from './run/options.js'
import { buildRecord, entryOf, type MinedRecord, type RecordParts } from './run/record.js'
import type { Notice } from './run/tasks.js'
import { createLocalWorkforce } from './work/local.js'
import type { Ranked } from './work/ranking.js'
import type { Workforce } from './work/workforce.js'

export interface RivalsOptions {
  readonly count: number
  readonly network: Network
  /** The miner beside which they compete: their prices lie near its own, and they hash a part of what it hashes. */
  readonly miner: Pick<Session, 'on'> & {
    readonly view: Pick<Session['view'], 'record' | 'state' | 'threads'>
  }
  /** What hashes for the rivals: one thread of their own. */
  readonly workforce: Pick<Workforce, 'assign' | 'collect' | 'view'>
  /** Publishes for the rivals, with a journal of their own. */
  readonly publisher: Pick<Publisher, 'publish'>
  readonly onNotice: Notice
  /** Length of a turn, ms. */
  readonly sliceMs?: number
}

export interface Rivals {
  /** Throws away what is mined, and ends. */
  stop(): Promise<void>
}

/** How long one rival is worked on at a time: 20-second blocks give each of 30 rivals five turns. */
const SLICE_MS = 100
/**
 * A rival gets this part of the miner's own hashes, so that some of the rivals and some of the miner's 25 records
 * are among the 25 winners: with 30 rivals about 7 and 18, with 100 about 8 and 17.
 */
const SHARE = 0.015
/** Each turn of a rival is a lease of so many nonces: more than are hashed in it. */
const TURN_SPACE = 1n << 24n
/** Prices within this part of the miner's own: inside grading's band of 1 %. */
const NEAR = 0.007
/** Every tenth rival is this far off, and loses. */
const FAR = 0.03
const MILLION = 1_000_000n
const RIVALS_LIMIT = 1000
const SUBMIT_MINUTE = 9
const NOW = AbortSignal.abort()

interface Rival {
  readonly record: MinedRecord
  best: Ranked | null
  hashes: bigint
  turns: bigint
}

export function createRivals(options: RivalsOptions): Rivals {
  const { miner, workforce, publisher, network, count, onNotice } = options
  let timer: NodeJS.Timeout | undefined
  /** The rivals of the block at hand. */
  let field: readonly Rival[] = []
  /** Whose turn it is. */
  let current: Rival | null = null
  let ownAtBegin = 0n
  let counted = 0n
  let publishing = new AbortController()
  let underWay: Promise<unknown> = Promise.resolve()

  const ownHashes = (): bigint => miner.view.threads.reduce((sum, { hashes }) => sum + hashes, 0n)

  function track(work: Promise<unknown>): void {
    const noticed = work.catch((error: unknown) =>
      onNotice('warn', isCoded(error) ? error.code : 'E_MINER_PUBLISH', messageOf(error)),
    )
    underWay = Promise.all([underWay, noticed])
  }

  /** Ends the turn: what was found and hashed in it is of the rival whose turn it was. */
  async function endTurn(): Promise<void> {
    const rival = current
    current = null
    if (rival === null) return
    const [best] = await workforce.collect(NOW)
    if (best !== undefined && best.difficulty > (rival.best?.difficulty ?? -1n)) rival.best = best
    const { hashes } = workforce.view
    rival.hashes += hashes - counted
    counted = hashes
  }

  /** The one with the fewest hashes is next, as long as all together have not more than their share. */
  async function turn(): Promise<void> {
    const here = field
    await endTurn()
    if (here !== field || miner.view.state !== 'mining') return
    const next = here.reduce((least, rival) => (rival.hashes < least.hashes ? rival : least))
    if (Number(next.hashes) >= Number(ownHashes() - ownAtBegin) * SHARE) return
    const from = next.turns++ * TURN_SPACE + 1n
    const { height, oprHash } = next.record
    workforce.assign({ height, oprHash, floor: 0n, keep: 1, lease: { from, to: from + TURN_SPACE } })
    current = next
  }

  function begin({ height, winners, prices }: RecordContents): void {
    field = Array.from({ length: count }, (_, index) => ({
      record: rivalRecord(index, { network, height, winners, prices }),
      best: null,
      hashes: 0n,
      turns: 0n,
    }))
    ownAtBegin = ownHashes()
    timer = setInterval(() => track(turn()), options.sliceMs ?? SLICE_MS)
  }

  /** The rivals of the block, with the best nonces that they have found; nothing hashes for them any more. */
  async function end(): Promise<readonly Rival[]> {
    clearInterval(timer)
    const done = field
    field = []
    await endTurn()
    return done
  }

  /** Publishes each rival's best nonce. */
  async function submit(): Promise<void> {
    const { signal } = publishing
    const done = await end()
    const entries = done.flatMap(({ record, best }) => (best === null ? [] : [entryOf(record, best)]))
    const height = done[0]?.record.height
    if (height !== undefined && entries.length > 0) await publisher.publish(height, entries, { signal })
  }

  const off = miner.on((event) => {
    if (event.event === 'job') {
      const { record } = miner.view
      track(end())
      if (record !== null) begin(record)
    }
    if (event.event !== 'block') return
    publishing.abort()
    const height = field[0]?.record.height
    if (height !== event.height) return track(end())
    if (event.minute !== SUBMIT_MINUTE) return
    publishing = new AbortController()
    track(submit())
  })

  return {
    async stop() {
      off()
      publishing.abort()
      track(end())
      await underWay
    },
  }
}

/** What rivals work with. */
export interface RivalsSetup extends Pick<RivalsOptions, 'count' | 'network' | 'miner' | 'onNotice'> {
  readonly client: FactomClient
  /** Pays for their entries too. */
  readonly ecKey: EcKey
  readonly byteMap: SharedByteMap
  /** The first of `rivalSlots` hasher slots. */
  readonly firstHasher: number
  readonly dataDir: string
}

/** Hasher slots that rivals need: their thread's, and one to check its hits. */
export function rivalSlots(count: number): number {
  return count > 0 ? 2 : 0
}

/** Throws E_MINER_OPTIONS, E_FACTOM_JOURNAL; then no thread was started. */
export function startRivals(setup: RivalsSetup): Rivals {
  const { count, byteMap, firstHasher, onNotice } = setup
  refuse(failed([[isWithin(count, 1, RIVALS_LIMIT), `rivals must be 1 to ${RIVALS_LIMIT}`]]))
  const publisher = createPublisher({
    client: setup.client,
    key: setup.ecKey,
    journal: join(setup.dataDir, 'miner', 'rivals.jsonl'),
    onError: (error) => onNotice('error', isCoded(error) ? error.code : 'E_MINER_PUBLISH', messageOf(error)),
  })
  const workforce = createLocalWorkforce({
    byteMap,
    verifier: portableHasher(byteMap, firstHasher),
    threads: 1,
    firstHasher: firstHasher + 1,
    machineId: 0,
    onNotice,
    onLost: () => onNotice('warn', 'E_MINER_NO_WORKERS', 'there will be no rivals'),
  })
  const rivals = createRivals({ ...setup, workforce, publisher })
  return {
    async stop() {
      await Promise.all([rivals.stop(), workforce.stop()])
      await publisher.close()
    },
  }
}

/** `rival01`, `rival02` … */
export function rivalName(index: number): string {
  return `rival${String(index + 1).padStart(2, '0')}`
}

/** A key that can be computed from its name: no money may be sent to its address. */
export function rivalKey(index: number): FactoidKey {
  const seed = createHash('sha256')
    .update(`pegminer ${rivalName(index)}`)
    .digest()
  return factoidKey(encodeAddress('Fs', seed))
}

export const rivalAddress = (index: number): string => rivalKey(index).address

/** Of the rival with this number; `prices` are the true ones. */
export const rivalRecord = (
  index: number,
  { prices, height, ...block }: Pick<RecordParts, 'network' | 'height' | 'winners' | 'prices'>,
): MinedRecord =>
  buildRecord({
    ...{ ...block, height, identity: rivalName(index), coinbase: rivalAddress(index) },
    prices: rivalPrices(prices, index, height),
  })

/** The miner's prices, each moved a little; the same for the same rival and height. */
export function rivalPrices(prices: readonly bigint[], index: number, height: number): bigint[] {
  const spread = index % 10 === 9 ? FAR : NEAR
  const random = randomNumbers(`${height} ${index}`)
  return prices.map((price) => {
    const millionths = BigInt(Math.round((random() * 2 - 1) * spread * 1e6))
    const moved = price + (price * millionths) / MILLION
    return moved > 0n ? moved : 1n
  })
}
