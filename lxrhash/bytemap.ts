/** Opening, building and checking ByteMaps: memory, file and proof brought together. */
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { throwIfAborted } from './abort.js'
import { generateByteMap } from './build.js'
import { fail, systemCodeOf } from './errors.js'
import { NODE_FILES, startFile, type FileSystem, type PendingFile } from './files.js'
import type { SharedByteMap } from './hasher.js'
import { knownSha256 } from './known.js'
import type { Pages } from './pages.js'
import { byteMapFile, mapBytes, type LxrParams } from './params.js'
import { progressOf, type ProgressListener } from './progress.js'
import { proofOf, writeSideFile, type Proof, type ProofOrigin } from './proof.js'
import { checkLength, openForReading, readAndDigest, unreadable } from './read.js'
import { createRoom, type Room } from './room.js'

/** What is known of a ByteMap that was checked. */
export interface ByteMapFacts {
  readonly file: string
  /** Hex. */
  readonly sha256: string
  /** What the SHA-256 was held against. */
  readonly proof: ProofOrigin
  /** What opening, building or checking took. */
  readonly milliseconds: number
}

/** A ByteMap in memory, checked. */
export interface OpenByteMap extends SharedByteMap, ByteMapFacts {
  readonly origin: 'opened' | 'built'
  readonly pages: Pages
}

export interface ByteMapOptions {
  /** Default: ~/.lxrhash, shared with the reference. */
  readonly dir?: string
  readonly signal?: AbortSignal
  readonly onProgress?: ProgressListener
}

export interface BuildOptions extends ByteMapOptions {
  /** How many hashers may exist at once. */
  readonly slots: number
  /** Whether to ask the system for huge pages, which make hashing faster. Default: yes. */
  readonly hugePages?: boolean
  /** What files are written with. Default: Node's. */
  readonly fileSystem?: FileSystem
}

export interface OpenOptions extends BuildOptions {
  /** Whether to build and save the map if there is no file. Default: yes. */
  readonly build?: boolean
}

/** Bytes that are written and hashed at once. */
const PIECE_BYTES = 2 ** 22

/**
 * Reads the ByteMap's file into shared memory and checks it, or builds and saves it if there is none. A file that is
 * damaged or of the wrong length is left as it is.
 *
 * Throws E_LXR_FILE_MISSING, E_LXR_FILE_LENGTH, E_LXR_FILE_DAMAGED, E_LXR_FILE_READ, E_LXR_SLOT, E_LXR_MEMORY,
 * E_LXR_KERNEL, E_LXR_ABORTED, and what `buildByteMap` throws.
 */
export async function openByteMap(params: LxrParams, options: OpenOptions): Promise<OpenByteMap> {
  const begun = performance.now()
  const read = await readByteMap(params, options, 'open')
  if (read !== undefined) {
    const { room, ...facts } = read
    return { ...ready(room, begun), ...facts, origin: 'opened' }
  }
  if (options.build === false) throw missing(byteMapFile(params, options.dir))
  return buildByteMap(params, options)
}

/**
 * Builds the ByteMap and saves it, in place of any file that is there. Throws E_LXR_DIRECTORY, E_LXR_DISK_FULL,
 * E_LXR_FILE_WRITE, all of them before the building where that can be known; E_LXR_SLOT, E_LXR_MEMORY, E_LXR_KERNEL,
 * E_LXR_ABORTED.
 */
export async function buildByteMap(params: LxrParams, options: BuildOptions): Promise<OpenByteMap> {
  const begun = performance.now()
  const { dir, fileSystem = NODE_FILES } = options
  const file = byteMapFile(params, dir)
  const known = knownSha256(params)
  throwIfAborted(options.signal)
  const pending = await startFile(file, mapBytes(params), fileSystem)
  try {
    const room = await createRoom(params, options)
    await generateByteMap(room, options)
    const sha256 = await writeMap(room, pending, options)
    if (known !== undefined && known !== sha256) {
      throw fail(
        'E_LXR_KERNEL',
        `the map that was built has SHA-256 ${sha256} instead of ${known}: check the memory`,
      )
    }
    // The proof first: a map without one would be trusted less.
    if (known === undefined) await writeSideFile(file, sha256, fileSystem)
    await pending.commit()
    const proof = known === undefined ? 'side file' : 'known'
    return { ...ready(room, begun), file, sha256, proof, origin: 'built' }
  } finally {
    await pending.discard()
  }
}

