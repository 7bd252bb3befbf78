/**
 * One run of the miner: puts the parts together, listens to the clock, shuts down cleanly. What happens in a block is
 * decided in `schedule.ts` and done in `conductor.ts`; what hashes is handed in.
 */
import { isCoded, messageOf } from '../../base/index.js'
import { createHealthNews, createMinuteClock } from '../../factom/index.js'
import { priceToDecimal } from '../../oracle/index.js'
import { minerError } from '../errors.js'
import type { StoppedEvent } from '../events.js'
import { createMeter } from '../work/meter.js'
import { summaryOfSwitches } from '../work/switch-times.js'
import { assemble, type Run } from './assemble.js'
import { createBus } from './bus.js'
import { createCreditWatch } from './credits.js'
import { createHooks } from './hooks.js'
import type { MinerView, RunModules, RunOptions, Session, Stopped } from './interface.js'
import { refuse, runProblems } from './options.js'
import { createTally } from './tally.js'
import type { Notice } from './tasks.js'
import { createView, type RunState } from './view.js'

/** For tests and measurements; nothing that an operator sets. */
export interface RunTuning {
  /** How often the `hashrate` event comes, ms. Default 10,000. */
  readonly hashrateMs?: number | undefined
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const HASHRATE_MS = 10_000
const SAMPLE_MS = 500
/**
 * Which blocks are looked through at the start for the network's hashrate: the newest ones, since not every block has
 * winners.
 */
const LATEST = { below: 2 ** 32, most: 10 }

/** Throws E_MINER_OPTIONS. Nothing is started before `run`. */
export function createSession(given: RunOptions, modules: RunModules, tuning: RunTuning = {}): Session {
  refuse(runProblems(given))
  /** Changed by `adjust`. */
  const options: Mutable<RunOptions> = { ...given }
  const { client, ecKey, prices } = modules
  const bus = createBus()
  const meter = createMeter()
  const tally = createTally()
  const creditWatch = createCreditWatch(options)
  const halt = new AbortController()
  const state: RunState = {
    run: null,
    stopped: false,
    paused: false,
    firstSeen: null,
    prices: null,
    entryCredits: null,
    node: { state: 'unknown' },
    networkHashrate: null,
  }
  const view = createView({ state, options, tally, meter, creditWatch, ecPublic: ecKey.address })
  let started = false
  let firstJobMs: number | null = null
  let finish: (reason: StoppedEvent['reason']) => void = () => undefined
  const notice: Notice = (level, code, message) => bus.emit({ event: 'notice', level, code, message })

  function open(): Run {
    const parts = { options, state, tally, creditWatch, prices, notice }
    const hooks = createHooks({
      ...parts,
      ecAddress: ecKey.address,
      emit: (event) => bus.emit(event),
      onEnough: () => finish('blocks'),
    })
    const run = assemble(options, modules, {
      ...hooks,
      signal: halt.signal,
      notice,
      onLost: () => finish('failed'),
      emit: (event) => {
        if (event.event === 'job') firstJobMs ??= performance.now()
        if (event.event === 'skipped') tally.skip(event)
        bus.emit(event)
      },
    })
    if (state.paused) run.workforce.pause()
    const latest = run.history.query.summaries(LATEST).find(({ hashPower }) => hashPower !== null)
    state.networkHashrate = latest?.hashPower ?? null
    state.run = run
    return run
  }

  function sample(): void {
    const hashes = view.threads.map((thread) => thread.hashes)
    meter.sample(performance.now(), hashes)
  }

  function tellHashrate(): void {
    const { total, threads, windows } = meter.rate()
    bus.emit({ event: 'hashrate', total, threads, windows })
  }

  return {
    view,
    on: (listener) => bus.on(listener),
    pause() {
      state.paused = true
      state.run?.workforce.pause()
    },
    resume() {
      state.paused = false
      state.run?.workforce.resume()
    },
    adjust(change) {
      refuse(runProblems({ ...options, ...change }))
      Object.assign(options, change)
    },
    stop: () => finish('asked'),
    async run(signal) {
      if (started) throw minerError('E_MINER_OPTIONS', 'a miner runs only once')
      started = true
      const startedMs = performance.now()
      const ended = new Promise<StoppedEvent['reason']>((resolve) => (finish = resolve))
      const run = open()
      const interrupt = (): void => finish('interrupted')
      signal.addEventListener('abort', interrupt)
      if (signal.aborted) interrupt()
      const timers = [
        setInterval(sample, SAMPLE_MS),
        setInterval(tellHashrate, tuning.hashrateMs ?? HASHRATE_MS),
      ]
      const clockwork = { client, pollMs: options.pollMs, signal: halt.signal, state, run, notice }
      const clock = followClock(clockwork).catch((error: unknown) => {
        notice('error', 'E_MINER_CLOCK', messageOf(error))
        finish('failed')
      })
      const reason = await ended
      timers.forEach((timer) => clearInterval(timer))
      signal.removeEventListener('abort', interrupt)
      halt.abort()
      await Promise.all([run.workforce.stop(), run.conductor.stop(), clock])
      await run.publisher.close()
      run.history.close()
      state.stopped = true
      const { hashes } = run.workforce.view
      const summary = summaryOf(view, { reason, hashes, startedMs, firstJobMs })
      bus.emit(summary)
      return summary
    },
  }
}

interface Clockwork {
  readonly client: RunModules['client']
  readonly pollMs: number | undefined
  readonly signal: AbortSignal
  readonly state: RunState
  readonly run: Run
  readonly notice: Notice
}

/** Follows the clock until the signal is aborted. */
async function followClock({ client, pollMs, signal, state, run, notice }: Clockwork): Promise<void> {
  const newsOf = createHealthNews()
  const clock = createMinuteClock(client, {
    ...(pollMs === undefined ? {} : { pollMs }),
    signal,
    onHealth: (health, monotonicMs) => {
      state.node = health
      const news = newsOf(health, monotonicMs)
      if (news !== null) notice(news.level, news.code, news.message)
    },
    onError: (error) => notice('warn', isCoded(error) ? error.code : 'E_MINER_CLOCK', error.message),
  })
  for await (const event of clock) {
    state.firstSeen ??= event.height
    run.conductor.tick(event)
  }
}

interface Ending {
  readonly reason: StoppedEvent['reason']
  readonly hashes: bigint
  readonly startedMs: number
  /** Null if nothing was mined. */
  readonly firstJobMs: number | null
}

function summaryOf(view: MinerView, { reason, hashes, startedMs, firstJobMs }: Ending): Stopped {
  const now = performance.now()
  const miningMs = firstJobMs === null ? 0 : now - firstJobMs
  return {
    event: 'stopped',
    reason,
    blocks: view.blocks,
    records: view.entries.acknowledged,
    places: view.places,
    reward: priceToDecimal(view.reward),
    hashes: hashes.toString(),
    meanHashrate: miningMs > 0 ? (Number(hashes) * 1000) / miningMs : 0,
    jobSwitch: summaryOfSwitches(view.jobSwitchMs),
    milliseconds: Math.round(now - startedMs),
  }
}
