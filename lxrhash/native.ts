/** Advice to the system on how memory is used, which Node.js cannot give. */
import { loadKoffi } from '../base/index.js'

export interface Native {
  /** Where the bytes lie in this process. */
  addressOf(bytes: Uint8Array): bigint
  /** Tells the system how the bytes will be used. 0, or the system's error number. */
  madvise(bytes: Uint8Array, advice: number): number
}

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
    const madvise = koffi.load(null).func('int madvise(void *address, size_t length, int advice)')
    return {
      addressOf: (bytes) => BigInt(koffi.address(bytes)),
      madvise: (bytes, advice) => (madvise(bytes, bytes.length, advice) === 0 ? 0 : koffi.errno()),
    }
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND'
    const message = error instanceof Error ? error.message : String(error)
    return { missing, reason: message.split('\n')[0] as string }
  }
}
