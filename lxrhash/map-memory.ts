/** Shared memory for a ByteMap with the kernel at it, before it is filled. */
import type { SharedByteMap } from './hasher.js'
import {
  compileKernel,
  configureScratch,
  createMemory,
  instantiateKernel,
  kernelHere,
  slotAddress,
  type Kernel,
} from './kernel.js'
import { requestHugePages, type PagesRequest } from './pages.js'
import { mapBytes, type LxrParams } from './params.js'

export interface MapMemory extends SharedByteMap {
  readonly functions: Kernel
  /** The scratch that building and checking use: the first slot's, before any hasher does. */
  readonly scratch: number
  /** The ByteMap. */
  readonly map: Uint8Array
  readonly hugePages: PagesRequest
}

export interface MapMemoryOptions {
  /** How many hashers may exist at once. */
  readonly slots: number
  /** Whether to ask for huge pages. Default: yes. */
  readonly hugePages?: boolean
}

/** Throws E_LXR_SLOT, E_LXR_MEMORY, E_LXR_KERNEL. */
export async function createMapMemory(
  params: LxrParams,
  { slots, hugePages: wanted = true }: MapMemoryOptions,
): Promise<MapMemory> {
  const kernel = kernelHere()
  const module = await compileKernel(kernel)
  const memory = createMemory(params, slots)
  const hugePages = requestHugePages(new Uint8Array(memory.buffer), wanted)
  const functions = instantiateKernel(module, memory)
  const scratch = slotAddress(params, 0)
  configureScratch(functions, memory, params, { scratch, lanes: functions.layout.MAX_LANES })
  const map = new Uint8Array(memory.buffer, 0, mapBytes(params))
  const shared = {
    memory,
    module,
    vectors: kernel === 'simd',
    kernel,
    prefetch: 'nta',
    lanes: null,
    params,
    slots,
  } as const
  return { ...shared, functions, scratch, map, hugePages }
}
