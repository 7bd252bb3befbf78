/**
 * One run of the miner: puts the parts together, listens to the clock, ends in order. What happens in a block is
 * decided in `schedule.ts` and done in `conductor.ts`.
 */
import { isCoded, messageOf, wallMs } from '../../base/index.js'
import { createHealthNews, createMinuteClock, type NodeHealth } from '../../factom/index.js'
import {
  alarmsOf,
  ASSETS,
  expectationOf,
  priceToDecimal,
  voices,
  type OprBlock,
  type PriceSnapshot,
} from '../../oracle/index.js'
import { assemble, type MinerTuning, type Run } from './assemble.js'
import { createBus } from './bus.js'
import type { Conductor } from './conductor.js'
import { createCreditWatch } from './credits.js'
import { minerError } from '../errors.js'
import type { EntryEvent, StoppedEvent } from '../events.js'
import type { Miner, MinerModules, MinerOptions, MinerView, Stopped } from './interface.js'
import { createMeter } from '../work/meter.js'
import { checkOptions } from './options.js'
import { summaryOfSwitches } from '../work/switch-times.js'
import { createTally } from './tally.js'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const HASHRATE_MS = 10_000
const SAMPLE_MS = 500
/** Where the network's hashrate is looked for at the start; not every block has winners. */
const LATEST = { below: 2 ** 32, most: 10 }
/** What the history calls the steps of a record. */
const OWN_STATUS = {
  committed: 'submitted',
  revealed: 'submitted',
  acknowledged: 'acknowledged',
  landed: 'acknowledged',
  missed: 'failed',
} as const

