/**
 * A ByteMap that is being built, kept on the disk: parameters, place, the generator's state, the map as it is, and the
 * SHA-256 of all that.
 */
import { createHash, type Hash } from 'node:crypto'
import { rm, stat, type FileHandle } from 'node:fs/promises'
import { throwIfAborted } from './abort.js'
import { fail, LxrError } from './errors.js'
import { startFile, type FileSystem } from './files.js'
import { mapBytes, type LxrParams } from './params.js'
import { openForReading } from './read.js'
import type { MapMemory } from './map-memory.js'

/** What was done last: `index` places of pass `pass`. */
export interface Place {
  readonly pass: number
  readonly index: number
}

export interface Checkpoint {
  readonly mapped: MapMemory
  readonly file: string
}

export const checkpointFileOf = (mapFile: string): string => `${mapFile}.part`

/** Changes when the layout below does. */
const MAGIC = 'LXRPART1'
const STATE_BYTES = 24
/** Magic, seed, bits, passes, pass, 4 bytes of nothing, index, the generator's state. */
const HEAD = { seed: 8, bits: 16, passes: 20, pass: 24, index: 32, state: 40, bytes: 64 }
const DIGEST_BYTES = 32
const PIECE_BYTES = 2 ** 22

/**
 * Writes a checkpoint in the place of an older one. Throws E_LXR_DISK_FULL, also if there would be no room for the map
 * itself afterwards, and E_LXR_FILE_WRITE, E_LXR_DIRECTORY. The older one is then as it was.
 */
export async function saveCheckpoint(
  { mapped, file }: Checkpoint,
  place: Place,
  fs: FileSystem,
): Promise<void> {
  const { map, params } = mapped
  const older = await stat(file).then(
    () => true,
    () => false,
  )
  const bytes = HEAD.bytes + map.length + DIGEST_BYTES
  const pending = await startFile(file, bytes + (older ? 0 : map.length), fs)
  const hash = createHash('sha256')
  const head = headOf(params, place)
  head.set(stateIn(mapped), HEAD.state)
  const write = async (piece: Uint8Array): Promise<void> => {
    const written = pending.write(piece)
    hash.update(piece)
    await written
  }
  await write(head)
  for (let at = 0; at < map.length; at += PIECE_BYTES) await write(map.subarray(at, at + PIECE_BYTES))
  await pending.write(hash.digest())
  await pending.commit()
}

/**
 * Reads a checkpoint into the map and generator. Undefined if there is none. Throws E_LXR_CHECKPOINT if it is
 * not one of this map, damaged or unreadable, and E_LXR_ABORTED; the map's bytes are then without meaning.
 */
export async function loadCheckpoint(
  { mapped, file }: Checkpoint,
  { signal, report }: { readonly signal: AbortSignal | undefined; readonly report: (done: number) => void },
): Promise<Place | undefined> {
  try {
    const handle = await openForReading(file)
    if (handle === undefined) return undefined
    try {
      return await read(mapped, handle, { signal, report })
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof LxrError && error.code !== 'E_LXR_FILE_READ') throw error
    throw unusable(error instanceof Error ? error.message : String(error))
  }
}

export async function removeCheckpoint(file: string): Promise<void> {
  await rm(file, { force: true }).catch(() => undefined)
}

async function read(
  mapped: MapMemory,
  handle: FileHandle,
  { signal, report }: { readonly signal: AbortSignal | undefined; readonly report: (done: number) => void },
): Promise<Place> {
  const { map, params } = mapped
  const { size } = await handle.stat()
  if (size !== HEAD.bytes + map.length + DIGEST_BYTES)
    throw unusable(`it has a wrong length of ${size} bytes`)
  const hash = createHash('sha256')
  const head = await fill(handle, new Uint8Array(HEAD.bytes), 0)
  const place = placeOf(head, params)
  hash.update(head)
  for (let at = 0; at < map.length; at += PIECE_BYTES) {
    throwIfAborted(signal)
    hash.update(await fill(handle, map.subarray(at, at + PIECE_BYTES), HEAD.bytes + at))
    report(Math.min(at + PIECE_BYTES, map.length))
  }
  const digest = await fill(handle, new Uint8Array(DIGEST_BYTES), HEAD.bytes + map.length)
  if (!sameBytes(hash, digest)) throw unusable('its check sum is wrong')
  stateIn(mapped).set(head.subarray(HEAD.state))
  return place
}

function headOf({ seed, bits, passes }: LxrParams, { pass, index }: Place): Uint8Array {
  const head = new Uint8Array(HEAD.bytes)
  const view = new DataView(head.buffer)
  head.set(Buffer.from(MAGIC, 'latin1'))
  view.setBigUint64(HEAD.seed, seed, true)
  view.setUint32(HEAD.bits, bits, true)
  view.setUint32(HEAD.passes, passes, true)
  view.setUint32(HEAD.pass, pass, true)
  view.setBigUint64(HEAD.index, BigInt(index), true)
  return head
}

function placeOf(head: Uint8Array, params: LxrParams): Place {
  const view = new DataView(head.buffer)
  const place = { pass: view.getUint32(HEAD.pass, true), index: Number(view.getBigUint64(HEAD.index, true)) }
  const own = headOf(params, place)
  if (Buffer.compare(head.subarray(0, HEAD.state), own.subarray(0, HEAD.state)) !== 0) {
    throw unusable('it belongs to another map or another version of the program')
  }
  if (place.pass >= params.passes || place.index > mapBytes(params)) throw unusable('it holds a wrong place')
  return place
}

/** The generator's three words. */
function stateIn({ memory, scratch, functions }: MapMemory): Uint8Array {
  return new Uint8Array(memory.buffer, scratch + functions.layout.GEN_OFFSET, STATE_BYTES)
}

async function fill(handle: FileHandle, bytes: Uint8Array, position: number): Promise<Uint8Array> {
  for (let got = 0; got < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, got, bytes.length - got, position + got)
    if (bytesRead === 0) throw unusable('it is too short')
    got += bytesRead
  }
  return bytes
}

function sameBytes(hash: Hash, digest: Uint8Array): boolean {
  return Buffer.compare(hash.digest(), digest) === 0
}

function unusable(reason: string): LxrError {
  return fail('E_LXR_CHECKPOINT', reason)
}
