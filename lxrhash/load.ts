/** A ByteMap's file → shared memory, checked. */
import { throwIfAborted } from './abort.js'
import { fail } from './errors.js'
import { byteMapFile, mapBytes, type LxrParams } from './params.js'
import { progressOf } from './progress.js'
import { proofOf, type ProofOrigin } from './proof.js'
import { checkLength, openForReading, readAndDigest } from './read.js'
import { createMapMemory, type MapMemory } from './map-memory.js'
import type { BuildOptions } from './shapes.js'

export interface LoadedMap {
  readonly mapped: MapMemory
  readonly file: string
  readonly sha256: string
  readonly proof: ProofOrigin
}

/**
 * Undefined if there is no file. Throws E_LXR_FILE_LENGTH, E_LXR_FILE_DAMAGED, E_LXR_FILE_READ, E_LXR_SLOT,
 * E_LXR_MEMORY, E_LXR_KERNEL, E_LXR_ABORTED.
 */
export async function loadByteMap(
  params: LxrParams,
  options: BuildOptions,
  phase: 'open' | 'verify',
): Promise<LoadedMap | undefined> {
  const { dir, signal, onProgress } = options
  throwIfAborted(signal)
  const file = byteMapFile(params, dir)
  const handle = await openForReading(file)
  if (handle === undefined) return undefined
  try {
    await checkLength(handle, file, mapBytes(params))
    const proof = await proofOf(params, file)
    const mapped = await createMapMemory(params, options)
    const report = progressOf(onProgress, phase, mapBytes(params))
    const count = proof.origin !== 'known'
    const { sha256, even } = await readAndDigest(mapped, handle, { file, count, signal, report })
    if (even === false || (proof.sha256 !== undefined && proof.sha256 !== sha256)) {
      throw fail(
        'E_LXR_FILE_DAMAGED',
        `${file} is damaged: delete it or run \`pegminer bytemap build --force\``,
        { details: { file, sha256, expected: proof.sha256 ?? null, even: even ?? null } },
      )
    }
    return { mapped, file, sha256, proof: proof.origin }
  } finally {
    await handle.close()
  }
}
