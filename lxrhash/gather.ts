/** How fast the memory under a ByteMap can be read at random: what the hashing kernel is measured against. */
import type { SharedByteMap } from './hasher.js'
import { instantiateKernel } from './kernel.js'

export interface GatherProbe {
  /** Reads so many bytes, rounded up to a multiple of 16, at random places of the ByteMap. */
  read(count: number): void
}

/** `seed` tells threads apart, so that they do not read the same places. Throws E_LXR_KERNEL. */
export function gatherProbe({ module, memory, params: { bits } }: SharedByteMap, seed: number): GatherProbe {
  const kernel = instantiateKernel(module, memory)
  let next = seed
  return {
    read(count) {
      // The result depends on the bytes read. Used as the next seed, it keeps the compiler from leaving out the reads.
      next = kernel.gather(bits, count, next) + seed + count
    },
  }
}
