/** Takes the samples of one measurement: the miner's loop, the bare kernel and mere reading in turns. */
import { setTimeout as sleep } from 'node:timers/promises'
import { FIRST_WARM_UP_SECONDS, shortSeconds, WARM_UP_SECONDS, type Timing } from './cells.js'
import type { Gauge } from './gauge.js'
import type { Product } from './product.js'

/** Per second, of all threads, in the order of measuring. */
export interface Rates {
  /** Hashes of the miner's loop. */
  readonly hashing: readonly number[]
  /** Hashes of the kernel with nothing around it. */
  readonly bare: readonly number[]
  /** Reads. */
  readonly gathering: readonly number[]
}

export interface SampleParts {
  readonly product: Product
  /** Of the threads that hash with the bare kernel and read; without it only the product is measured. */
  readonly beside: { readonly gauge: Gauge; readonly threads: number } | null
  readonly timing: Timing
  readonly signal: AbortSignal | undefined
}

const START_POLL_MS = 5

/** Null if it was interrupted. All take turns, so that they see the same machine. */
export async function takeSamples({ product, beside, timing, signal }: SampleParts): Promise<Rates | null> {
  const { seconds, repeat, warmUp = FIRST_WARM_UP_SECONDS } = timing
  const again = Math.min(warmUp, WARM_UP_SECONDS)
  const wait = (duration: number) => sleep(duration * 1000, undefined, { signal })
  const sample = async (count: () => number, duration: number): Promise<number> => {
    const before = { amount: count(), at: performance.now() }
    await wait(duration)
    return ((count() - before.amount) * 1000) / (performance.now() - before.at)
  }
  const rates = { hashing: [] as number[], bare: [] as number[], gathering: [] as number[] }
  try {
    await product.started
    while (product.hashes() === 0) await sleep(START_POLL_MS, undefined, { signal })
    await wait(warmUp)
    while (rates.hashing.length < repeat) {
      rates.hashing.push(await sample(product.hashes, seconds))
      if (beside === null) continue
      const { gauge, threads } = beside
      product.pause()
      gauge.setMode('hash')
      await wait(again)
      rates.bare.push(await sample(() => gauge.total(threads, 'hashes'), shortSeconds(seconds)))
      gauge.setMode('gather')
      await wait(again)
      rates.gathering.push(await sample(() => gauge.total(threads, 'reads'), shortSeconds(seconds)))
      gauge.setMode('rest')
      product.resume()
      await wait(again)
    }
    return rates
  } catch (error) {
    if (signal?.aborted) return null
    throw error
  }
}
