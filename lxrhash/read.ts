/** Reads a ByteMap's file straight into the shared memory, hashing and counting on the way. */
import { createHash } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'
import { throwIfAborted } from './abort.js'
import { openCounts } from './counts.js'
import { fail, LxrError, systemCodeOf } from './errors.js'
import type { MapMemory } from './map-memory.js'

/** Bytes that are read, hashed and counted at once: a few milliseconds between two looks at the signal. */
const PIECE_BYTES = 2 ** 22

export interface Digest {
  /** Hex. */
  readonly sha256: string
  /** Whether each byte value occurs equally often; undefined if that was not counted. */
  readonly even: boolean | undefined
}

/** Undefined if there is no such file. Throws E_LXR_FILE_READ. */
export async function openForReading(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, 'r')
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw unreadable(file, error)
  }
}

/** Throws E_LXR_FILE_LENGTH, E_LXR_FILE_READ. */
export async function checkLength(handle: FileHandle, file: string, bytes: number): Promise<void> {
  const found = await handle.stat().catch((error: unknown) => {
    throw unreadable(file, error)
  })
  if (!found.isFile()) throw fail('E_LXR_FILE_READ', `${file} is not a file: remove it`)
  if (found.size !== bytes) throw wrongLength(file, found.size, bytes)
}

export interface ReadRun {
  readonly file: string
  /** Needless for a known map: its SHA-256 implies the counts. */
  readonly count: boolean
  readonly signal: AbortSignal | undefined
  readonly report: (done: number) => void
}

/**
 * Reads under way at once, while a piece is hashed. Most of their time goes into the memory that they fill, if the
 * machine has to give it first, and that goes on side by side.
 */
const AHEAD = 3

/** The next pieces are read while one is hashed. Throws E_LXR_FILE_READ, E_LXR_FILE_LENGTH, E_LXR_ABORTED. */
export async function readAndDigest(
  mapped: MapMemory,
  handle: FileHandle,
  { file, count, signal, report }: ReadRun,
): Promise<Digest> {
  const { map } = mapped
  const hash = createHash('sha256')
  const readPiece = async (at: number): Promise<Uint8Array> => {
    const piece = map.subarray(at, at + PIECE_BYTES)
    for (let got = 0; got < piece.length;) {
      const { bytesRead } = await handle.read(piece, got, piece.length - got, at + got)
      if (bytesRead === 0) throw wrongLength(file, at + got, map.length)
      got += bytesRead
    }
    return piece
  }

  const counts = count ? openCounts(mapped) : undefined
  const ahead: Promise<Uint8Array>[] = []
  let asked = 0
  const askNext = (): void => {
    if (asked >= map.length) return
    const piece = readPiece(asked)
    asked += PIECE_BYTES
    // Its failure is told when its turn comes.
    piece.catch(() => undefined)
    ahead.push(piece)
  }

  report(0)
  for (let k = 0; k < AHEAD; k++) askNext()
  try {
    for (let at = 0; at < map.length; at += PIECE_BYTES) {
      const piece = (await ahead.shift()) as Uint8Array
      throwIfAborted(signal)
      askNext()
      counts?.add(at, piece.length)
      hash.update(piece)
      report(at + piece.length)
    }
    return { sha256: hash.digest('hex'), even: await counts?.even() }
  } catch (error) {
    throw error instanceof LxrError ? error : unreadable(file, error)
  } finally {
    await Promise.allSettled([...ahead, counts?.close()])
  }
}

function wrongLength(file: string, found: number, wanted: number): LxrError {
  return fail(
    'E_LXR_FILE_LENGTH',
    `${file} has ${found} bytes instead of ${wanted}: delete it or run \`pegminer bytemap build --force\``,
  )
}

export function unreadable(file: string, error: unknown): LxrError {
  const reason = systemCodeOf(error) ?? (error instanceof Error ? error.message : String(error))
  return fail('E_LXR_FILE_READ', `cannot read ${file} (${reason}): check its permissions and the disk`, {
    cause: error,
  })
}
