/**
 * The prices that modules go by, made of those in the blocks. A window is a day on real chains. From the second window
 * on a price is correlated: here the middle of the window's; from the third on it is smoothed: the average of a
 * window's correlated ones. Real daemons weigh in another way, but the delay and the evening out are the same.
 */
import type { NodeJson } from '../../tx/index.js'
import { median } from '../../../base/index.js'
import type { Chain } from '../chain/chain.js'
import { FEEDS, pricesOf } from '../chain/market.js'
import { RpcError } from '../rpc/errors.js'
import { looseInteger, text } from '../rpc/params.js'
import { arity } from './calls.js'
import type { Call } from './calls.js'

function rawAt(chain: Chain, height: number, feed: number): bigint {
  const block = chain.at(height)
  const raw = block && pricesOf(chain, block)[feed]
  return BigInt(raw ?? 0) * (FEEDS[feed]?.unit ?? 0n)
}

/** 0: not enough blocks yet. */
function correlatedAt(chain: Chain, height: number, feed: number): bigint {
  const window = chain.params.priceWindow ?? 0
  if (window === 0 || height <= window) return 0n
  const raw = Array.from({ length: window }, (_, k) => Number(rawAt(chain, height - k, feed)))
  return BigInt(Math.floor(median(raw) ?? 0))
}

function smoothedAt(chain: Chain, height: number, feed: number): bigint {
  const window = chain.params.priceWindow ?? 0
  if (window === 0 || height <= 2 * window) return 0n
  let sum = 0n
  for (let k = 0; k < window; k++) sum += correlatedAt(chain, height - k, feed)
  return sum / BigInt(window)
}

/** The value of each feed at the last block. */
export function feedValues(chain: Chain): ReadonlyMap<string, bigint> {
  return new Map(FEEDS.map(({ name }, feed) => [name, smoothedAt(chain, chain.height, feed)]))
}

export const prices: Call = ({ chain }, params) => {
  arity(params, 1, 1, 'prices maxsamples')
  const most = Math.max(1, looseInteger(text(params, 0)))
  const { priceWindow: window } = chain.params
  if (window === undefined) throw new RpcError(-8, 'only -ac_cbopret chains have prices')
  const { height } = chain
  const width = most + 2 * window + 1
  const heights = Array.from({ length: Math.min(most, height) }, (_, k) => height - k)
  const samples = (feed: number): NodeJson =>
    heights.map((at) => {
      const evened = [correlatedAt(chain, at, feed), smoothedAt(chain, at, feed)]
      return [rawAt(chain, at, feed), ...(evened.includes(0n) ? [] : evened)]
    })
  return {
    firstheight: Math.max(height - width, height - heights.length),
    timestamps: heights.map((at) => chain.at(at)?.header.time ?? 0),
    pricefeeds: FEEDS.map(({ name }, feed) => ({ name, prices: samples(feed) })),
    result: 'success',
    seed: 0,
    height,
    maxsamples: most,
    width,
    daywindow: window,
    numpricefeeds: FEEDS.length + 1,
  }
}
