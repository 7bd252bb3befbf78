/** Hashrate against ByteMap size and thread count, by the miner's own loop. Returns data; printing is separate. */
import { median } from '../base/index.js'
import { lxrParams, openByteMap, type ByteMapProgress, type OpenByteMap } from '../lxrhash/index.js'
import type { BenchCell, CellPlan, KernelChoice, Timing } from './cells.js'
import { checksumOk, checksumText } from './checksum.js'
import { groupByKernel, groupByMap } from './plan.js'
import { createBenchPool, poolSlots, type BenchPool, type Samples } from './pool.js'
import { MEASURED_SHAPE, readsPerHash } from './reads.js'

export interface MapOptions {
  /** Of the ByteMap files. Default: ~/.lxrhash. */
  readonly dir?: string
  readonly signal?: AbortSignal
  readonly onByteMap?: (bits: number, progress: ByteMapProgress) => void
}

export interface BenchOptions extends MapOptions, Timing {
  /** Each map is opened once, or built if there is no file. Interruption (`signal`) keeps what is finished. */
  readonly cells: readonly CellPlan[]
  /** A ByteMap is in memory. */
  readonly onOpen?: (map: OpenByteMap) => void
  readonly onStart?: (cell: CellPlan) => void
  /** The next cell begins when it has resolved. */
  readonly onCell?: (cell: BenchCell) => void | Promise<void>
}

export interface BenchResult {
  readonly cells: readonly BenchCell[]
  readonly interrupted: boolean
}

/** Throws E_LXR_… for sizes that do not exist or ByteMaps that cannot be opened. */
export async function runBench(options: BenchOptions): Promise<BenchResult> {
  const { onOpen, onCell } = options
  const cells: BenchCell[] = []
  for (const group of groupByMap(options.cells)) {
    const byteMap = await openMap(group, options)
    onOpen?.(byteMap)
    const pool = createBenchPool(byteMap, mostThreads(group))
    try {
      group.forEach((plan) => pool.check(plan))
      for (const rivals of groupByKernel(group)) {
        const measured = await measureInTurns({ pool, byteMap }, rivals, options)
        if (measured === null) return { cells, interrupted: true }
        for (const cell of measured) {
          cells.push(cell)
          await onCell?.(cell)
        }
      }
    } finally {
      await pool.close()
    }
  }
  return { cells, interrupted: false }
}

/** Opens the ByteMap that these cells share. */
export function openMap(group: readonly CellPlan[], options: MapOptions): Promise<OpenByteMap> {
  const { bits, pages } = group[0] as CellPlan
  const { dir, signal, onByteMap } = options
  return openByteMap(lxrParams({ bits }), {
    ...{ dir, signal, kernel: kernelFor(group) },
    slots: poolSlots(mostThreads(group)),
    hugePages: pages === 'huge',
    onProgress: (progress) => onByteMap?.(bits, progress),
  })
}

/** What the ByteMap is opened for; the cells ask for the others themselves. */
function kernelFor(group: readonly CellPlan[]): KernelChoice | undefined {
  return (['auto', 'native'] as const).find((name) => group.some((cell) => cell.kernel === name))
}

/** Of the cells that share a pool. */
export const mostThreads = (group: readonly CellPlan[]): number =>
  Math.max(...group.map(({ threads }) => threads))

/**
 * Cells that differ in their kernels: a sample of each, then the next of each, so that all of them see the same machine.
 * Null if it was interrupted.
 */
async function measureInTurns(
  { pool, byteMap }: { pool: BenchPool; byteMap: OpenByteMap },
  plans: readonly CellPlan[],
  options: BenchOptions,
): Promise<BenchCell[] | null> {
  const { repeat, onStart, signal } = options
  const checksums: string[] = []
  const samples = plans.map((): Samples[] => [])
  const [rounds, each] = plans.length === 1 ? [1, repeat] : [repeat, 1]
  for (let round = 0; round < rounds; round++) {
    for (const [k, plan] of plans.entries()) {
      if (signal?.aborted) return null
      onStart?.(plan)
      checksums[k] ??= checksumText(await pool.checksum(plan))
      const sample = await pool.measure(plan, { ...options, repeat: each, beside: true })
      if (sample === null) return null
      samples[k]?.push(sample)
    }
  }
  return plans.map((plan, k) =>
    cellOf(plan, {
      samples: samples[k] ?? [],
      checksum: checksums[k] as string,
      hugePages: byteMap.pages.share,
    }),
  )
}

function cellOf(
  plan: CellPlan,
  parts: {
    readonly samples: readonly Samples[]
    readonly checksum: string
    readonly hugePages: number
  },
): BenchCell {
  const { samples, checksum, hugePages } = parts
  const { lanes, kernel } = samples[0] as Samples
  const [hashing, bare, gathering] = (['hashing', 'bare', 'gathering'] as const).map((what) =>
    samples.flatMap((sample) => sample[what]),
  ) as [number[], number[], number[]]
  const hashesPerSecond = median(hashing)
  return {
    ...plan,
    lanes,
    kernel,
    hashesPerSecond,
    min: Math.min(...hashing),
    max: Math.max(...hashing),
    samples: hashing,
    bareHashesPerSecond: median(bare),
    bareSamples: bare,
    readsPerSecond: hashesPerSecond * readsPerHash(MEASURED_SHAPE),
    gatherLimit: median(gathering),
    gatherSamples: gathering,
    hugePages,
    checksum,
    checksumOk: checksumOk(plan.bits, checksum),
  }
}
