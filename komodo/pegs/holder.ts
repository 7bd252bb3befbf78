/** What a holder sees of a peg: its tokens and gateways, prices, his account, and what he could do. */
import type { GatewayInfo } from '../calls/gateways.js'
import type { PegAccount } from '../calls/pegs.js'
import type { KomodoClient } from '../client.js'
import { decodeTransaction, depositAddress, opOf } from '../tx/index.js'
import { fail, refuse } from './errors.js'
import { parseExpression, priceBy } from './expression.js'
import {
  mostToGet,
  ratioOf,
  USUAL_THRESHOLDS,
  valueOf,
  type AccountState,
  type Thresholds,
} from './formulas.js'

export interface PegToken {
  readonly tokenId: string
  readonly name: string
  /** The price expression. */
  readonly price: string
  readonly bindTxid: string
  readonly gateway: GatewayInfo
}

export interface Peg {
  readonly pegsTxid: string
  /** Those that its chain was started with. */
  readonly thresholds: Thresholds
  readonly tokens: readonly PegToken[]
}

type WithSignal = { readonly signal: AbortSignal }

/** The peg by its id, as the chain says it. Throws `E_PEGS_REFUSED` if there is none. */
export async function findPeg(
  asset: KomodoClient,
  pegsTxid: string,
  { thresholds = USUAL_THRESHOLDS, ...given }: WithSignal & { readonly thresholds?: Thresholds },
): Promise<Peg> {
  const found = await asset.transaction(pegsTxid, given)
  const op = found && found.height !== null ? opOf(decodeTransaction(found.hex)) : null
  if (op?.op !== 'pegs-create') throw refuse(`${asset.name} has no peg ${pegsTxid} in a block`)
  const tokens: PegToken[] = []
  for (const bindTxid of op.bindTxids) {
    const gateway = await asset.gatewayInfo(bindTxid, given)
    const { m, pubkeys, versions } = gateway
    if (gateway.deposit !== depositAddress(m, pubkeys, versions))
      throw fail(
        'E_PEGS_DIFFERS',
        `the deposit address of ${bindTxid} does not follow from its keys: send nothing`,
      )
    const { name, description } = await asset.tokenInfo(gateway.tokenId, given)
    tokens.push({ tokenId: gateway.tokenId, name, price: description, bindTxid, gateway })
  }
  const names = tokens.map(({ name }) => name)
  if (new Set(names).size < names.length)
    throw refuse(`two tokens of the peg have one name (${names.join(', ')}): accounts cannot be told apart`)
  return { pegsTxid, thresholds, tokens }
}

/** The one that is meant. Throws `E_PEGS_REFUSED`. */
export function tokenOf({ tokens }: Peg, named: string | undefined): PegToken {
  const found =
    named === undefined
      ? tokens.length === 1
        ? tokens[0]
        : undefined
      : tokens.find(({ name }) => name === named)
  if (found) return found
  const names = tokens.map(({ name }) => name).join(', ')
  throw refuse(
    named === undefined
      ? `the peg has ${names}: say which with --gateway`
      : `the peg has no ${named}, but ${names}`,
  )
}

export interface PriceView {
  /** 1e-8 coins per token, by which the module goes; 0: none. */
  readonly price: bigint
  /** What the last block says: the price comes to it within two windows. */
  readonly market: bigint
  /** Why there can never be one: the expression cannot be read. Null: it can. */
  readonly unreadable: string | null
  /** Blocks until there can be a price. */
  readonly blocksLeft: number
  readonly height: number
}

/** The price of each token, by its id: the chain is asked once. */
export async function pricesOf(
  asset: KomodoClient,
  tokens: readonly Pick<PegToken, 'tokenId' | 'price'>[],
  given: WithSignal,
): Promise<ReadonlyMap<string, PriceView>> {
  const { feeds, height, window } = await asset.prices(1, given)
  const values = (which: 'raw' | 'smoothed') =>
    new Map(feeds.map(({ name, samples }) => [name, samples[0]?.[which] ?? 0n]))
  const [raw, smoothed] = [values('raw'), values('smoothed')]
  return new Map(
    tokens.map(({ tokenId, price: expression }) => {
      const price = priceBy(expression, smoothed)
      const blocksLeft = price > 0n ? 0 : Math.max(0, 2 * window + 1 - height)
      const parsed = parseExpression(expression, [...raw.keys()])
      const unreadable = parsed.ok ? null : parsed.message
      return [tokenId, { price, market: priceBy(expression, raw), height, unreadable, blocksLeft }]
    }),
  )
}

export interface HolderView extends PriceView {
  /** Null: he never had one. */
  readonly account: AccountState | null
  readonly tokens: bigint
  readonly coins: bigint
  /** Hundredths of a percent; null: nothing stands against the debt. */
  readonly ratio: bigint | null
  readonly mostToGet: bigint
}

export interface Holding {
  readonly peg: Peg
  readonly token: PegToken
  readonly pubkey: string
}

/** `prices`: those that were asked for already. */
export async function viewOf(
  asset: KomodoClient,
  { peg, token, pubkey }: Holding,
  { prices, ...given }: WithSignal & { readonly prices?: ReadonlyMap<string, PriceView> },
): Promise<HolderView> {
  const known = prices ?? (await pricesOf(asset, [token], given))
  const price = known.get(token.tokenId) as PriceView
  const account = accountIn(await asset.pegAccounts(peg.pegsTxid, given), token)
  const { balance } = await asset.nodeInfo(given)
  const { deposit, debt } = account ?? { deposit: 0n, debt: 0n }
  return {
    ...price,
    account,
    tokens: await asset.tokenBalance(token.tokenId, pubkey, given),
    coins: balance,
    ratio: ratioOf(debt, valueOf(deposit, price.price)),
    mostToGet: mostToGet({ deposit, debt }, price.price, peg.thresholds),
  }
}

function accountIn(accounts: readonly PegAccount[], { name }: PegToken): AccountState | null {
  const found = accounts.find((account) => account.token === name)
  return found ? { deposit: found.deposit, debt: found.debt } : null
}
