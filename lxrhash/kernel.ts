/** Loads the WebAssembly kernel (`assembly/`) and lays out the one shared memory. */
import { readFile } from 'node:fs/promises'
import { fail } from './errors.js'
import { mapBytes, type LxrParams } from './params.js'

/** `scratch` is always the address of a slot's scratch. 64-bit values are passed as their bits, so sign does not matter. */
export interface KernelFunctions {
  readonly generateBegin: (scratch: number) => void
  readonly generateSteps: (scratch: number, index: number, count: number) => void
  readonly countBytes: (scratch: number, from: number, length: number) => void
  readonly begin: (scratch: number) => void
  readonly fastPass: (scratch: number, bytes: number, length: number, position: number) => void
  readonly stepPass: (scratch: number, bytes: number, length: number, position: number) => void
  readonly finish: (scratch: number) => void
  readonly hashInput: (scratch: number, length: number) => void
  readonly loadBase: (scratch: number) => void
  readonly searchBegin: (scratch: number, start: bigint, count: number, floor: bigint) => void
  readonly searchOn: (scratch: number, steps: number) => number
  readonly searchOnScalar: (scratch: number, steps: number) => number
  readonly searchOnOutside: (scratch: number, steps: number) => number
  readonly gather: (bits: number, count: number, seed: number) => number
}

const FUNCTIONS = [
  'generateBegin',
  'generateSteps',
  'countBytes',
  'begin',
  'fastPass',
  'stepPass',
  'finish',
  'hashInput',
  'loadBase',
  'searchBegin',
  'searchOn',
  'searchOnScalar',
  'searchOnOutside',
  'gather',
] as const satisfies readonly (keyof KernelFunctions)[]

/** Offsets and sizes in a scratch; `assembly/layout.ts` says what they are. The kernel exports its own numbers. */
const PLACES = [
  'SEED',
  'MASK',
  'HASH_BYTES',
  'LANES',
  'MAX_LANES',
  'CANDIDATE_COUNT',
  'CANDIDATES',
  'OUTPUT',
  'BASE_LENGTH',
  'BASE_BYTES',
  'BASE_LIMIT',
  'INPUT',
  'INPUT_LIMIT',
  'COUNTS',
  'GEN_OFFSET',
  'A',
  'S1',
  'S2',
  'S3',
  'X',
  'READ',
  'HS',
  'STRIDE',
] as const

export type KernelLayout = Readonly<Record<(typeof PLACES)[number], number>>

export interface Kernel extends KernelFunctions {
  readonly layout: KernelLayout
}

/**
 * Room for one slot. The kernel needs less (SCRATCH_BYTES), and says so when it is instantiated; a fixed size here
 * means that memory can be laid out before that.
 */
export const SLOT_BYTES = 0x60000
const PAGE_BYTES = 0x10000
const MOST_PAGES = 65536

/**
 * `simd` computes two hashes at once with the processor's vectors, `scalar` one. `native` does the steps of a search in
 * machine code (`native/`), all else as they do. The results are the same.
 */
export type KernelName = 'native' | 'simd' | 'scalar'
export type PortableKernel = Exclude<KernelName, 'native'>

const FILES: Readonly<Record<PortableKernel, string>> = {
  simd: './kernel.wasm',
  scalar: './kernel-scalar.wasm',
}

/** The smallest module with vectors: `(func (result v128) (i8x16.splat (i32.const 0)))`. */
const VECTORS = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b],
  ...[0x03, 0x02, 0x01, 0x00, 0x0a, 0x08, 0x01, 0x06, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0x0b],
)

/** The best portable kernel for this processor and Node.js. */
export const kernelHere = (): PortableKernel => (WebAssembly.validate(VECTORS) ? 'simd' : 'scalar')

/**
 * Compiles the kernel, once per process; threads get the compiled module with the ByteMap. A module with vectors has
 * the scalar search too. Throws E_LXR_KERNEL.
 */
export async function compileKernel(name: PortableKernel): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(await readFile(new URL(FILES[name], import.meta.url)))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw fail('E_LXR_KERNEL', `the kernel cannot be loaded (${reason}): run \`npm run build\``, {
      cause: error,
    })
  }
}

/** One step of a slot's lanes that is done outside of the module (`assembly/outside.ts`). */
export type OutsideStep = (lanes: number, h: number, x: number) => void

/** `step`: what `searchOnOutside` calls. */
export function instantiateKernel(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  step: OutsideStep = () => undefined,
): Kernel {
  const { exports } = new WebAssembly.Instance(module, { env: { memory, step } })
  const missing = FUNCTIONS.find((name) => typeof exports[name] !== 'function')
  const scratchBytes = (exports['SCRATCH_BYTES'] as WebAssembly.Global | undefined)?.value ?? Infinity
  if (missing !== undefined || scratchBytes > SLOT_BYTES) {
    throw fail('E_LXR_KERNEL', 'the kernel does not fit this version: run `npm run build`')
  }
  const functions = Object.fromEntries(FUNCTIONS.map((name) => [name, exports[name]]))
  const layout = Object.fromEntries(PLACES.map((name) => [name, (exports[name] as WebAssembly.Global).value]))
  return { ...(functions as unknown as KernelFunctions), layout: layout as KernelLayout }
}

/** The ByteMap at 0, the slots above it. Throws E_LXR_MEMORY if the system has not enough, E_LXR_SLOT for too many slots. */
export function createMemory(params: LxrParams, slots: number): WebAssembly.Memory {
  if (!Number.isInteger(slots) || slots < 1) {
    throw fail('E_LXR_SLOT', `slots must be a whole number above 0, not ${slots}`)
  }
  const pages = Math.ceil(slotAddress(params, slots) / PAGE_BYTES)
  if (pages > MOST_PAGES)
    throw fail('E_LXR_SLOT', `${slots} slots do not fit above a map of 2^${params.bits} bytes`)
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  } catch (error) {
    const mebibytes = Math.ceil((pages * PAGE_BYTES) / 2 ** 20)
    throw fail('E_LXR_MEMORY', `not enough memory for the ByteMap (${mebibytes} MiB): use a smaller --bits`, {
      cause: error,
    })
  }
}

/** Address of a slot's scratch. */
export function slotAddress(params: LxrParams, slot: number): number {
  return Math.max(mapBytes(params), PAGE_BYTES) + slot * SLOT_BYTES
}

/** Writes the parameters into a scratch and sets the number of lanes. */
export function configureScratch(
  kernel: Kernel,
  memory: WebAssembly.Memory,
  params: LxrParams,
  at: { scratch: number; lanes: number },
): void {
  const { layout } = kernel
  const view = new DataView(memory.buffer, at.scratch, SLOT_BYTES)
  view.setBigUint64(layout.SEED, params.seed, true)
  view.setUint32(layout.MASK, mapBytes(params) - 1, true)
  view.setUint32(layout.HASH_BYTES, params.hashBits / 8, true)
  view.setUint32(layout.LANES, at.lanes, true)
}
