/** The ByteMap on the server: offered by the coordinator, fetched by workers that have none. */
import { jetstream, JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { open } from 'node:fs/promises'
import { sleep } from '../../base/index.js'
import type { MapSource } from '../../lxrhash/index.js'
import { persist } from './persist.js'
import { MAP_PIECE_BYTES, MAP_STREAM, mapConfig, mapGetSubject, mapSubject } from './table.js'

export interface OfferParts {
  readonly connection: NatsConnection
  readonly manager: JetStreamManager
  readonly byteMap: {
    readonly file: string
    readonly sha256: string
    readonly params: { readonly bits: number }
  }
  readonly signal: AbortSignal
  readonly onTrouble: (reason: string) => void
}

const RETRY_MS = 2_000
const TIMEOUT_MS = 5_000

/** Puts it on the server, from where an earlier attempt has ended. Resolves when all is there, or the signal is aborted. */
export async function offerMap(parts: OfferParts): Promise<void> {
  const onTrouble = (reason: string): void => parts.onTrouble(`the ByteMap cannot be offered: ${reason}`)
  await persist(() => putPieces(parts), RETRY_MS, { signal: parts.signal, onTrouble })
}

async function putPieces({ connection, manager, byteMap, signal }: OfferParts): Promise<void> {
  const { file, sha256, params } = byteMap
  const bytes = 2 ** params.bits
  const stream = jetstream(connection)
  const first = await openStream(manager, sha256, bytes)
  const handle = await open(file, 'r')
  try {
    for (let piece = first; piece * MAP_PIECE_BYTES < bytes && !signal.aborted; piece++) {
      const text = Buffer.alloc(Math.min(MAP_PIECE_BYTES, bytes - piece * MAP_PIECE_BYTES))
      await handle.read(text, 0, text.length, piece * MAP_PIECE_BYTES)
      // Behind the one before only: of two coordinators one goes on where the other one is.
      const expect = { lastSequence: piece }
      await stream.publish(mapSubject(sha256, piece), text, { expect, timeout: TIMEOUT_MS })
    }
  } finally {
    await handle.close()
  }
}

/** How many pieces of this map are there. Those of another one are removed. */
async function openStream(manager: JetStreamManager, sha256: string, bytes: number): Promise<number> {
  const config = mapConfig(sha256, bytes)
  const found = await manager.streams.info(MAP_STREAM).catch((error: unknown) => {
    if (error instanceof JetStreamApiError && error.code === NO_STREAM) return null
    throw error
  })
  if (found !== null && found.config.subjects.join() === config.subjects.join()) return found.state.last_seq
  if (found !== null) await manager.streams.delete(MAP_STREAM)
  await manager.streams.add(config)
  return 0
}

/** The server's code for a stream that there is not. */
const NO_STREAM = 10059
/** The status of a reply that says that there is no such piece. */
const NOTHING = 404
/** A piece that the coordinator has not put there yet. */
const SOON_MS = 500
const SOON_TRIES = 40
/** If there is not even a first one after so many, none will come. */
const FIRST_TRIES = 4

/** Whether the coordinator offers the ByteMap of that SHA-256. */
export async function isMapOffered(
  connection: Pick<NatsConnection, 'request'>,
  sha256: string,
): Promise<boolean> {
  // Without the stream nothing answers.
  const first = await serverMap(connection, sha256)
    .read(0)
    .catch(() => null)
  return first !== null
}

/** The server's ByteMap of that SHA-256, which its reader must check. */
export function serverMap(connection: Pick<NatsConnection, 'request'>, sha256: string): MapSource {
  return {
    pieceBytes: MAP_PIECE_BYTES,
    async read(piece) {
      for (let left = piece === 0 ? FIRST_TRIES : SOON_TRIES; left > 0; left--) {
        const reply = await connection.request(mapGetSubject(sha256, piece), '', { timeout: TIMEOUT_MS })
        if (reply.headers?.code !== NOTHING) return reply.data
        await sleep(SOON_MS)
      }
      return null
    },
  }
}
