/** Advice to the system on how memory is used, and calls of machine code, which Node.js cannot do. */
import { loadKoffi, type Koffi } from '../../base/index.js'

export interface Native {
  /** Where the bytes lie in this process. */
  addressOf(bytes: Uint8Array): bigint
  /** Tells the system how the bytes will be used. 0, or the system's error number. */
  madvise(bytes: Uint8Array, advice: number): number
  /**
   * Linux. Machine code in memory of its own, as a function with this result and these arguments. The memory is never
   * writable and executable at once, and is not given back: a thread that was ended from outside may still be in it.
   * Throws if the system does not allow that.
   */
  executable(code: Uint8Array, result: string, types: readonly string[]): MachineCode
}

export type MachineCode = (...values: readonly number[]) => unknown

/** Why there are no native calls: the package is not installed, or it does not work on this system. */
export interface NoNative {
  readonly missing: boolean
  readonly reason: string
}

/** Loads koffi at the first call. */
export function loadNative(): Native | NoNative {
  return (loaded ??= tryKoffi())
}

let loaded: Native | NoNative | undefined

function tryKoffi(): Native | NoNative {
  try {
    const koffi = loadKoffi()
    const library = koffi.load(null)
    const madvise = library.func('int madvise(void *address, size_t length, int advice)')
    return {
      addressOf: (bytes) => BigInt(koffi.address(bytes)),
      madvise: (bytes, advice) => (madvise(bytes, bytes.length, advice) === 0 ? 0 : koffi.errno()),
      executable: (code, result, types) => makeExecutable(koffi, code, koffi.proto(result, types)),
    }
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND'
    const message = error instanceof Error ? error.message : String(error)
    return { missing, reason: message.split('\n')[0] as string }
  }
}

// Linux's numbers.
const PROT_READ = 1
const PROT_WRITE = 2
const PROT_EXEC = 4
const MAP_PRIVATE_ANONYMOUS = 0x22

function makeExecutable(koffi: Koffi, code: Uint8Array, prototype: unknown): MachineCode {
  const library = koffi.load(null)
  const mmap = library.func('void *mmap(void *at, size_t length, int may, int how, int file, int64_t from)')
  const mprotect = library.func('int mprotect(void *at, size_t length, int may)')
  const memory = mmap(null, code.length, PROT_READ | PROT_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0)
  // MAP_FAILED, -1 as an address.
  if (memory === null || koffi.address(memory) >= (1n << 64n) - 1n) {
    throw new Error(`no memory for machine code (error ${koffi.errno()})`)
  }
  koffi.encode(memory, koffi.array('uint8_t', code.length), code)
  if (mprotect(memory, code.length, PROT_READ | PROT_EXEC) !== 0) {
    throw new Error(`executable memory is forbidden (error ${koffi.errno()})`)
  }
  return koffi.decode(memory, prototype) as MachineCode
}
