/**
 * Huge pages under the shared memory. A random read in 2^30 bytes of 4 KiB pages misses the processor's address cache
 * nearly each time; with pages of 2 MiB the kernel hashes a sixth faster. V8 maps WebAssembly memory itself, so only
 * `madvise` reaches it, and only before the first touch.
 */
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { loadNative, type Native, type NoNative } from './native/calls.js'

export interface Pages {
  /** How much of the ByteMap lies in huge pages, 0 to 1. */
  readonly share: number
  /** Why it is not all, if it could be more. */
  readonly reason?: string
  /** The command that would change that, if there is one. */
  readonly fix?: string
}

/** What is asked of the system; tests put something else in its place. */
export interface PagesSystem {
  readonly platform: NodeJS.Platform
  /** Undefined if there is no such file. */
  readonly read: (file: string) => string | undefined
  readonly native: () => Native | NoNative
}

const SYSTEM: PagesSystem = { platform: process.platform, read: readIfThere, native: loadNative }

/** `MADV_HUGEPAGE`, the same on all processors. */
const MADV_HUGEPAGE = 14
const SETTINGS = '/sys/kernel/mm/transparent_hugepage'
const USUAL_PAGE_BYTES = 2 ** 21
/** The ends of the memory need not fall on the borders of huge pages. */
const LOST_PAGES = 2
/** Smaller maps lie in the processor's caches anyway. */
const LEAST_PAGES = 4
/** Below this share, the reason is looked for. */
const GOOD_SHARE = 0.95

/** Memory that huge pages were asked for. */
export interface PagesRequest {
  /** How it went, once the ByteMap is filled. */
  report(mapBytes: number): Pages
}

/** Asks for huge pages for memory that was not touched yet. Never throws. */
export function requestHugePages(bytes: Uint8Array, wanted: boolean, system = SYSTEM): PagesRequest {
  const { platform, read } = system
  if (platform !== 'linux') {
    return { report: () => ({ share: 0, reason: `not known how to get them on ${platform}` }) }
  }
  const pageBytes = Number(read(`${SETTINGS}/hpage_pmd_size`) ?? USUAL_PAGE_BYTES)
  if (bytes.length < LEAST_PAGES * pageBytes) {
    return { report: () => ({ share: 0, reason: 'the map is too small for them' }) }
  }
  const native = system.native()
  const before = hugeBytesOf(read('/proc/self/smaps_rollup'))
  const error = wanted && 'madvise' in native ? native.madvise(bytes, MADV_HUGEPAGE) : 0

  const reached = (): number | undefined => {
    if ('madvise' in native) {
      const from = native.addressOf(bytes)
      return hugeBytesOf(read('/proc/self/smaps'), { from, to: from + BigInt(bytes.length) })
    }
    // Without an address, the huge pages that the whole process has got since are counted.
    const now = hugeBytesOf(read('/proc/self/smaps_rollup'))
    return now === undefined ? undefined : Math.max(0, now - (before ?? 0))
  }
  return {
    report: (mapBytes) => {
      const huge = reached()
      if (huge === undefined) return { share: 0, reason: 'the system does not tell how many there are' }
      const share = Math.min(1, huge / mapBytes)
      const enough = mapBytes * GOOD_SHARE - LOST_PAGES * pageBytes
      if (huge >= enough) return { share }
      return { share, ...(wanted ? explain(system, native, error) : { reason: 'they were not asked for' }) }
    },
  }
}

function explain({ read }: PagesSystem, native: Native | NoNative, error: number): Omit<Pages, 'share'> {
  const mode = /\[(\w+)\]/.exec(read(`${SETTINGS}/enabled`) ?? '')?.[1]
  const set = (value: string): string => `echo ${value} | sudo tee ${SETTINGS}/enabled`
  if (mode === undefined) return { reason: 'this system has no transparent huge pages' }
  if (mode === 'never') return { reason: 'transparent huge pages are switched off', fix: set('madvise') }
  if (/^THP_enabled:\s*0/m.test(read('/proc/self/status') ?? '')) {
    return { reason: 'transparent huge pages are switched off for this process' }
  }
  if ('reason' in native && mode !== 'always') {
    return native.missing
      ? { reason: 'the optional package koffi is not installed', fix: 'npm install koffi' }
      : { reason: `koffi does not work here (${native.reason})`, fix: set('always') }
  }
  if (error !== 0) return { reason: `the system refuses them (${nameOf(error)})`, fix: set('always') }
  return {
    reason: 'free memory is in pieces that are too small',
    fix: 'echo 1 | sudo tee /proc/sys/vm/compact_memory',
  }
}

/** Bytes in huge pages: of all mappings of a `smaps` text, or of those that overlap a range of addresses. */
export function hugeBytesOf(
  text: string | undefined,
  range?: { readonly from: bigint; readonly to: bigint },
): number | undefined {
  if (text === undefined) return undefined
  let sum: number | undefined
  let counts = true
  for (const [, from, to, kibibytes] of text.matchAll(
    /^(?:([0-9a-f]+)-([0-9a-f]+) |AnonHugePages: +(\d+) kB)/gm,
  )) {
    if (kibibytes === undefined) {
      counts = range === undefined || (BigInt(`0x${from}`) < range.to && BigInt(`0x${to}`) > range.from)
    } else if (counts) sum = (sum ?? 0) + Number(kibibytes) * 1024
  }
  return sum
}

function nameOf(error: number): string {
  const names = Object.entries(constants.errno)
  return names.find(([, value]) => value === error)?.[0] ?? `error ${error}`
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
