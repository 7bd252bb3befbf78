/** How a whole peg stands: its prices, all of its accounts, what they owe together, and whose account could be liquidated. */
import type { KomodoClient } from '../client.js'
import { allAccounts, type KnownAccounts, type ListedAccount } from './accounts.js'
import {
  globalSums,
  isAtLeast,
  liquidationOf,
  ratioText,
  valueOf,
  zoneOf,
  type Liquidation,
  type Zone,
} from './formulas.js'
import { pricesOf, type Peg, type PegToken, type PriceView } from './holder.js'

export interface Standing {
  /** By the id of the token. */
  readonly prices: ReadonlyMap<string, PriceView>
  readonly accounts: readonly ListedAccount[]
  /** All that is owed, and what all deposits and the pools are worth, by the daemon's sums. */
  readonly debt: bigint
  readonly value: bigint
  /** Whether the peg as a whole owes so much that accounts may be liquidated. */
  readonly open: boolean
}

/** `known`: kept from one look to the next, each transaction is read once. */
export async function standingOf(
  client: KomodoClient,
  peg: Peg,
  { known = new Map(), ...given }: { readonly signal: AbortSignal; readonly known?: KnownAccounts },
): Promise<Standing> {
  const prices = await pricesOf(client, peg.tokens, given)
  const totals = await client.pegTotals(peg.pegsTxid, given)
  const sums = peg.tokens.flatMap(({ name, tokenId }) => {
    const found = totals.tokens.find(({ token }) => token === name)
    // What the daemon calls deposited has the pool in it.
    return found ? { ...found, pool: 0n, price: prices.get(tokenId)?.price ?? 0n } : []
  })
  const { debt, value } = globalSums(sums)
  return {
    ...{ prices, debt, value },
    accounts: await allAccounts(client, peg.pegsTxid, known, given),
    open: debt > 0n && isAtLeast(debt, value, peg.thresholds.globalRed),
  }
}

export const globalText = ({ debt, value }: Standing): string => ratioText(debt, value)

export interface Victim extends ListedAccount {
  readonly ratio: string
  /** Null: nothing can be done, since the deposit is worth too little. */
  readonly gain: Liquidation | null
}

/** Accounts of a token in the red zone or beyond it, the worst first. None where there is no price. */
export function victimsIn({ prices, accounts }: Standing, { thresholds }: Peg, token: PegToken): Victim[] {
  const price = prices.get(token.tokenId)?.price ?? 0n
  if (price === 0n) return []
  const worth = ({ deposit }: ListedAccount) => valueOf(deposit, price)
  return accounts
    .filter(({ tokenId }) => tokenId === token.tokenId)
    .flatMap((account) => {
      const zone = zoneOf(account, price, thresholds)
      if (zone !== 'red' && zone !== 'lost') return []
      const gain = zone === 'lost' ? null : liquidationOf(account, price)
      return { ...account, ratio: ratioText(account.debt, worth(account)), gain }
    })
    .sort((a, b) => Number(b.debt * worth(a) - a.debt * worth(b)))
}

/** How many accounts of a token are in each zone; null where there is no price. */
export function zonesIn(
  { prices, accounts }: Standing,
  { thresholds }: Peg,
  token: PegToken,
): Readonly<Record<Zone, number>> | null {
  const price = prices.get(token.tokenId)?.price ?? 0n
  if (price === 0n) return null
  const zones = { safe: 0, yellow: 0, red: 0, lost: 0 }
  for (const account of accounts)
    if (account.tokenId === token.tokenId) zones[zoneOf(account, price, thresholds)] += 1
  return zones
}
