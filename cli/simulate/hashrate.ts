/** What one machine hashes. */
import { runBench } from '../../bench/index.js'
import { byteMapInfo, lxrParams } from '../../lxrhash/index.js'
import { networkOf } from '../../pegnet/index.js'
import { machineOf, threadsOf } from '../service/machine.js'
import type { SimulateContext } from './context.js'

/** Of the miner's own loop, after it is warm. */
const SECONDS = 2

/** Hashes a second: what the user says, else measured. Null: the ByteMap is not there, and it takes minutes to build. */
export async function hashrateOf({ settings, signal }: SimulateContext): Promise<number | null> {
  const { 'simulate.hashrate': given, 'lxrhash.bits': size, 'lxrhash.dir': dir } = settings
  if (given !== undefined) return given
  const bits = size ?? networkOf('MainNet').defaultBits
  const { bytes, fileBytes } = await byteMapInfo(lxrParams({ bits }), dir)
  const { cores, freeMemory } = machineOf()
  if (bytes !== fileBytes || bytes > 0.8 * freeMemory) return null
  const threads = threadsOf(settings['miner.threads'], cores)
  const { cells } = await runBench({
    ...{
      cells: [{ bits, threads, lanes: 'auto', kernel: 'auto', pages: 'huge' }],
      seconds: SECONDS,
      repeat: 1,
    },
    ...(dir === undefined ? {} : { dir }),
    signal,
  })
  return cells[0]?.hashesPerSecond ?? null
}
