/** What is told of a peg while it is watched: one look at it, and which warnings it is worth. Pure but for `lookAt`. */
import type { KomodoClient } from '../client.js'
import * as tx from '../tx/index.js'
import type { KnownAccounts } from './accounts.js'
import { ratioText, valueOf, type Thresholds, type Zone } from './formulas.js'
import { viewOf, type HolderView, type Peg } from './holder.js'
import { PEGS_PUBKEY } from './inspect.js'
import { globalText, standingOf, victimsIn, zonesIn, type Victim } from './standing.js'

/** One token of a peg. */
export interface Look {
  readonly token: string
  readonly view: HolderView
  readonly ratio: string
  /** Of the whole peg. */
  readonly global: string
  readonly debt: bigint
  readonly value: bigint
  readonly thresholds: Thresholds
  /** How many accounts are in each; null: there is no price. */
  readonly zones: Readonly<Record<Zone, number>> | null
  /** Accounts of others. */
  readonly victims: readonly Victim[]
  /** Whether the peg as a whole allows liquidations. */
  readonly open: boolean
  /** Operations that fit into a block yet. */
  readonly poolOutputs: number
}

export interface Warning {
  readonly level: 'warn' | 'error'
  readonly what: 'ratio' | 'market' | 'price' | 'pool' | 'liquidation'
  readonly message: string
}

/** All tokens of a peg, at one moment. `known`: accounts of earlier looks, which are not read again. */
export async function lookAt(
  client: KomodoClient,
  { peg, pubkey, known }: { readonly peg: Peg; readonly pubkey: string; readonly known?: KnownAccounts },
  given: { readonly signal: AbortSignal },
): Promise<Look[]> {
  const standing = await standingOf(client, peg, { ...given, ...(known ? { known } : {}) })
  const condition = tx.moduleCondition(tx.EVAL.pegs, PEGS_PUBKEY)
  const pool = await client.utxos(tx.addressOfScript(tx.conditionScript(condition)) as string, true, given)
  const looks: Look[] = []
  for (const token of peg.tokens) {
    const view = await viewOf(client, { peg, token, pubkey }, { ...given, prices: standing.prices })
    const { deposit, debt } = view.account ?? { deposit: 0n, debt: 0n }
    looks.push({
      ...{ token: token.name, view, thresholds: peg.thresholds, poolOutputs: pool.length },
      ratio: ratioText(debt, valueOf(deposit, view.price)),
      ...{ global: globalText(standing), debt: standing.debt, value: standing.value, open: standing.open },
      zones: zonesIn(standing, peg, token),
      victims: victimsIn(standing, peg, token).filter(({ owner }) => owner !== pubkey),
    })
  }
  return looks
}

/** An owner is warned so many percent before others may seize; the module allows 80 when coins are got. */
const WARN_BEFORE = 8n
const FEW_OUTPUTS = 10

/** What to say of it; the price lags behind the market by up to a day, so both are looked at. */
export function warningsOf({ view, victims, open, poolOutputs, token, ratio, thresholds }: Look): Warning[] {
  const { account, price, market, blocksLeft } = view
  const { red } = thresholds
  const found: Warning[] = []
  const { deposit, debt } = account ?? { deposit: 0n, debt: 0n }
  const isAt = (by: bigint, percent: bigint) => debt > 0n && debt * 100n >= valueOf(deposit, by) * percent
  if (price === 0n) {
    const why = blocksLeft > 0 ? `for ${blocksLeft} blocks more` : 'any more: do the feeds of the chain work?'
    found.push({ level: 'warn', what: 'price', message: `${token} has no price ${why}` })
  } else if (isAt(price, red))
    found.push({
      level: 'error',
      what: 'ratio',
      message: `your ratio is ${ratio}: others may liquidate your account; pegs fund or pegs redeem`,
    })
  else if (isAt(price, red - WARN_BEFORE))
    found.push({
      level: 'warn',
      what: 'ratio',
      message: `your ratio is ${ratio}; at ${red} % others may liquidate your account`,
    })
  else if (isAt(market, red - WARN_BEFORE))
    found.push({
      level: 'warn',
      what: 'market',
      message: `your ratio comes to ${ratioText(debt, valueOf(deposit, market))} when the price has followed the market`,
    })
  if (poolOutputs < FEW_OUTPUTS)
    found.push({
      level: 'warn',
      what: 'pool',
      message: `the peg has ${poolOutputs} outputs left to pay for operations`,
    })
  for (const { txid, gain, ratio: at, exchanged } of open ? victims : [])
    if (gain !== null && gain.profit > 0n && !exchanged)
      found.push({
        level: 'warn',
        what: 'liquidation',
        message: `${txid} stands at ${at}: its liquidation brings ${tx.coinsText(gain.profit)} coins' worth of tokens`,
      })
  return found
}
