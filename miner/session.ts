/**
 * One run of the miner: puts the parts together, listens to the clock, ends in order. What happens in a block is
 * decided in `schedule.ts` and done in `conductor.ts`.
 */
import { join } from 'node:path'
import { isCoded, messageOf } from '../config/index.js'
import { createMinuteClock, createPublisher, type Publisher } from '../factom/index.js'
import { createHasher } from '../lxrhash/index.js'
import {
  ASSETS,
  createGradedHistory,
  priceToDecimal,
  type GradedBlock,
  type PriceSnapshot,
} from '../oracle/index.js'
import { createBus } from './bus.js'
import { createConductor, type Conductor } from './conductor.js'
import { createCrew, type Crew } from './crew.js'
import { minerError } from './errors.js'
import type { EntryEvent, StoppedEvent } from './events.js'
import { createGatherer } from './gather.js'
import type { Miner, MinerModules, MinerOptions, MinerView, Stopped } from './interface.js'
import { createMeter } from './meter.js'
import { checkOptions } from './options.js'
import type { PoolTiming } from './pool.js'
import { createRivals, type Rivals } from './rivals.js'
import { createSubmitter } from './submit.js'
import { createTally } from './tally.js'

/** For tests and measurements; nothing that an operator sets. */
export interface MinerTuning {
  /** The module that runs in the threads. */
  readonly worker?: URL
  readonly pool?: Partial<PoolTiming>
  /** How often the `hashrate` event comes, ms. Default 10,000. */
  readonly hashrateMs?: number
}

const HASHRATE_MS = 10_000
const SAMPLE_MS = 500

/** What exists while a run lasts. */
interface Run {
  readonly crew: Crew
  readonly rivalCrew: Crew | null
  readonly rivals: Rivals | null
  readonly publishers: readonly Publisher[]
  readonly conductor: Conductor
}

