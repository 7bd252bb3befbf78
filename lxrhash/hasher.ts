/** Hashing against an open ByteMap: single inputs, and the search for nonces. One hasher per slot and thread. */
import { checkCounter } from './counter.js'
import { fail } from './errors.js'
import {
  configureScratch,
  instantiateKernel,
  slotAddress,
  type KernelName,
  type OutsideStep,
  type PortableKernel,
} from './kernel.js'
import { openNativeStep, type NativeSystem } from './native/open.js'
import type { Prefetch } from './native/x86.js'
import type { LxrParams } from './params.js'

/** An open ByteMap as other threads get it: structured-clonable, nothing is copied. */
export interface SharedByteMap {
  readonly memory: WebAssembly.Memory
  readonly module: WebAssembly.Module
  /** Whether the module has vectors. */
  readonly vectors: boolean
  /** What hashers use unless told otherwise. */
  readonly kernel: KernelName
  /** How the native kernel asks for what it will read. */
  readonly prefetch: Prefetch
  /** Hashes in flight with that kernel; null: as many as are usual. */
  readonly lanes: number | null
  readonly params: LxrParams
  /** How many hashers may exist at once, numbered from 0. */
  readonly slots: number
}

/** What other threads need of a ByteMap, and nothing else. */
export function sharedByteMap(map: SharedByteMap): SharedByteMap {
  const { memory, module, vectors, kernel, prefetch, lanes, params, slots } = map
  return { memory, module, vectors, kernel, prefetch, lanes, params, slots }
}

export interface Hasher {
  readonly kernel: KernelName
  /** Hashes in flight during a search. */
  readonly lanes: number
  /** LXRHash of any input: hashBits / 8 bytes. */
  hash(input: Uint8Array): Uint8Array
  /** The first 8 bytes of LXRHash(oprHash ‖ nonce) as a big-endian number; larger is better. */
  difficulty(oprHash: Uint8Array, nonce: Uint8Array): bigint
  /** Sets what all nonces of a search begin with. Together at most 256 bytes. */
  load(oprHash: Uint8Array, prefix: Uint8Array): void
  /**
   * Nonce = prefix ‖ counter as `counterBytes` writes it. Hashes counters `start` to `start + count - 1` and reports
   * those with a difficulty above (not equal to) `floor`, in ascending order of counters.
   */
  search(start: bigint, count: number, floor: bigint, report: ReportCandidate): void
  /**
   * The same, but asks every millisecond or so whether to go on, so that many lanes do not mean a slow reaction.
   * Returns how many counters were hashed; a batch that was under way is not counted, and nothing of it is reported.
   */
  searchWhile(range: SearchRange, report: ReportCandidate, goOn: () => boolean): number
}

export type ReportCandidate = (counter: bigint, difficulty: bigint) => void

export interface SearchRange {
  readonly start: bigint
  readonly count: number
  readonly floor: bigint
}

export interface HasherOptions {
  /** Hashes in flight: a multiple of 8 up to 512. */
  readonly lanes?: number
  /** For comparisons; a map that was opened for `scalar` has no `simd`. */
  readonly kernel?: KernelName
  readonly prefetch?: Prefetch
  /** For tests. */
  readonly system?: NativeSystem | undefined
}

/** Shorter hashes have no difficulty. */
const DIFFICULTY_BITS = 64
/** A search is handed to the kernel in parts that surely fit its 32-bit count. */
const LARGEST_PART = 2 ** 30
/**
 * More lanes read more evenly, since the memory runs dry after each row of a step: of its limit, 128 lanes reach 0.83,
 * 256 0.88, 512 0.92 and 1024 0.93 (2^30, huge pages, Zen 4). A batch of 512 takes 10 ms there, hence `searchWhile`.
 */
const FAR_LANES = 512
/**
 * A map in the second-level cache has no such dry spells, and shares the cache with the lanes: by processor time 128 of
 * them are 1.07 times as fast as 512 at 2^16, 1.05 at 2^20 (0.94 and 0.92 of the same in C, gcc -O3, on a Xeon).
 */
const NEAR_LANES = 128
/** Largest map that the kernel takes for such a one. */
export const NEAR_BITS = 20
/**
 * The native kernel asks for each read ahead, so that far fewer lanes keep the memory busy: 24 to 80 are equally fast
 * on a Xeon (2^30, huge pages). On Zen 4, in turns, 80 are 1.02 times as fast as 64, and 1.04 with two threads.
 */
const NATIVE_LANES = 80
/** A step of 512 lanes takes 0.15 to 0.3 ms at 2^30, and less with smaller maps. */
const STEPS_PER_LOOK = 4
const ALL_STEPS = 2 ** 32 - 1

const SEARCHES = { native: 'searchOnOutside', simd: 'searchOn', scalar: 'searchOnScalar' } as const

function usualLanes(kernel: KernelName, { bits }: LxrParams): number {
  if (kernel === 'native') return NATIVE_LANES
  return bits <= NEAR_BITS ? NEAR_LANES : FAR_LANES
}

