/** Fetches a ByteMap's file from elsewhere, piece by piece, instead of building it. */
import { createHash, type Hash } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { throwIfAborted } from './abort.js'
import { locked } from './bytemap.js'
import { fail, LxrError } from './errors.js'
import { checkRoom, NODE_FILES, fetchedFileOf, syncDirectory, writeAll, writeError } from './files.js'
import { knownSha256 } from './known.js'
import { byteMapFile, mapBytes, type LxrParams } from './params.js'
import { progressOf } from './progress.js'
import type { ByteMapOptions } from './shapes.js'

export interface MapSource {
  /** Of each piece; the last one may have less. */
  readonly pieceBytes: number
  /** Null: there is no such piece. Rejects if it cannot be had. */
  read(piece: number): Promise<Uint8Array | null>
}

export interface FetchOptions extends ByteMapOptions {
  /** A source that is slower is given up: building is faster. Default: 8 MiB a second. */
  readonly leastPerSecond?: number
  /** For so long it may be slower. Default: ten seconds. */
  readonly patienceMs?: number
}

/** Pieces under way at once, so that the way to the source costs no time. */
const AHEAD = 4
const LEAST_PER_SECOND = 8 * 2 ** 20
const PATIENCE_MS = 10_000

/**
 * Whether there is a file of the ByteMap then: `there` before, `fetched` now. It is taken only if its SHA-256 is the one
 * that this program knows for these parameters, whatever the source says of it.
 *
 * Throws E_LXR_FETCH, E_LXR_DIRECTORY, E_LXR_DISK_FULL, E_LXR_FILE_WRITE, E_LXR_ABORTED.
 */
export async function fetchByteMap(
  params: LxrParams,
  source: MapSource,
  options: FetchOptions,
): Promise<'there' | 'fetched'> {
  const file = byteMapFile(params, options.dir)
  if (existsSync(file)) return 'there'
  const sha256 = knownSha256(params)
  if (sha256 === undefined)
    throw fail('E_LXR_FETCH', 'the SHA-256 of this ByteMap is not known, so it could not be checked')
  return locked(params, options, async () => {
    // Another process may have built it meanwhile.
    if (existsSync(file)) return 'there'
    const part = fetchedFileOf(file)
    await fetchPart(params, source, { ...options, part, sha256 }).catch(async (error: unknown) => {
      // Only what was interrupted is gone on with.
      if (error instanceof LxrError && error.code === 'E_LXR_FETCH') await rm(part, { force: true })
      throw error
    })
    await rename(part, file).catch((error: unknown) => {
      throw writeError(file, error)
    })
    await syncDirectory(dirname(file), NODE_FILES)
    return 'fetched'
  })
}

interface FetchRun extends FetchOptions {
  readonly part: string
  readonly sha256: string
}

/** All of it, and it is right. */
async function fetchPart(params: LxrParams, source: MapSource, run: FetchRun): Promise<void> {
  const { part, sha256, signal } = run
  const total = mapBytes(params)
  const handle = await open(part, constants.O_RDWR | constants.O_CREAT, 0o644).catch((error: unknown) => {
    throw writeError(part, error)
  })
  try {
    const hash = createHash('sha256')
    const { size } = await handle.stat()
    const first = Math.floor(Math.min(size, total) / source.pieceBytes)
    await checkRoom(dirname(part), part, total - first * source.pieceBytes, NODE_FILES)
    await readPieces({ handle, hash, pieceBytes: source.pieceBytes, signal }, first)
    await handle.truncate(first * source.pieceBytes)
    await fetchPieces({ handle, hash, total, first }, source, run)
    if (hash.digest('hex') !== sha256)
      throw fail('E_LXR_FETCH', `what was fetched is not the ByteMap: its SHA-256 is not ${sha256}`)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

interface Kept {
  readonly handle: FileHandle
  readonly hash: Hash
  readonly pieceBytes: number
  readonly signal: AbortSignal | undefined
}

async function readPieces({ handle, hash, pieceBytes, signal }: Kept, count: number): Promise<void> {
  const piece = Buffer.alloc(pieceBytes)
  for (let at = 0; at < count; at++) {
    throwIfAborted(signal)
    const { bytesRead } = await handle.read(piece, 0, pieceBytes, at * pieceBytes)
    hash.update(piece.subarray(0, bytesRead))
  }
}

interface Rest {
  readonly handle: FileHandle
  readonly hash: Hash
  readonly total: number
  /** Piece that comes next. */
  readonly first: number
}

async function fetchPieces(
  { handle, hash, total, first }: Rest,
  source: MapSource,
  run: FetchRun,
): Promise<void> {
  const { signal, onProgress, part, leastPerSecond = LEAST_PER_SECOND, patienceMs = PATIENCE_MS } = run
  const { pieceBytes } = source
  const pieces = Math.ceil(total / pieceBytes)
  const report = progressOf(onProgress, 'fetch', total)
  const begunMs = performance.now()
  const ahead: Promise<Uint8Array | null>[] = []
  let asked = first
  const askNext = (): void => {
    if (asked >= pieces) return
    const piece = source.read(asked++)
    // Its failure is told when its turn comes.
    piece.catch(() => undefined)
    ahead.push(piece)
  }
  for (let n = 0; n < AHEAD; n++) askNext()
  report(first * pieceBytes)
  for (let at = first; at < pieces; at++) {
    throwIfAborted(signal)
    const piece = await (ahead.shift() as Promise<Uint8Array | null>).catch((error: unknown) => {
      throw fail('E_LXR_FETCH', `the ByteMap cannot be fetched: ${String(error)}`, { cause: error })
    })
    throwIfAborted(signal)
    if (piece === null) throw fail('E_LXR_FETCH', `the source has no piece ${at} of the ByteMap`)
    if (piece.length !== Math.min(pieceBytes, total - at * pieceBytes))
      throw fail('E_LXR_FETCH', `piece ${at} of the ByteMap has ${piece.length} bytes`)
    askNext()
    hash.update(piece)
    await writeAll(handle, piece, at * pieceBytes).catch((error: unknown) => {
      throw writeError(part, error)
    })
    const done = at * pieceBytes + piece.length
    report(done)
    const tookMs = performance.now() - begunMs
    if (tookMs > patienceMs && ((done - first * pieceBytes) * 1000) / tookMs < leastPerSecond)
      throw fail('E_LXR_FETCH', 'the source is slower than building the ByteMap')
  }
}