/** Throws E_MINER_OPTIONS. Nothing is started before `run`. */
export function createMiner(given: MinerOptions, modules: MinerModules, tuning: MinerTuning = {}): Miner {
  checkOptions(given, modules.byteMap.slots)
  /** Changed by `adjust`. */
  const options: Mutable<MinerOptions> = { ...given }
  const { network } = options
  const { client, ecKey } = modules
  const bus = createBus()
  const meter = createMeter()
  const tally = createTally()
  const halt = new AbortController()
  let run: Run | null = null
  let started = false
  let stopped: Stopped | null = null
  let paused = false
  let firstSeen: number | null = null
  let firstJobMs: number | null = null
  let snapshot: PriceSnapshot | null = null
  /** What was told about prices and lasts. */
  let alarms: ReadonlySet<string> = new Set()
  let entryCredits: number | null = null
  let node: NodeHealth = { state: 'unknown' }
  let networkHashrate: number | null = null
  const creditWatch = createCreditWatch(options)
  let finish: (reason: StoppedEvent['reason']) => void = () => undefined

  const notice = (level: 'info' | 'warn' | 'error', code: string, message: string): void =>
    bus.emit({ event: 'notice', level, code, message })

  function onEntry(event: EntryEvent): void {
    tally.entry(event)
    keep(event)
    bus.emit(event)
  }

  /** A record's way into the history. Mining goes on without it. */
  function keep({ entryHash, height, status, reason, nonce, difficulty }: EntryEvent): void {
    try {
      run?.history.own({
        ...{ entryHash, height, nonce, difficulty, time: wallMs() },
        status: OWN_STATUS[status],
        ...(reason === undefined ? {} : { reason }),
      })
    } catch (error) {
      notice('warn', isCoded(error) ? error.code : 'E_MINER_INTERNAL', messageOf(error))
    }
  }

  function onPrices(height: number, taken: PriceSnapshot, guarded: boolean): void {
    snapshot = taken
    const missing = Object.fromEntries(taken.missing)
    const assets = ASSETS[network.oprVersionAt(height)].filter((asset) => taken.prices.has(asset)).length
    const all = [...taken.assets.values()]
    const widest = all.reduce<(typeof all)[number] | null>(
      (most, price) => (price.spread > (most?.spread ?? 0) ? price : most),
      null,
    )
    bus.emit({
      event: 'prices',
      height,
      assets,
      complete: taken.complete,
      guarded,
      missing,
      strong: all.filter((price) => price.status === 'ok' && voices(price) >= 3).length,
      held: Object.fromEntries(
        all.flatMap(({ asset, status, ageMs }) => (status === 'held' ? [[asset, ageMs]] : [])),
      ),
      widest: widest && { asset: widest.asset, spread: widest.spread },
    })
    const { config } = modules.prices
    const now = alarmsOf(taken, modules.prices.sources(), { warnAt: config.winners.warn, guarded })
    for (const { code, message, key } of now)
      if (!alarms.has(key)) notice('warn', code, `block ${height}: ${message}`)
    alarms = new Set(now.map(({ key }) => key))
  }

  /** Blocks from before the run are told only if records of ours, by an earlier run, are in them. */
  function onGraded(blocks: readonly OprBlock[], published: (height: number) => string[]): void {
    for (const block of blocks) {
      networkHashrate = block.hashPower ?? networkHashrate
      const ours = new Set(published(block.height))
      if (ours.size === 0 && block.height < (firstSeen ?? 0)) continue
      const firstMined = run?.conductor.firstMined ?? null
      bus.emit(tally.graded(block, ours, firstMined !== null && block.height >= firstMined))
    }
    if (options.blocks !== undefined && tally.blocks >= options.blocks) finish('blocks')
  }

  async function followClock(conductor: Conductor): Promise<void> {
    const { pollMs } = options
    const newsOf = createHealthNews()
    const clock = createMinuteClock(client, {
      ...(pollMs === undefined ? {} : { pollMs }),
      signal: halt.signal,
      onHealth: (health, monotonicMs) => {
        node = health
        const news = newsOf(health, monotonicMs)
        if (news !== null) notice(news.level, news.code, news.message)
      },
      onError: (error) => notice('warn', isCoded(error) ? error.code : 'E_MINER_CLOCK', error.message),
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

  async function shutDown({ crew, rivalCrew, conductor, publishers, history }: Run): Promise<void> {
    halt.abort()
    await Promise.all([crew.pool.stop(), rivalCrew?.pool.stop(), conductor.stop()])
    await Promise.all(publishers.map((publisher) => publisher.close()))
    history.close()
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
      jobSwitch: summaryOfSwitches(view.jobSwitchMs),
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
    get skipped() {
      return tally.skipped
    },
    get creditDays() {
      return creditWatch.days
    },
    get creditsSpent() {
      return tally.credits
    },
    get networkHashrate() {
      return networkHashrate
    },
    get expected() {
      const { m15, s60, s10 } = meter.rate().windows
      const blockSeconds = run?.conductor.at?.blockSeconds ?? network.blockSeconds
      return expectationOf({ own: m15 ?? s60 ?? s10, network: networkHashrate, blockSeconds })
    },
    get node() {
      return node
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
    adjust(change) {
      checkOptions({ ...options, ...change }, modules.byteMap.slots)
      Object.assign(options, change)
      const pool = run?.crew.pool
      if (pool === undefined) return
      if (change.threads !== undefined) pool.resize(change.threads)
      if (change.cpus !== undefined || change.nice !== undefined)
        pool.place(options.cpus ?? [], options.nice ?? 0)
    },
    restartThread: (slot) => run?.crew.pool.restart(slot),
    stop: () => finish('asked'),
    async run(signal) {
      if (started) throw minerError('E_MINER_OPTIONS', 'a miner runs only once')
      started = true
      const startedMs = performance.now()
      const ended = new Promise<StoppedEvent['reason']>((resolve) => (finish = resolve))
      const parts = assemble(
        options,
        { ...modules, ...tuning },
        {
          signal: halt.signal,
          notice,
          onGraded,
          onPrices,
          onEntry,
          onFunds: (balance) => {
            entryCredits = balance
            const blockSeconds = run?.conductor.at?.blockSeconds ?? network.blockSeconds
            const warning = creditWatch.look(balance, blockSeconds, performance.now())
            if (warning !== null) notice('warn', 'E_MINER_LOW_CREDITS', `${ecKey.address} has ${warning}`)
          },
          onLost: () => finish('failed'),
          emit: (event) => {
            if (event.event === 'job') firstJobMs ??= performance.now()
            if (event.event === 'skipped') tally.skip(event)
            bus.emit(event)
          },
        },
      )
      run = parts
      networkHashrate =
        parts.history.query.summaries(LATEST).find(({ hashPower }) => hashPower !== null)?.hashPower ?? null
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
