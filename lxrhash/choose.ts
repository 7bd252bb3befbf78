/** Which kernel searches: as it was asked for, or the one that is the fastest here. */
import { LxrError } from './errors.js'
import {
  createHasher,
  NEAR_BITS,
  portableHasher,
  portableKernel,
  type Hasher,
  type HasherOptions,
  type SharedByteMap,
} from './hasher.js'
import type { KernelName } from './kernel.js'
import type { NativeMarker } from './native/marker.js'
import type { NativeSystem } from './native/open.js'
import type { Prefetch } from './native/x86.js'

export type KernelChoice = KernelName | 'auto'

export interface ChosenKernel {
  readonly kernel: KernelName
  readonly prefetch: Prefetch
  /** Half a sentence for the user. */
  readonly why: string
}

export interface ChooseOptions {
  /** Remembers that the native kernel was in use when a run ended suddenly. */
  readonly marker?: NativeMarker | undefined
  /** For tests. */
  readonly system?: NativeSystem
  readonly compare?: typeof compareSpeed
}

/** With ByteMaps that lie in memory, against SIMD: measured on a Xeon and on Zen 4 (docs/operating.md#which-kernel-hashes). */
const NATIVE_GAIN = '1.3 to 1.9 times'
/** A kernel of machine code has to be worth it. */
const LEAST_GAIN = 1.03
const ASKED = 'as it was asked for'
const NO_SIMD = 'no SIMD here; hashing is slower'

/** For an open ByteMap whose slot 0 is free; `map.kernel` is the best portable one. Takes half a second at most. */
export function chooseKernel(
  map: SharedByteMap,
  wanted: KernelChoice,
  options: ChooseOptions = {},
): ChosenKernel {
  const { marker, system, compare = compareSpeed } = options
  const portable = (why: string): ChosenKernel => {
    const { kernel, prefetch } = map
    return { kernel, prefetch, why: kernel === 'simd' ? why : `${NO_SIMD}; ${why}` }
  }
  if (wanted === 'scalar') return { ...portable(''), kernel: 'scalar', why: ASKED }
  if (wanted === 'simd') return portable(ASKED)
  if (wanted === 'auto' && marker !== undefined && marker.fault !== null) {
    return portable(
      `the run of ${marker.fault} with the native kernel ended by a fault or was killed; the next run tries it again`,
    )
  }
  const isNear = map.params.bits <= NEAR_BITS
  if (wanted === 'auto' && isNear) {
    return portable("the fastest for a ByteMap that fits the processor's cache")
  }
  const without = (reason: string): ChosenKernel => {
    marker?.clear()
    return portable(`no native kernel, which hashes ${NATIVE_GAIN} as fast on most machines: ${reason}`)
  }
  if (marker !== undefined && !marker.set()) return without('its folder cannot be written')
  const wrong = nativeFault(map, 0, { system })
  if (wrong !== null) return without(wrong)
  // What lies in the processor's cache is not fetched in advance: there is nothing to compare.
  const { prefetch, gain } = isNear ? { prefetch: map.prefetch, gain: 1 } : compare(map)
  if (wanted === 'native') return { kernel: 'native', prefetch, why: ASKED }
  const times = `${gain.toFixed(2)} times the speed of ${nameOf(map.kernel)} here`
  if (gain >= LEAST_GAIN) return { kernel: 'native', prefetch, why: times }
  marker?.clear()
  return portable(`the native kernel reaches ${times}`)
}

const nameOf = (kernel: KernelName): string => (kernel === 'simd' ? 'SIMD' : kernel)

/** Counters on both sides of the step to three bytes, more than the lanes of any hasher, with a rest. */
const CHECKED = { start: 65_536n - 300n, count: 717 }
const CHECK_RECORD = Uint8Array.from({ length: 32 }, (_, index) => index * 11 + 3)
const CHECK_PREFIX = Uint8Array.of(0x5a)

/**
 * Holds the native kernel's search against the portable one's, in a slot that is free. Null if it finds the same, else
 * why it is not to be used.
 */
export function nativeFault(map: SharedByteMap, slot: number, options: HasherOptions = {}): string | null {
  const differences = (prefetch: Prefetch): string | null => {
    const expected = checkedDifficulties(portableHasher(map, slot))
    const found = checkedDifficulties(createHasher(map, slot, { ...options, kernel: 'native', prefetch }))
    const wrong = [...expected].find(([counter, difficulty]) => found.get(counter) !== difficulty)
    return wrong === undefined && found.size === expected.size
      ? null
      : `it computes another difficulty than the portable one (counter ${wrong?.[0]})`
  }
  try {
    const hints = options.prefetch === undefined ? PREFETCHES : [options.prefetch]
    return hints.map(differences).find((fault) => fault !== null) ?? null
  } catch (error) {
    if (error instanceof LxrError && error.code === 'E_LXR_NATIVE') return error.message
    throw error
  }
}

function checkedDifficulties(hasher: Hasher): Map<bigint, bigint> {
  const found = new Map<bigint, bigint>()
  hasher.load(CHECK_RECORD, CHECK_PREFIX)
  hasher.search(CHECKED.start, CHECKED.count, 0n, (counter, difficulty) => found.set(counter, difficulty))
  return found
}

const PREFETCHES: readonly Prefetch[] = ['nta', 't1']
const ROUNDS = 10
const TURN_MS = 15
/** Nothing is above it. */
const NO_CANDIDATE = (1n << 64n) - 1n

/**
 * The native kernel with the better of its prefetches, against the portable one: in short turns, by processor time. The
 * best turn of each counts, since other programs make turns slower and never faster.
 */
export function compareSpeed(map: SharedByteMap): { readonly prefetch: Prefetch; readonly gain: number } {
  const portable: HasherOptions = { kernel: portableKernel(map) }
  const rivals = [portable, ...PREFETCHES.map((prefetch) => ({ kernel: 'native' as const, prefetch }))]
  const rates = rivals.map((): number[] => [])
  for (let round = 0; round <= ROUNDS; round++) {
    rivals.forEach((rival, k) => {
      const rate = hashrateOf(createHasher(map, 0, rival), BigInt(1 + round))
      // The first round only warms up.
      if (round > 0) rates[k]?.push(rate)
    })
  }
  const [base, ...others] = rates.map((all) => Math.max(...all)) as [number, ...number[]]
  const best = Math.max(...others)
  return { prefetch: PREFETCHES[others.indexOf(best)] as Prefetch, gain: best / base }
}

function hashrateOf(hasher: Hasher, round: bigint): number {
  hasher.load(CHECK_RECORD, CHECK_PREFIX)
  const begun = process.cpuUsage()
  const end = performance.now() + TURN_MS
  let hashes = 0
  let start = round << 20n
  do {
    hasher.search(start, hasher.lanes, NO_CANDIDATE, () => undefined)
    start += BigInt(hasher.lanes)
    hashes += hasher.lanes
  } while (performance.now() < end)
  const { user, system } = process.cpuUsage(begun)
  return hashes / Math.max(1, user + system)
}
