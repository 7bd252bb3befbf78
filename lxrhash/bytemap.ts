/** Opening, building and checking ByteMaps. */
import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { awaitLock, type AwaitedLock, type LockTiming } from '../base/index.js'
import { throwIfAborted } from './abort.js'
import { chooseKernel } from './choose.js'
import { checkpointFileOf, removeCheckpoint } from './checkpoint.js'
import { fail, LxrError, systemCodeOf } from './errors.js'
import { directoryError, makeDirectory, NODE_FILES } from './files.js'
import { createHasher, sharedByteMap } from './hasher.js'
import { loadByteMap, type LoadedMap } from './load.js'
import { makeByteMap } from './make.js'
import { byteMapFile, mapBytes, type LxrParams } from './params.js'
import { proofOf, type Proof } from './proof.js'
import { unreadable } from './read.js'
import type { BuildOptions, ByteMapFacts, ByteMapOptions, OpenByteMap, OpenOptions } from './shapes.js'

/**
 * Reads the ByteMap's file into shared memory and checks it, or builds and saves it if there is none. A file that is
 * damaged or of the wrong length is left as it is. While another process builds the same map, it waits for that.
 *
 * Throws E_LXR_FILE_MISSING, E_LXR_FILE_LENGTH, E_LXR_FILE_DAMAGED, E_LXR_FILE_READ, E_LXR_SLOT, E_LXR_MEMORY,
 * E_LXR_KERNEL, E_LXR_ABORTED, and what `buildByteMap` throws.
 */
export async function openByteMap(params: LxrParams, options: OpenOptions): Promise<OpenByteMap> {
  const begun = timeNow()
  const loaded = await loadByteMap(params, options, 'open')
  if (loaded !== undefined) {
    await dropOldCheckpoint(loaded.file)
    return openMap(loaded, 'opened', begun, options)
  }
  if (options.build === false) throw missing(byteMapFile(params, options.dir))
  return locked(params, options, async () => {
    // Another process may have built it meanwhile.
    const found = await loadByteMap(params, options, 'open')
    if (found !== undefined) return openMap(found, 'opened', begun, options)
    return openMap(await makeByteMap(params, options), 'built', begun, options)
  })
}

/**
 * Builds the ByteMap and saves it, in place of any file that is there; a build that was interrupted goes on from its
 * checkpoint. If another process is just building it, that one's map is opened instead. Throws E_LXR_DIRECTORY,
 * E_LXR_DISK_FULL, E_LXR_FILE_WRITE, all of them before the building where that can be known; E_LXR_SLOT,
 * E_LXR_MEMORY, E_LXR_KERNEL, E_LXR_ABORTED.
 */
export async function buildByteMap(params: LxrParams, options: BuildOptions): Promise<OpenByteMap> {
  const begun = timeNow()
  return locked(params, options, async ({ waited }) => {
    const found = waited ? await loadIfWhole(params, options) : undefined
    if (found !== undefined) return openMap(found, 'opened', begun, options)
    return openMap(await makeByteMap(params, options), 'built', begun, options)
  })
}

/** Checks the file as `openByteMap` does and builds nothing. Throws the same. */
export async function verifyByteMapFile(
  params: LxrParams,
  options: ByteMapOptions = {},
): Promise<ByteMapFacts> {
  const begun = performance.now()
  const loaded = await loadByteMap(params, { ...options, slots: 1 }, 'verify')
  if (loaded === undefined) throw missing(byteMapFile(params, options.dir))
  const { file, sha256, proof } = loaded
  return { file, sha256, proof, milliseconds: performance.now() - begun }
}

export interface ByteMapInfo {
  readonly file: string
  readonly params: LxrParams
  /** The length that the file must have. */
  readonly bytes: number
  /** The length that it has; null if there is none. */
  readonly fileBytes: number | null
  /** The right SHA-256, and where it comes from. */
  readonly proof: Proof
}

/** Facts that need no reading of the map. Throws E_LXR_FILE_READ, E_LXR_FILE_DAMAGED (side file). */
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

/** A builder is busy: it may be late with its beat. */
const LOCK_TIMING: LockTiming = { beat: 10_000, silent: 60_000, look: 250 }
const lockFileOf = (file: string): string => `${file}.lock`

/** Does the work while no other process builds this map. */
export async function locked<T>(
  params: LxrParams,
  { dir, signal, onProgress, onNotice, fileSystem = NODE_FILES, timing }: Omit<BuildOptions, 'slots'>,
  work: (lock: AwaitedLock) => Promise<T>,
): Promise<T> {
  const file = byteMapFile(params, dir)
  const folder = dirname(file)
  let waiting = false
  const lock = await makeDirectory(folder, fileSystem)
    .then(() =>
      awaitLock(lockFileOf(file), {
        signal,
        timing: { ...LOCK_TIMING, ...timing?.lock },
        onWait: (pid) => {
          const total = mapBytes(params)
          onProgress?.({ phase: 'wait', done: 0, total, perSecond: 0, secondsLeft: Infinity })
          if (waiting) return
          waiting = true
          const message = `process ${pid} is building this ByteMap: waiting for it`
          onNotice?.({ level: 'info', code: 'E_LXR_LOCKED', message })
        },
      }),
    )
    .catch((error: unknown) => {
      throwIfAborted(signal)
      throw error instanceof LxrError ? error : directoryError(folder, error)
    })
  try {
    return await work(lock)
  } finally {
    lock.release()
  }
}

/** A process that is killed between saving the map and ending leaves its checkpoint. */
async function dropOldCheckpoint(file: string): Promise<void> {
  const checkpoint = checkpointFileOf(file)
  if (existsSync(checkpoint) && !existsSync(lockFileOf(file))) await removeCheckpoint(checkpoint)
}

/** A damaged file is going to be replaced. */
async function loadIfWhole(params: LxrParams, options: BuildOptions): Promise<LoadedMap | undefined> {
  try {
    return await loadByteMap(params, options, 'open')
  } catch (error) {
    if (error instanceof LxrError && error.code.startsWith('E_LXR_FILE_')) return undefined
    throw error
  }
}

interface Time {
  /** By the clock, ms. */
  readonly wall: number
  /** Processor time of the system for this process, ms. */
  readonly system: number
}

const timeNow = (): Time => ({ wall: performance.now(), system: process.cpuUsage().system / 1000 })

function openMap(
  { mapped, file, sha256, proof }: LoadedMap,
  origin: 'opened' | 'built',
  begun: Time,
  options: BuildOptions,
): OpenByteMap {
  const pages = mapped.hugePages.report(mapped.map.length)
  const now = timeNow()
  const took = { milliseconds: now.wall - begun.wall, systemMilliseconds: now.system - begun.system }
  const portable = sharedByteMap(mapped)
  const chosen = chooseKernel(portable, options.kernel ?? portable.kernel, options.choose)
  const { kernel, prefetch } = chosen
  const lanes = options.lanes ?? null
  // Refuses lanes that there are not.
  if (lanes !== null) createHasher(portable, 0, { lanes })
  return { ...portable, kernel, prefetch, lanes, chosen, file, sha256, proof, origin, pages, ...took }
}

function missing(file: string) {
  return fail('E_LXR_FILE_MISSING', `there is no ${file}: build it with \`pegminer bytemap build\``)
}
