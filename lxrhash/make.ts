/** Builds a ByteMap and saves it: from a checkpoint if there is one, with a new one now and then. */
import { createHash } from 'node:crypto'
import { throwIfAborted } from './abort.js'
import { CHECKPOINTS, generateByteMap } from './build.js'
import {
  checkpointFileOf,
  loadCheckpoint,
  removeCheckpoint,
  saveCheckpoint,
  type Checkpoint,
  type Place,
} from './checkpoint.js'
import { fail, LxrError } from './errors.js'
import { NODE_FILES, removeLeftovers, startFile, type PendingFile } from './files.js'
import { knownSha256 } from './known.js'
import type { LoadedMap } from './load.js'
import { byteMapFile, mapBytes, type LxrParams } from './params.js'
import { progressOf } from './progress.js'
import { writeSideFile } from './proof.js'
import { createMapMemory, type MapMemory } from './map-memory.js'
import type { BuildOptions } from './shapes.js'

/** Bytes that are written and hashed at once. */
const PIECE_BYTES = 2 ** 22

/**
 * For the holder of the map's lock. Throws E_LXR_DIRECTORY, E_LXR_DISK_FULL, E_LXR_FILE_WRITE, E_LXR_SLOT,
 * E_LXR_MEMORY, E_LXR_KERNEL, E_LXR_ABORTED.
 */
export async function makeByteMap(params: LxrParams, options: BuildOptions): Promise<LoadedMap> {
  const { dir, signal, fileSystem = NODE_FILES, timing } = options
  const file = byteMapFile(params, dir)
  const known = knownSha256(params)
  const { least } = timing?.checkpoints ?? CHECKPOINTS
  throwIfAborted(signal)
  await removeLeftovers(file)
  const pending = await startFile(file, mapBytes(params), fileSystem)
  try {
    const mapped = await createMapMemory(params, options)
    const checkpoint = { mapped, file: checkpointFileOf(file) }
    const begun = performance.now()
    await generate(checkpoint, options)
    // A map that took long to build is saved even if the program was just interrupted.
    const interruptible = performance.now() - begun < least
    const sha256 = await writeMap(
      mapped,
      pending,
      interruptible ? options : { ...options, signal: undefined },
    )
    if (known !== undefined && known !== sha256) {
      await removeCheckpoint(checkpoint.file)
      throw fail(
        'E_LXR_KERNEL',
        `the map that was built has SHA-256 ${sha256} instead of ${known}: check the memory`,
      )
    }
    // The side file comes first: a map without its SHA-256 could be checked less well.
    if (known === undefined) await writeSideFile(file, sha256, fileSystem)
    await pending.commit()
    await removeCheckpoint(checkpoint.file)
    throwIfAborted(signal)
    return { mapped, file, sha256, proof: known === undefined ? 'side file' : 'known' }
  } finally {
    await pending.discard()
  }
}

async function generate(checkpoint: Checkpoint, options: BuildOptions): Promise<void> {
  const { signal, onProgress, onNotice, fileSystem = NODE_FILES, timing } = options
  const percentOf = ({ pass, index }: Place): number => {
    const { map, params } = checkpoint.mapped
    return Math.floor((100 * (pass + index / map.length)) / params.passes)
  }
  let failed = false
  const keep = async (place: Place): Promise<void> => {
    try {
      await saveCheckpoint(checkpoint, place, fileSystem)
      if (signal?.aborted) {
        const message = `kept at ${percentOf(place)} %: the next build goes on from there`
        onNotice?.({ level: 'info', code: 'E_LXR_CHECKPOINT', message })
      }
    } catch (error) {
      // The build goes on without checkpoints; it is said once.
      const reason = error instanceof Error ? error.message : String(error)
      const message = `no checkpoint of the ByteMap: ${reason}`
      if (!failed) onNotice?.({ level: 'warn', code: 'E_LXR_CHECKPOINT', message })
      failed = true
    }
  }
  const from = await resume(checkpoint, options)
  if (from !== undefined) {
    const message = `going on at ${percentOf(from)} %, from ${checkpoint.file}`
    onNotice?.({ level: 'info', code: 'E_LXR_CHECKPOINT', message })
  }
  await generateByteMap(checkpoint.mapped, { signal, onProgress, from, timing: timing?.checkpoints, keep })
}

/** Undefined if there is no checkpoint, or none that can be used; that one is removed. */
async function resume(
  checkpoint: Checkpoint,
  { signal, onProgress, onNotice }: BuildOptions,
): Promise<Place | undefined> {
  const report = progressOf(onProgress, 'resume', checkpoint.mapped.map.length)
  try {
    return await loadCheckpoint(checkpoint, { signal, report })
  } catch (error) {
    if (!(error instanceof LxrError) || error.code !== 'E_LXR_CHECKPOINT') throw error
    const message = `${checkpoint.file} is discarded, the build begins anew: ${error.message}`
    onNotice?.({ level: 'warn', code: 'E_LXR_CHECKPOINT', message })
    await removeCheckpoint(checkpoint.file)
    return undefined
  }
}

/** Writes the map, not yet under its name. Returns its SHA-256. */
async function writeMap(
  { map }: MapMemory,
  pending: PendingFile,
  { signal, onProgress }: Pick<BuildOptions, 'signal' | 'onProgress'>,
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
