/** What is told of a peg while it is watched: one look at it, and which warnings it is worth. Pure but for `look`. */
import type { KomodoClient } from '../client.js'
import * as tx from '../tx/index.js'
import { ratioText, USUAL_THRESHOLDS, valueOf } from './formulas.js'
import { viewOf, type HolderView, type Peg, type PegToken } from './holder.js'
import { PEGS_PUBKEY } from './inspect.js'
import { victimsOf, type Victim } from './trades.js'

export interface Look {
  readonly token: string
  readonly view: HolderView
  readonly ratio: string
  /** Of the whole peg. */
  readonly global: string
  readonly victims: readonly Victim[]
  readonly open: boolean
  /** Operations that fit into a block yet. */
  readonly poolOutputs: number
}

export interface Warning {
  readonly level: 'warn' | 'error'
  readonly what: 'ratio' | 'market' | 'price' | 'pool' | 'liquidation'
  readonly message: string
}

export async function look(
  client: KomodoClient,
  { peg, token, pubkey }: { readonly peg: Peg; readonly token: PegToken; readonly pubkey: string },
  given: { readonly signal: AbortSignal },
): Promise<Look> {
  const view = await viewOf(client, { peg, token, pubkey }, given)
  const condition = tx.moduleCondition(tx.EVAL.pegs, PEGS_PUBKEY)
  const pool = await client.utxos(tx.addressOfScript(tx.conditionScript(condition)) as string, true, given)
  const { deposit, debt } = view.account ?? { deposit: 0n, debt: 0n }
  return {
    token: token.name,
    view,
    ratio: ratioText(debt, valueOf(deposit, view.price)),
    poolOutputs: pool.length,
    ...(await victimsOf(client, { peg, token }, given)),
  }
}

/** An owner is warned from here on, percent; the module allows 80 when coins are got, and seizes at 90. */
const WARN_AT = 82n
const FEW_OUTPUTS = 10

/** What to say of it; the price lags behind the market by up to a day, so both are looked at. */
export function warningsOf({ view, victims, open, poolOutputs, token, ratio }: Look): Warning[] {
  const { account, price, market, blocksLeft } = view
  const found: Warning[] = []
  const { deposit, debt } = account ?? { deposit: 0n, debt: 0n }
  const isAt = (by: bigint, percent: bigint) => debt > 0n && debt * 100n >= valueOf(deposit, by) * percent
  if (price === 0n) {
    const why = blocksLeft > 0 ? `for ${blocksLeft} blocks more` : 'any more: do the feeds of the chain work?'
    found.push({ level: 'warn', what: 'price', message: `${token} has no price ${why}` })
  } else if (isAt(price, USUAL_THRESHOLDS.red))
    found.push({
      level: 'error',
      what: 'ratio',
      message: `your ratio is ${ratio}: others may liquidate your account; pegs fund or pegs redeem`,
    })
  else if (isAt(price, WARN_AT))
    found.push({
      level: 'warn',
      what: 'ratio',
      message: `your ratio is ${ratio}; at 90 % others may liquidate your account`,
    })
  else if (isAt(market, WARN_AT))
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
  for (const { txid, gain, ratio: at } of open ? victims : [])
    if (gain !== null && gain.profit > 0n)
      found.push({
        level: 'warn',
        what: 'liquidation',
        message: `${txid} stands at ${at}: its liquidation brings ${tx.coinsText(gain.profit)} coins' worth of tokens`,
      })
  return found
}
