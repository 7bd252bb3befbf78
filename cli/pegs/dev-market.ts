/** `--prices` on the network dev: what the embedded market says from now on. */
import { wrongArgument } from '../../config/index.js'
import { FEED_NAMES } from '../../komodo/dev/index.js'
import { pricesOf, readFeedPrices, type KomodoClient, type Peg } from '../../komodo/index.js'
import type { PegsDev } from './dev.js'

/** Coins of a feed's price → 1e-8. Throws `E_CONFIG_ARGUMENT` for a price that does not stand. */
export function marketOf(text: string): Readonly<Record<string, bigint>> {
  const found = readFeedPrices(text)
  const wrong = (why: string) => wrongArgument(`--prices: ${why}`)
  if (typeof found === 'string') throw wrong(found)
  const market: Record<string, bigint> = {}
  for (const [feed, price] of found) {
    if (!FEED_NAMES.includes(feed))
      throw wrong(`the embedded chain has no ${feed}, but ${FEED_NAMES.join(', ')}`)
    if (price === 'oracle' || price(0) !== price(Infinity))
      throw wrong(`${feed} needs a number here: the embedded market stands until it is set again`)
    market[feed] = BigInt(Math.round(price(0) * 1e8))
  }
  return market
}

interface Market {
  readonly dev: PegsDev
  readonly asset: KomodoClient
  readonly peg: Peg
}

/** Sets the market, and lets blocks go by until the prices of the chain have come to it. */
export async function setMarket(
  { dev, asset, peg }: Market,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  dev.chains.control.market(marketOf(text))
  for (;;) {
    await dev.pause()
    const prices = await pricesOf(asset, peg.tokens, { signal })
    if ([...prices.values()].every(({ price, market }) => price === market)) return
  }
}
