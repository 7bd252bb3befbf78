/** The worker's questions to the coordinator: one at a time, each renews the lease and tells how the worker is. */
import type { NatsConnection } from '@nats-io/transport-node'
import { randomBytes } from 'node:crypto'
import { messageOf, monotonicMs } from '../../base/index.js'
import type { Hashing } from './hashing.js'
import { MOST_LEASES, readAnswer, SCHEMA, WRONG_TEXTS, write, type Answer, type Health } from './messages.js'
import { leaseSubject, type WorkerId } from './table.js'

export interface AskingParts {
  readonly connection: Pick<NatsConnection, 'request'>
  readonly id: WorkerId
  readonly health: () => Health
  /** Hashes a second; 0: not known yet. */
  readonly rate: () => number
  readonly hashing: () => Hashing | null
  /** `about`: the record that was at hand when it was asked. */
  readonly onAnswer: (answer: Answer) => void
  readonly onTrouble: (code: 'E_FARM_COORDINATOR' | 'E_FARM_VERSION', message: string) => void
}

/** A lease is renewed so often, and whenever counters run short. */
const ASK_MS = 2_000
const ANSWER_MS = 2_000
/** Between two questions at least, unless there is news. */
const PAUSE_MS = 250
/** It asks for more when what it has lasts for less than so long; while it does not know its rate, by number. */
const SHORT_SECONDS = 4
const SHORT_COUNTERS = 50_000n

export function createAsking(parts: AskingParts) {
  const { connection, id, hashing, rate } = parts
  let askedMs = -Infinity
  let underWay: Promise<void> | null = null
  let hurried = true
  const run = randomBytes(8).toString('hex')
  let number = 0

  async function ask(leaves = false): Promise<void> {
    const sentMs = (askedMs = monotonicMs())
    hurried = false
    const about = hashing()?.record ?? null
    const freed = hashing()?.takeFreed() ?? []
    const begunMs = hashing()?.begunMs ?? null
    const question = write({
      v: SCHEMA,
      ...{ health: parts.health(), oprHash: about?.oprHash ?? null, left: hashing()?.left ?? 0n },
      ...{ rate: rate(), freed: freed.slice(0, MOST_LEASES), leaves, run, number: ++number },
      ...{ ahead: hashing()?.ahead ?? null, hashedMs: begunMs === null ? null : sentMs - begunMs },
    })
    try {
      const reply = await connection.request(leaseSubject(id), question, { timeout: ANSWER_MS })
      const read = readAnswer(reply.data)
      if ('wrong' in read)
        return parts.onTrouble(
          'E_FARM_VERSION',
          `the coordinator's answer is ${WRONG_TEXTS[read.wrong]}; it waits`,
        )
      hashing()?.heard(read.message, about, sentMs)
      hurried ||= read.message.granted.length > 0 && isShort()
      parts.onAnswer(read.message)
    } catch (error) {
      hashing()?.keepFreed(freed, about)
      parts.onTrouble('E_FARM_COORDINATOR', `no coordinator answers: ${messageOf(error)}`)
    }
  }

  function isShort(): boolean {
    const at = hashing()
    if (at?.record == null) return false
    const known = rate()
    return at.left < (known === 0 ? SHORT_COUNTERS : BigInt(Math.ceil(known * SHORT_SECONDS)))
  }

  return {
    /** There is news: the next question comes at once. */
    hurry(): void {
      hurried = true
    },
    /** Asks, if it is time. */
    tick(): void {
      const waited = monotonicMs() - askedMs
      const due = hurried || waited >= ASK_MS || (waited >= PAUSE_MS && isShort())
      if (due) underWay ??= ask().finally(() => (underWay = null))
    },
    /** Tells that this machine leaves, and what it has not hashed. */
    async leave(): Promise<void> {
      await underWay
      await ask(true)
    },
  }
}
