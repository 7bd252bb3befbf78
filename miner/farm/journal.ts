/**
 * The publisher's journal on the server, line by line, for the coordinator that takes over. Each message is taken only
 * behind the last one that its writer knows, so an old coordinator that has not noticed its successor cannot write, and
 * what is not written here is not paid.
 */
import { jetstream, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { randomUUID } from 'node:crypto'
import { messageOf, sleep } from '../../base/index.js'
import type { JournalMirror } from '../../factom/index.js'
import { fail } from './errors.js'
import { isWrongRevision } from './jobs.js'
import { JOURNAL_STREAM, JOURNAL_SUBJECT } from './table.js'

export interface JournalParts {
  readonly connection: NatsConnection
  readonly manager: JetStreamManager
  /** Who takes over, for people who read the stream. */
  readonly name: string
  /** Aborted when this coordinator is not the active one. */
  readonly lost: AbortSignal
}

/** Entries of a day are some thousand; a line has two kilobytes. */
const LINES_A_MESSAGE = 200
const TIMEOUT_MS = 2_000
const TRIES = 3
const RETRY_MS = 200
/** Marks a message that holds no lines but says who has taken over. */
const TAKEN_OVER = '#'

/** Reads all of it, and shuts out who wrote before. Throws E_FARM_STORE. */
export async function takeJournalOver(parts: JournalParts): Promise<JournalMirror> {
  const { connection, manager, lost } = parts
  const stream = jetstream(connection)
  let last = 0

  async function write(text: string): Promise<void> {
    // With the same id an attempt whose reply was lost is not taken twice.
    const msgID = randomUUID()
    for (let attempt = 1; ; attempt++) {
      if (lost.aborted) throw fail('E_FARM_DEPOSED', 'this coordinator is not the active one any more')
      try {
        const expect = { lastSequence: last }
        last = (await stream.publish(JOURNAL_SUBJECT, text, { msgID, expect, timeout: TIMEOUT_MS })).seq
        return
      } catch (error) {
        if (isWrongRevision(error))
          throw fail('E_FARM_DEPOSED', 'another coordinator has written the journal', { cause: error })
        if (attempt === TRIES) throw fail('E_FARM_STORE', messageOf(error), { cause: error })
        await sleep(RETRY_MS, lost)
      }
    }
  }

  async function readAll(): Promise<string[]> {
    const { state } = await manager.streams.info(JOURNAL_STREAM)
    last = state.last_seq
    const lines: string[] = []
    if (state.messages === 0) return lines
    const messages = await (await stream.consumers.get(JOURNAL_STREAM)).consume({ max_messages: 1000 })
    for await (const message of messages) {
      const text = message.string()
      if (!text.startsWith(TAKEN_OVER)) lines.push(...text.split('\n').filter(Boolean))
      if (message.seq >= last) break
    }
    return lines
  }

  for (;;) {
    const kept = await readAll()
    try {
      await write(`${TAKEN_OVER} ${parts.name}`)
    } catch (error) {
      // The one before has written meanwhile: read that too.
      if ((error as { code?: unknown }).code !== 'E_FARM_DEPOSED' || lost.aborted) throw error
      continue
    }
    return {
      kept,
      async append(lines) {
        for (let at = 0; at < lines.length; at += LINES_A_MESSAGE)
          await write(lines.slice(at, at + LINES_A_MESSAGE).join(''))
      },
    }
  }
}