/** Throws E_LXR_SLOT, E_LXR_KERNEL, E_LXR_NATIVE; E_LXR_INPUT for lanes or a kernel that there are not. */
export function createHasher(map: SharedByteMap, slot: number, options: HasherOptions = {}): Hasher {
  const { memory, params } = map
  if (!Number.isInteger(slot) || slot < 0 || slot >= map.slots) {
    throw fail('E_LXR_SLOT', `slot ${slot} is not in 0..${map.slots - 1}`)
  }
  const kernel = options.kernel ?? map.kernel
  if (kernel === 'simd' && !map.vectors) {
    throw fail('E_LXR_INPUT', 'the ByteMap was opened for the scalar kernel')
  }
  let step: OutsideStep | undefined
  const functions = instantiateKernel(map.module, memory, (count, h, x) => step?.(count, h, x))
  const { layout } = functions
  const lanes = options.lanes ?? (kernel === map.kernel ? map.lanes : null) ?? usualLanes(kernel, params)
  if (!Number.isInteger(lanes) || lanes < 8 || lanes % 8 !== 0 || lanes > layout.MAX_LANES) {
    throw fail('E_LXR_INPUT', `lanes must be a multiple of 8 up to ${layout.MAX_LANES}, not ${lanes}`)
  }
  const scratch = slotAddress(params, slot)
  configureScratch(functions, memory, params, { scratch, lanes })
  if (kernel === 'native') {
    const { prefetch = map.prefetch, system } = options
    step = openNativeStep({ memory, params, slot, layout, prefetch }, system)
  }
  const searchOn = functions[SEARCHES[kernel]]

  const hashBytes = params.hashBits / 8
  const bytesAt = (offset: number, length: number) => new Uint8Array(memory.buffer, scratch + offset, length)
  const input = bytesAt(layout.INPUT, layout.INPUT_LIMIT)
  const output = bytesAt(layout.OUTPUT, hashBytes)
  const base = bytesAt(layout.BASE_BYTES, layout.BASE_LIMIT)
  const words = new Uint32Array(memory.buffer, scratch, layout.INPUT / 4)
  const candidates = new BigUint64Array(memory.buffer, scratch + layout.CANDIDATES)
  let loaded = false

  function hashToOutput(bytes: Uint8Array): void {
    if (bytes.length <= input.length) {
      input.set(bytes)
      functions.hashInput(scratch, bytes.length)
      return
    }
    functions.begin(scratch)
    for (const pass of [functions.fastPass, functions.stepPass]) {
      for (let at = 0; at < bytes.length; at += input.length) {
        const piece = bytes.subarray(at, at + input.length)
        input.set(piece)
        pass(scratch, scratch + layout.INPUT, piece.length, at)
      }
    }
    functions.finish(scratch)
  }

  function run(
    { start, count, floor }: SearchRange,
    report: ReportCandidate,
    steps: number,
    goOn: () => boolean,
  ): number {
    if (!loaded) throw fail('E_LXR_INPUT', 'search before load')
    if (!Number.isSafeInteger(count) || count < 0) {
      throw fail('E_LXR_INPUT', `count must be a whole number, not ${count}`)
    }
    if (count === 0) return 0
    checkCounter(start)
    checkCounter(start + BigInt(count - 1))
    for (let done = 0; done < count;) {
      const part = Math.min(count - done, LARGEST_PART)
      functions.searchBegin(scratch, start + BigInt(done), part, floor)
      for (let left = part; left > 0;) {
        left = searchOn(scratch, steps)
        reportCandidates(report)
        if (left > 0 && !goOn()) return done + part - left
      }
      done += part
    }
    return count
  }

  function reportCandidates(report: ReportCandidate): void {
    const found = words[layout.CANDIDATE_COUNT / 4] as number
    for (let at = 0; at < 2 * found; at += 2) report(candidates[at] as bigint, candidates[at + 1] as bigint)
  }

  function needDifficulty(): void {
    if (params.hashBits >= DIFFICULTY_BITS) return
    throw fail('E_LXR_PARAMS', `a difficulty needs hashes of ${DIFFICULTY_BITS} bits, not ${params.hashBits}`)
  }

  return {
    kernel,
    lanes,
    hash(bytes) {
      hashToOutput(bytes)
      return output.slice()
    },
    difficulty(oprHash, nonce) {
      needDifficulty()
      const bytes = new Uint8Array(oprHash.length + nonce.length)
      bytes.set(oprHash)
      bytes.set(nonce, oprHash.length)
      hashToOutput(bytes)
      return new DataView(memory.buffer, scratch + layout.OUTPUT).getBigUint64(0)
    },
    load(oprHash, prefix) {
      needDifficulty()
      const length = oprHash.length + prefix.length
      if (length > base.length) {
        throw fail('E_LXR_INPUT', `record hash and prefix have ${length} bytes, more than ${base.length}`)
      }
      base.set(oprHash)
      base.set(prefix, oprHash.length)
      words[layout.BASE_LENGTH / 4] = length
      functions.loadBase(scratch)
      loaded = true
    },
    search: (start, count, floor, report) => void run({ start, count, floor }, report, ALL_STEPS, () => true),
    searchWhile: (range, report, goOn) => run(range, report, STEPS_PER_LOOK, goOn),
  }
}

/** The best hasher of WebAssembly: what single hashes, and hits of others, are checked with. */
export function portableHasher(map: SharedByteMap, slot: number): Hasher {
  return createHasher(map, slot, { kernel: portableKernel(map) })
}

export const portableKernel = ({ vectors }: Pick<SharedByteMap, 'vectors'>): PortableKernel =>
  vectors ? 'simd' : 'scalar'
