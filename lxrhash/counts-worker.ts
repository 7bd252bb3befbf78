/** What runs in the thread of `counts.ts`: one piece at a time. */
import type { CountTask } from './counts.js'
import { instantiateKernel } from './kernel.js'

export default function count({ module, memory, scratch, at, length }: CountTask): void {
  instantiateKernel(module, memory).countBytes(scratch, at, length)
}