/** Throws E_MINER_OPTIONS. Nothing is started before `run`. */
export function createMiner(options: MinerOptions, modules: MinerModules, tuning: MinerTuning = {}): Miner {
  checkOptions(options, modules.byteMap.slots)
  const { network, threads, rivals: rivalCount, machineId, recordsPerBlock } = options
  const { client, ecKey, byteMap, prices } = modules
  const bus = createBus()
  const meter = createMeter()
  const tally = createTally()
  const halt = new AbortController()
  const stateDir = join(options.dataDir, 'miner')
  let run: Run | null = null
  let started = false
  let stopped: Stopped | null = null
  let paused = false
  let firstSeen: number | null = null
  let firstJobMs: number | null = null
  let snapshot: PriceSnapshot | null = null
  let entryCredits: number | null = null
  let finish: (reason: StoppedEvent['reason']) => void = () => undefined

  const notice = (level: 'info' | 'warn' | 'error', code: string, message: string): void =>
    bus.emit({ event: 'notice', level, code, message })

  function onEntry(event: EntryEvent): void {
    tally.entry(event.status)
    bus.emit(event)
  }

  function onPrices(height: number, taken: PriceSnapshot): void {
    snapshot = taken
    const missing = Object.fromEntries(taken.missing)
    const assets = ASSETS[network.oprVersionAt(height)].filter((asset) => taken.prices.has(asset)).length
    bus.emit({ event: 'prices', height, assets, complete: taken.complete, missing })
  }

  /** Blocks from before the run are told only if records of ours, by an earlier run, are in them. */
  function onGraded(blocks: readonly GradedBlock[], published: (height: number) => string[]): void {
    for (const block of blocks) {
      const ours = new Set(published(block.height))
      if (ours.size === 0 && block.height < (firstSeen ?? 0)) continue
      const firstMined = run?.conductor.firstMined ?? null
      bus.emit(tally.graded(block, ours, firstMined !== null && block.height >= firstMined))
    }
    if (options.blocks !== undefined && tally.blocks >= options.blocks) finish('blocks')
  }

  /** Everything that can fail at the start fails here, before a thread runs. */
  function compose(): Run {
    const publisherOf = (name: string): Publisher =>
      createPublisher({
        client,
        key: ecKey,
        journal: join(stateDir, name),
        onError: (error) =>
          notice('error', isCoded(error) ? error.code : 'E_MINER_PUBLISH', messageOf(error)),
      })
    const verifier = createHasher(byteMap, threads)
    const history = createGradedHistory({
      client,
      network,
      difficulty: (oprHash, nonce) => verifier.difficulty(oprHash, nonce),
      dir: stateDir,
      signal: halt.signal,
      onNotice: ({ code, message }) => notice('warn', code, message),
    })
    const publisher = publisherOf('journal.jsonl')
    const crewOf = (hasherSlot: number, size: number, keep: number): Crew =>
      createCrew({
        byteMap,
        verifier,
        threads: size,
        firstHasher: hasherSlot,
        machineId,
        keep,
        onNotice: notice,
        onLost: () => {
          notice('error', 'E_MINER_NO_WORKERS', 'no thread is fit to mine')
          finish('failed')
        },
        worker: tuning.worker,
        timing: tuning.pool,
      })
    const rivalPublisher = rivalCount > 0 ? publisherOf('rivals.jsonl') : null
    const crew = crewOf(0, threads, recordsPerBlock)
    const rivalCrew = rivalPublisher === null ? null : crewOf(threads + 1, 1, 1)
    const rivals =
      rivalPublisher === null || rivalCrew === null
        ? null
        : createRivals({
            count: rivalCount,
            network,
            crew: rivalCrew,
            publisher: rivalPublisher,
            ownHashes: () => crew.pool.hashes,
          })
    const gatherer = createGatherer({
      network,
      client,
      history,
      prices,
      ecAddress: ecKey.address,
      submissionCutoff: options.submissionCutoff,
      onGraded: (blocks) => onGraded(blocks, (height) => publisher.published(height)),
      onPrices,
      onFunds: (balance) => (entryCredits = balance),
    })
    const conductor = createConductor({
      network,
      identity: options.identity,
      coinbase: options.coinbase,
      recordsPerBlock,
      gatherer,
      crew,
      submitter: createSubmitter({ publisher, onEntry }),
      rivals,
      emit: (event) => {
        if (event.event === 'job') firstJobMs ??= performance.now()
        bus.emit(event)
      },
    })
    const publishers = rivalPublisher === null ? [publisher] : [publisher, rivalPublisher]
    return { crew, rivalCrew, rivals, publishers, conductor }
  }

  async function followClock(conductor: Conductor): Promise<void> {
    const { pollMs } = options
    const clock = createMinuteClock(client, {
      ...(pollMs === undefined ? {} : { pollMs }),
      signal: halt.signal,
      onError: (error, { failures, downMs }) => {
        // The first failure, then ever more seldom; 0 is not a failed poll but something that the node says.
        if (failures > 0 && (failures & (failures - 1)) !== 0) return
        const since = failures > 1 ? ` (${failures} tries in ${Math.round(downMs / 1000)} s)` : ''
        notice('warn', isCoded(error) ? error.code : 'E_MINER_CLOCK', `${messageOf(error)}${since}`)
      },
    })
    for await (const event of clock) {
      firstSeen ??= event.height
      conductor.tick(event)
    }
  }

  function sample(): void {
    const now = performance.now()
    if (run !== null)
      meter.sample(
        now,
        run.crew.pool.slots().map(({ hashes }) => hashes),
      )
  }

  function tellHashrate(): void {
    const { total, threads: each, windows } = meter.rate()
    bus.emit({ event: 'hashrate', total, threads: each, windows })
  }

  async function shutDown({ crew, rivalCrew, conductor, publishers }: Run): Promise<void> {
    halt.abort()
    await Promise.all([crew.pool.stop(), rivalCrew?.pool.stop(), conductor.stop()])
    await Promise.all(publishers.map((publisher) => publisher.close()))
  }

  function summary(reason: StoppedEvent['reason'], startedMs: number, hashes: bigint): Stopped {
    const now = performance.now()
    const miningMs = firstJobMs === null ? 0 : now - firstJobMs
    return {
      event: 'stopped',
      reason,
      blocks: tally.blocks,
      records: tally.entries.acknowledged,
      places: tally.places,
      reward: priceToDecimal(tally.reward),
      hashes: hashes.toString(),
      meanHashrate: miningMs > 0 ? (Number(hashes) * 1000) / miningMs : 0,
      milliseconds: Math.round(now - startedMs),
    }
  }

  function stateNow(): MinerView['state'] {
    if (stopped !== null) return 'stopped'
    if (paused) return 'paused'
    return run?.conductor.phase === 'mining' ? 'mining' : 'waiting'
  }

  const view: MinerView = {
    get state() {
      return stateNow()
    },
    get threads() {
      return run?.crew.pool.slots() ?? []
    },
    get height() {
      return run?.conductor.at?.height ?? null
    },
    get minute() {
      return run?.conductor.at?.minute ?? null
    },
    entries: tally.entries,
    get hits() {
      return run?.crew.hits ?? 0
    },
    get computeErrors() {
      return (run?.crew.computeErrors ?? 0) + (run?.rivalCrew?.computeErrors ?? 0)
    },
    get restarts() {
      return (run?.crew.pool.restarts ?? 0) + (run?.rivalCrew?.pool.restarts ?? 0)
    },
    get blocks() {
      return tally.blocks
    },
    get places() {
      return tally.places
    },
    get reward() {
      return tally.reward
    },
    get bestDifficulty() {
      return run?.crew.bestDifficulty ?? 0n
    },
    get jobSwitchMs() {
      return run?.crew.pool.switchMs ?? []
    },
    get prices() {
      return snapshot
    },
    get entryCredits() {
      return entryCredits
    },
    ecPublic: ecKey.address,
  }

  return {
    view,
    on: (listener) => bus.on(listener),
    pause() {
      paused = true
      for (const crew of [run?.crew, run?.rivalCrew]) crew?.pool.pause()
    },
    resume() {
      paused = false
      for (const crew of [run?.crew, run?.rivalCrew]) crew?.pool.resume()
    },
    async run(signal) {
      if (started) throw minerError('E_MINER_OPTIONS', 'a miner runs only once')
      started = true
      const startedMs = performance.now()
      const ended = new Promise<StoppedEvent['reason']>((resolve) => (finish = resolve))
      const parts = compose()
      run = parts
      if (paused) for (const crew of [parts.crew, parts.rivalCrew]) crew?.pool.pause()
      const interrupt = (): void => finish('interrupted')
      signal.addEventListener('abort', interrupt)
      if (signal.aborted) interrupt()
      const timers = [
        setInterval(sample, SAMPLE_MS),
        setInterval(tellHashrate, tuning.hashrateMs ?? HASHRATE_MS),
      ]
      const clock = followClock(parts.conductor).catch((error: unknown) => {
        notice('error', 'E_MINER_CLOCK', messageOf(error))
        finish('failed')
      })
      const reason = await ended
      timers.forEach((timer) => clearInterval(timer))
      signal.removeEventListener('abort', interrupt)
      await Promise.all([shutDown(parts), clock])
      stopped = summary(reason, startedMs, parts.crew.pool.hashes)
      bus.emit(stopped)
      return stopped
    },
  }
}
