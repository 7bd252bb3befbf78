/** The native kernel for one slot: written into memory of its own, callable. */
import { fail } from '../errors.js'
import { slotAddress, type KernelLayout, type OutsideStep } from '../kernel.js'
import { mapBytes, type LxrParams } from '../params.js'
import { loadNative, type Native, type NoNative } from './calls.js'
import { stepCode } from './step.js'
import type { Prefetch } from './x86.js'

/** What is asked of the system; tests put something else in its place. */
export interface NativeSystem {
  readonly platform: string
  readonly arch: string
  readonly native: () => Native | NoNative
}

export const NATIVE_HERE: NativeSystem = {
  platform: process.platform,
  arch: process.arch,
  native: loadNative,
}

export interface NativeSlot {
  readonly memory: WebAssembly.Memory
  readonly params: LxrParams
  readonly slot: number
  readonly layout: KernelLayout
  readonly prefetch: Prefetch
}

/** Throws E_LXR_NATIVE with the reason why there is no native kernel here. */
export function openNativeStep(at: NativeSlot, system = NATIVE_HERE): OutsideStep {
  const { memory, params, slot, layout, prefetch } = at
  const { platform, arch } = system
  if (platform !== 'linux' || arch !== 'x64') {
    throw fail('E_LXR_NATIVE', `it is written for Linux on x86-64, not for ${platform} on ${arch}`)
  }
  const native = system.native()
  if ('reason' in native) {
    throw fail(
      'E_LXR_NATIVE',
      native.missing
        ? 'the optional package koffi is not installed; `npm install koffi` gets it'
        : `koffi does not work here (${native.reason})`,
    )
  }
  const map = native.addressOf(new Uint8Array(memory.buffer))
  const scratch = map + BigInt(slotAddress(params, slot))
  const code = stepCode({ map, scratch, mask: mapBytes(params) - 1, layout, prefetch })
  try {
    return native.executable(code, 'void', ['uint32_t', 'uint32_t', 'uint32_t'])
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw fail('E_LXR_NATIVE', reason, { cause: error })
  }
}
