/**
 * The assets that a record prices, by record version. Their order is consensus
 * (docs/protocol/records-and-grading.md#assets).
 */
import { OPR_VERSIONS, type OprVersion } from './networks.js'

const words = (text: string): readonly string[] => text.split(' ')

const V1 = words(
  'PNT USD EUR JPY GBP CAD CHF INR SGD CNY HKD KRW BRL PHP MXN XAU XAG XPD XPT XBT ETH LTC RVN XBC FCT BNB XLM ADA XMR DASH ZEC DCR',
)
const V2 = words(
  'PEG USD EUR JPY GBP CAD CHF INR SGD CNY HKD KRW BRL PHP MXN XAU XAG XBT ETH LTC RVN XBC FCT BNB XLM ADA XMR DASH ZEC DCR',
)
const V4 = [...V2, ...words('AUD NZD SEK NOK RUB ZAR TRY EOS LINK ATOM BAT XTZ')]
const V5 = [
  ...V4,
  ...words('HBAR NEO CRO ETC ONT DOGE VET HT ALGO DGB AED ARS TWD RWF KES UGX TZS BIF ETB NGN'),
]

/** Asset codes in record order. The first is the network's own token. */
export const ASSETS: Readonly<Record<OprVersion, readonly string[]>> = { 1: V1, 2: V2, 3: V2, 4: V4, 5: V5 }

/** What a record of any version but the first can price, with the newest version's order first. */
export const PRICED_ASSETS: readonly string[] = [
  ...new Set(
    OPR_VERSIONS.slice(1)
      .toReversed()
      .flatMap((version) => ASSETS[version]),
  ),
]

/** Staking records price the assets of record version 5, whatever their own version. */
export const STAKING_ASSETS = V5