/** Checks the file as `openByteMap` does and builds nothing. Throws the same. */
export async function verifyByteMapFile(
  params: LxrParams,
  options: ByteMapOptions = {},
): Promise<ByteMapFacts> {
  const begun = performance.now()
  const read = await readByteMap(params, { ...options, slots: 1 }, 'verify')
  if (read === undefined) throw missing(byteMapFile(params, options.dir))
  const { file, sha256, proof } = read
  return { file, sha256, proof, milliseconds: performance.now() - begun }
}

export interface ByteMapInfo {
  readonly file: string
  readonly params: LxrParams
  /** The length that the file must have. */
  readonly bytes: number
  /** The length that it has; null if there is none. */
  readonly fileBytes: number | null
  /** What its SHA-256 should be, and who says so. */
  readonly proof: Proof
}

/** What can be said without reading the map. Throws E_LXR_FILE_READ, E_LXR_FILE_DAMAGED (side file). */
export async function byteMapInfo(params: LxrParams, dir?: string): Promise<ByteMapInfo> {
  const file = byteMapFile(params, dir)
  const fileBytes = await stat(file).then(
    ({ size }) => size,
    (error: unknown) => {
      if (systemCodeOf(error) === 'ENOENT') return null
      throw unreadable(file, error)
    },
  )
  return { file, params, bytes: mapBytes(params), fileBytes, proof: await proofOf(params, file) }
}

interface ReadMap {
  readonly room: Room
  readonly file: string
  readonly sha256: string
  readonly proof: ProofOrigin
}

/** Undefined if there is no file. */
async function readByteMap(
  params: LxrParams,
  options: BuildOptions,
  phase: 'open' | 'verify',
): Promise<ReadMap | undefined> {
  const { dir, signal, onProgress } = options
  throwIfAborted(signal)
  const file = byteMapFile(params, dir)
  const handle = await openForReading(file)
  if (handle === undefined) return undefined
  try {
    await checkLength(handle, file, mapBytes(params))
    const proof = await proofOf(params, file)
    const room = await createRoom(params, options)
    const report = progressOf(onProgress, phase, mapBytes(params))
    const { sha256, even } = await readAndDigest(room, handle, { file, signal, report })
    if (!even || (proof.sha256 !== undefined && proof.sha256 !== sha256)) {
      throw fail(
        'E_LXR_FILE_DAMAGED',
        `${file} is damaged: delete it or run \`pegminer bytemap build --force\``,
        {
          details: { file, sha256, expected: proof.sha256 ?? null, even },
        },
      )
    }
    return { room, file, sha256, proof: proof.origin }
  } finally {
    await handle.close()
  }
}

/** Writes the map, not yet under its name. Returns its SHA-256. */
async function writeMap(
  { map }: Room,
  pending: PendingFile,
  { signal, onProgress }: ByteMapOptions,
): Promise<string> {
  const report = progressOf(onProgress, 'save', map.length)
  const hash = createHash('sha256')
  for (let at = 0; at < map.length; at += PIECE_BYTES) {
    throwIfAborted(signal)
    const piece = map.subarray(at, at + PIECE_BYTES)
    const written = pending.write(piece)
    hash.update(piece)
    await written
    report(at + piece.length)
  }
  throwIfAborted(signal)
  return hash.digest('hex')
}

function ready({ memory, module, params, slots, hugePages, map }: Room, begun: number) {
  const pages = hugePages.report(map.length)
  return { memory, module, params, slots, pages, milliseconds: performance.now() - begun }
}

function missing(file: string) {
  return fail('E_LXR_FILE_MISSING', `there is no ${file}: build it with \`pegminer bytemap build\``)
}
