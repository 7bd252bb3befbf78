/** Which kernel a thread may hash with. */
import {
  createHasher,
  nativeFault,
  portableHasher,
  type Hasher,
  type HasherOptions,
  type SharedByteMap,
} from '../../lxrhash/index.js'

export interface SlotHasher {
  readonly byteMap: SharedByteMap
  readonly hasherSlot: number
  readonly hasher?: HasherOptions
}

/** The native kernel must find what the portable one finds before it may mine; else the portable one takes its place. */
export function soundHasher(
  { byteMap, hasherSlot, hasher: options = {} }: SlotHasher,
  onFault: (reason: string) => void,
): Hasher {
  const { kernel = byteMap.kernel, prefetch = byteMap.prefetch } = options
  const fault = kernel === 'native' ? nativeFault(byteMap, hasherSlot, { ...options, prefetch }) : null
  if (fault === null) return createHasher(byteMap, hasherSlot, options)
  onFault(fault)
  return portableHasher(byteMap, hasherSlot)
}
