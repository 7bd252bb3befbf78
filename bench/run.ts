/** Hashrate against ByteMap size and thread count, by the miner's own loop. Returns data; printing is separate. */
import { median } from '../base/index.js'
import { lxrParams, openByteMap, type ByteMapProgress, type OpenByteMap } from '../lxrhash/index.js'
import type { BenchCell, CellPlan, Timing } from './cells.js'
import { checksumOk, checksumText } from './checksum.js'
import { groupByMap } from './plan.js'
import { createCrew, crewSlots, type Crew } from './pool.js'
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
  const { onOpen, onStart, onCell } = options
  const cells: BenchCell[] = []
  for (const group of groupByMap(options.cells)) {
    const byteMap = await openMap(group, options)
    onOpen?.(byteMap)
    const crew = createCrew(byteMap, mostThreads(group))
    try {
      group.forEach((plan) => crew.check(plan))
      for (const plan of group) {
        onStart?.(plan)
        const cell = await measureCell({ crew, byteMap }, plan, options)
        if (cell === null) return { cells, interrupted: true }
        cells.push(cell)
        await onCell?.(cell)
      }
    } finally {
      await crew.close()
    }
  }
  return { cells, interrupted: false }
}

/** Opens the ByteMap that these cells share. */
export function openMap(group: readonly CellPlan[], options: MapOptions): Promise<OpenByteMap> {
  const { bits, pages } = group[0] as CellPlan
  const { dir, signal, onByteMap } = options
  return openByteMap(lxrParams({ bits }), {
    ...(dir === undefined ? {} : { dir }),
    ...(signal === undefined ? {} : { signal }),
    slots: crewSlots(mostThreads(group)),
    hugePages: pages === 'huge',
    onProgress: (progress) => onByteMap?.(bits, progress),
  })
}

/** Of the cells that share a crew. */
export const mostThreads = (group: readonly CellPlan[]): number =>
  Math.max(...group.map(({ threads }) => threads))

/** Null if it was interrupted. */
async function measureCell(
  { crew, byteMap }: { crew: Crew; byteMap: OpenByteMap },
  plan: CellPlan,
  options: BenchOptions,
): Promise<BenchCell | null> {
  if (options.signal?.aborted) return null
  const checksum = checksumText(await crew.checksum(plan))
  const samples = await crew.measure(plan, { ...options, beside: true })
  if (samples === null) return null
  const { lanes, kernel, hashing, bare, gathering } = samples
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
    hugePages: byteMap.pages.share,
    checksum,
    checksumOk: checksumOk(plan.bits, checksum),
  }
}
