/**
 * The prices that blocks of a chain with feeds carry behind OP_RETURN of their coinbase: the time, then one number of
 * 32 bits for each feed. As on real chains a price moves by at most 1 % from one block to the next.
 */
import { rememberedOf } from '../../../base/index.js'
import { stepTowards } from '../../pegs/price-lag.js'
import * as tx from '../../tx/index.js'
import type { Block, Chain } from './chain.js'

export interface Feed {
  readonly name: string
  /** 1e-8 units that one step of the number in a block stands for. */
  readonly unit: bigint
}

/** Those of `-ac_cbopret=5`. */
export const FEEDS: readonly Feed[] = [
  { name: 'BTC_USD', unit: 10_000n },
  { name: 'BTC_GBP', unit: 10_000n },
  { name: 'BTC_EUR', unit: 10_000n },
  { name: 'KMD_BTC', unit: 1n },
  { name: 'ETH_BTC', unit: 1n },
]

export const FEED_NAMES: readonly string[] = FEEDS.map(({ name }) => name)

/** What the web says at first, in 1e-8: a KMD is worth 0.9 USD. */
export const FIRST_MARKET: Readonly<Record<string, bigint>> = {
  BTC_USD: 1_125_000_000_000n,
  BTC_GBP: 900_000_000_000n,
  BTC_EUR: 1_000_000_000_000n,
  KMD_BTC: 8_000n,
  ETH_BTC: 2_000_000n,
}

const MOST_RAW = 0xffff_ffff

export type Market = Readonly<Record<string, bigint>>

/** The numbers of the next block. */
export function nextPrices(before: readonly number[], market: Market): number[] {
  return FEEDS.map(({ name, unit }, i) => {
    const wanted = Math.min(MOST_RAW, Number((market[name] ?? 0n) / unit))
    const last = before[i] ?? 0
    return stepTowards(last, wanted)
  })
}

export function pricesScript(time: number, prices: readonly number[]): string {
  const bytes = Buffer.alloc(4 * (1 + prices.length))
  for (const [i, value] of [time, ...prices].entries()) bytes.writeUInt32LE(value, 4 * i)
  return tx.opReturn(bytes.toString('hex'))
}

const pricesIn = rememberedOf((coinbase: tx.Transaction): readonly number[] => {
  const data = tx.opReturnData(coinbase.outputs.at(-1)?.script ?? '')
  if (data?.length !== 8 * (1 + FEEDS.length)) return []
  const bytes = Buffer.from(data, 'hex')
  return FEEDS.map((_, i) => bytes.readUInt32LE(4 * (i + 1)))
})

/** The numbers of a block; empty if it has none. */
export function pricesOf(chain: Chain, block: Block): readonly number[] {
  const coinbase = chain.find(block.txids[0] ?? '')
  return coinbase ? pricesIn(coinbase.tx) : []
}
