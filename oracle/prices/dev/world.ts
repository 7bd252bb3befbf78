/**
 * The development world: what everything is worth. Levels are of the size that late 2026 may see; from there each
 * asset walks by itself and along with its class, so that markets move together as real ones do.
 */
import { walk } from './walk.js'

interface Worth {
  /** USD of one unit when the walk is at zero. */
  readonly level: number
  /** Typical change in a day that is this asset's own. */
  readonly own: number
  /** The factor it shares with its class, and how strongly it follows. */
  readonly follows?: { readonly factor: 'coins' | 'dollar' | 'metals'; readonly by: number }
}

const coin = (level: number, own = 0.02): Worth => ({ level, own, follows: { factor: 'coins', by: 1 } })
const metal = (level: number, own: number): Worth => ({ level, own, follows: { factor: 'metals', by: 1 } })
/** Quoted as units per USD, as every publisher does. */
const fiat = (perUsd: number): Worth => ({
  level: 1 / perUsd,
  own: 0.002,
  follows: { factor: 'dollar', by: 1 },
})
/** A rate that its central bank holds or moves slowly. */
const managed = (perUsd: number): Worth => ({ level: 1 / perUsd, own: 0.0004 })

/** Typical change in a day of what a class has in common. */
const FACTORS = { coins: 0.018, dollar: 0.0015, metals: 0.006 }

/** PegNet's codes for its 62 assets, and two more that routes lean on: Tether and a gold token. */
const WORTH: Readonly<Record<string, Worth>> = {
  USD: { level: 1, own: 0 },
  USDT: { level: 0.9996, own: 0.0001 },
  PAXG: { level: 1.0006, own: 0.0003 },
  XAU: metal(4210, 0.004),
  XAG: metal(51.4, 0.009),

  XBT: coin(88_400, 0.008),
  ETH: coin(2960),
  LTC: coin(82.4),
  RVN: coin(0.00862, 0.03),
  XBC: coin(545.3),
  BNB: coin(862),
  XLM: coin(0.2351),
  ADA: coin(0.3894),
  XMR: coin(415.2),
  DASH: coin(48.15),
  ZEC: coin(410.6, 0.03),
  DCR: coin(23.47),
  EOS: coin(0.1912),
  LINK: coin(12.84),
  ATOM: coin(2.246),
  BAT: coin(0.2118),
  XTZ: coin(0.4727),
  HBAR: coin(0.1243),
  NEO: coin(3.918),
  CRO: coin(0.0981),
  ETC: coin(12.63),
  ONT: coin(0.0614),
  DOGE: coin(0.1339),
  VET: coin(0.01182),
  ALGO: coin(0.1207),
  DGB: coin(0.00613, 0.03),
  FCT: coin(0.0312, 0.03),
  PEG: coin(0.00214, 0.03),
  HT: coin(0.2086, 0.03),

  EUR: fiat(0.8624),
  JPY: fiat(155.8),
  GBP: fiat(0.7593),
  CAD: fiat(1.4012),
  CHF: fiat(0.8061),
  INR: fiat(89.12),
  SGD: fiat(1.3024),
  CNY: managed(7.098),
  HKD: managed(7.782),
  KRW: fiat(1468),
  BRL: fiat(5.362),
  PHP: fiat(58.81),
  MXN: fiat(18.42),
  AUD: fiat(1.5413),
  NZD: fiat(1.7718),
  SEK: fiat(9.514),
  NOK: fiat(10.183),
  RUB: fiat(79.6),
  ZAR: fiat(17.21),
  TRY: managed(42.41),
  AED: managed(3.6725),
  ARS: managed(1432),
  TWD: fiat(31.24),
  RWF: managed(1453),
  KES: managed(129.4),
  UGX: managed(3640),
  TZS: managed(2452),
  BIF: managed(2948),
  ETB: managed(153.6),
  NGN: managed(1448),
}

/** Exchanges' codes where they differ from PegNet's. EOS trades as `A` since it was renamed to Vaulta in 2025. */
const PEGNET_CODES: Readonly<Record<string, string>> = { BTC: 'XBT', BCH: 'XBC', A: 'EOS' }

/** PegNet's code of what an exchange calls `code`. */
export const assetOf = (code: string): string => PEGNET_CODES[code] ?? code

/** All fiat currencies of the world but the dollar, by code. */
export const CURRENCIES = Object.keys(WORTH).slice(Object.keys(WORTH).indexOf('EUR'))

/** USD that one unit of `asset` (PegNet's code, or USDT, PAXG) is worth at `time`, ms. NaN for anything else. */
export function worth(seed: string, asset: string, time: number): number {
  const of = WORTH[asset]
  if (of === undefined) return NaN
  const common = of.follows
    ? of.follows.by * walk(seed, of.follows.factor, time, FACTORS[of.follows.factor])
    : 0
  const price = of.level * Math.exp(common + walk(seed, asset, time, of.own))
  return asset === 'PAXG' ? price * worth(seed, 'XAU', time) : price
}
