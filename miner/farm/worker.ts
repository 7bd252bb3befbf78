/**
 * A machine of a farm: takes the job from the server, leases nonces from the coordinator, hashes them on its threads, and
 * sends its hits. It knows no price, no key and no node.
 */
import type { NatsConnection } from '@nats-io/transport-node'
import { messageOf, sleep, toHex } from '../../base/index.js'
import { hexOfDifficulty, type NoticeEvent } from '../events.js'
import { createAsking } from './asking.js'
import { createCrew, type OpenThreads, type WorkerEvent } from './crew.js'
import { watchJob } from './job-watch.js'
import { WRONG_TEXTS, type Answer, type Health } from './messages.js'
import { createSending } from './sending.js'
import type { WorkerId } from './table.js'

export interface WorkerOptions {
  readonly connection: NatsConnection
  readonly id: WorkerId
  readonly about: Pick<Health, 'version' | 'host' | 'cpu' | 'threads'>
  readonly open: OpenThreads
  readonly onEvent: (event: WorkerEvent) => void
  /** Between two looks at what is left to hash. Default 10 ms. */
  readonly tickMs?: number | undefined
}

/** Why it ended. */
export type WorkerEnd = 'interrupted' | 'refused' | 'failed'

const TICK_MS = 10
const SAMPLE_MS = 500
const HASHRATE_MS = 10_000
/** At the end, for hits on their way and the goodbye. */
const LAST_MS = 1_000

/** Rejects with what makes it impossible to hash; while no coordinator is there it waits. */
export async function runWorker(options: WorkerOptions, signal: AbortSignal): Promise<WorkerEnd> {
  const { connection, id, about, onEvent } = options
  const stop = new AbortController()
  const sending = createSending(connection, id, stop.signal, ({ oprHash, nonce, difficulty }) =>
    onEvent({
      ...{ event: 'taken', oprHash: toHex(oprHash), nonce: toHex(nonce) },
      difficulty: hexOfDifficulty(difficulty),
    }),
  )
  let finish: (end: WorkerEnd) => void = () => undefined
  let giveUp: (error: unknown) => void = () => undefined
  const ended = new Promise<WorkerEnd>((resolve, reject) => ([finish, giveUp] = [resolve, reject]))
  const notice = (level: NoticeEvent['level'], code: string, message: string): void =>
    onEvent({ event: 'notice', level, code, message })
  const trouble = createTroubles(notice)

  const crew = createCrew({
    ...{ open: options.open, onEvent, notice },
    onHit: (hit, wanted) => sending.send(hit, wanted),
    onBare: () => {
      asking.hurry()
      asking.tick()
    },
    onLost: () => finish('failed'),
    onFailure: (error) => giveUp(error),
  })
  const asking = createAsking({
    ...{ connection, id },
    health: () => ({
      ...about,
      ...(crew.threads?.health ?? { bits: 0, hugePages: 0, kernel: '' }),
      hashes: crew.threads?.local.view.hashes ?? 0n,
      rate: { s10: crew.rate.windows.s10, s60: crew.rate.windows.s60, m15: crew.rate.windows.m15 },
    }),
    rate: () => crew.rate.total,
    hashing: () => crew.hashing,
    onAnswer: heard,
    onTrouble: (code, message) => trouble.tell(code, message),
  })
  const watch = watchJob(connection, (read) => {
    if ('wrong' in read)
      trouble.tell(
        'E_FARM_VERSION',
        `the job is ${WRONG_TEXTS[read.wrong]}; it waits for one that it can read`,
      )
    crew.take('wrong' in read ? null : read.message)
  })

  function heard({ refused, revision }: Answer): void {
    crew.tick()
    trouble.over('E_FARM_COORDINATOR')
    if (refused !== null) {
      notice('error', 'E_FARM_REFUSED', `the coordinator refuses this machine: ${refused}`)
      return finish('refused')
    }
    if (revision > watch.revision) look()
  }
  function look(): void {
    watch.look().then(
      () => trouble.over('E_FARM_CONNECT'),
      (error: unknown) => trouble.tell('E_FARM_CONNECT', `the job cannot be asked for: ${messageOf(error)}`),
    )
  }

  const timers = [
    setInterval(() => {
      crew.tick()
      asking.tick()
    }, options.tickMs ?? TICK_MS),
    setInterval(() => crew.sample(), SAMPLE_MS),
    setInterval(() => onEvent({ event: 'hashrate', ...crew.rate }), HASHRATE_MS),
  ]
  const interrupt = (): void => finish('interrupted')
  signal.addEventListener('abort', interrupt)
  if (signal.aborted) interrupt()
  look()
  void followConnection(connection, {
    onBack: look,
    onTrouble: (message) => trouble.tell('E_FARM_CONNECT', message),
  })
  try {
    return await ended
  } finally {
    timers.forEach((timer) => clearInterval(timer))
    signal.removeEventListener('abort', interrupt)
    watch.close()
    trouble.hush()
    crew.hashing?.halt()
    const last = new AbortController()
    await Promise.race([Promise.all([sending.idle(), asking.leave()]), sleep(LAST_MS, last.signal)])
    last.abort()
    stop.abort()
    await crew.stop()
  }
}

/** Says what is wrong once, until it is over. */
function createTroubles(notice: (level: 'warn', code: string, message: string) => void) {
  const lasting = new Set<string>()
  let hushed = false
  return {
    tell(code: string, message: string) {
      if (hushed || lasting.has(code)) return
      lasting.add(code)
      notice('warn', code, message)
    },
    over: (code: string) => void lasting.delete(code),
    /** At the end of a run everything fails. */
    hush() {
      hushed = true
    },
  }
}

interface ConnectionHooks {
  /** It was cut off, and is back: something may have been missed. */
  readonly onBack: () => void
  readonly onTrouble: (message: string) => void
}

async function followConnection(connection: NatsConnection, hooks: ConnectionHooks): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === 'reconnect') hooks.onBack()
    else if (status.type === 'disconnect') hooks.onTrouble(`the connection to ${status.server} is cut`)
    else if (status.type === 'error') hooks.onTrouble(messageOf(status.error))
  }
}
