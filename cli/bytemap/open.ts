/** What the commands have in common when they open or build a ByteMap: parameters, progress, the `bytemap` event. */
import { hexOfWord } from '../../base/index.js'
import type { Settings } from '../../config/index.js'
import {
  fetchByteMap,
  lxrParams,
  LxrError,
  openByteMap,
  type ChooseOptions,
  type KernelChoice,
  type MapSource,
  type LxrParams,
  type OpenByteMap,
} from '../../lxrhash/index.js'
import type { CommandContext } from '../program/context.js'
import { bytesText } from '../view/format.js'
import { BESIDE, requireMemory } from '../service/memory.js'
import { createProgress } from '../view/progress.js'

type LxrKeys = 'lxrhash.bits' | 'lxrhash.seed' | 'lxrhash.passes' | 'lxrhash.hashBits'

/** Throws `E_LXR_…` for parameters that do not go together. */
export function paramsOf(settings: Partial<Pick<Settings, LxrKeys>>): LxrParams {
  const given = {
    bits: settings['lxrhash.bits'],
    seed: settings['lxrhash.seed'],
    passes: settings['lxrhash.passes'],
    hashBits: settings['lxrhash.hashBits'],
  }
  return lxrParams(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)))
}

/** The lanes as `openMap` takes them. */
export function lanesOf(settings: Pick<Settings, 'lxrhash.lanes'>): { readonly lanes?: number } {
  const lanes = settings['lxrhash.lanes']
  return lanes === 'auto' ? {} : { lanes }
}

export interface OpenMapOptions {
  readonly params: LxrParams
  /** How many hashers there will be. */
  readonly slots: number
  /** Build it if it is not there. Default: yes. */
  readonly build?: boolean
  /** Bytes of memory that the command takes besides. */
  readonly beside?: number
  /** What hashers use unless told otherwise. Default: the best portable one. */
  readonly kernel?: KernelChoice
  readonly lanes?: number | undefined
  readonly choose?: ChooseOptions
}

type Context = Pick<CommandContext<'lxrhash.dir'>, 'settings' | 'output' | 'log' | 'stderr' | 'signal'>

/** Fetches the ByteMap's file, if there is none, and shows how far it is. If that fails it says why; then it is built. */
export async function fetchMap(context: Context, params: LxrParams, source: MapSource): Promise<void> {
  const progress = createProgress(context, mapText(params))
  const { settings, signal } = context
  try {
    await fetchByteMap(params, source, { dir: settings['lxrhash.dir'], signal, onProgress: progress.show })
  } catch (error) {
    if (!(error instanceof LxrError) || error.code !== 'E_LXR_FETCH') throw error
    progress.notice({ level: 'warn', code: error.code, message: `${error.message}; it is built instead` })
  } finally {
    progress.end()
  }
}

const mapText = ({ bits }: LxrParams): string => `ByteMap 2^${bits} (${bytesText(2 ** bits)})`

/** Opens the ByteMap, or builds it, and shows how far it is: a bar on a terminal, else log lines; with `--json` events. */
export async function openMap(
  context: Context,
  { params, slots, build = true, beside = BESIDE.hashing, ...kernel }: OpenMapOptions,
): Promise<OpenByteMap> {
  const { output, signal } = context
  requireMemory({ map: 2 ** params.bits, beside }, (text) => context.log.warn(text))
  const progress = createProgress(context, mapText(params))
  try {
    const map = await openByteMap(params, {
      ...{ dir: context.settings['lxrhash.dir'], slots, build, ...kernel, signal },
      onProgress: progress.show,
      onNotice: progress.notice,
    })
    output.event({ event: 'bytemap', phase: 'ready', ...factsOf(map) })
    return map
  } finally {
    progress.end()
  }
}

/** A ByteMap's facts as `--json` shows them. */
export function factsOf(map: OpenByteMap) {
  const { params, file, sha256, origin, milliseconds, systemMilliseconds, pages, kernel, chosen } = map
  return {
    ...paramFacts(params),
    file,
    sha256,
    origin,
    milliseconds: Math.round(milliseconds),
    systemMilliseconds: Math.round(systemMilliseconds),
    pages,
    kernel,
    kernelReason: chosen.why,
  }
}

export function paramFacts({ bits, seed, passes, hashBits }: LxrParams) {
  return { bits, bytes: 2 ** bits, seed: hexOfWord(seed), passes, hashBits }
}
