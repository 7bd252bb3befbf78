/**
 * Exchange of coins for tokens: what the daemon would die of, lose or build in vain is refused before, and the tokens that
 * come are counted after it.
 */
import type { KomodoClient } from '../client.js'
import * as tx from '../tx/index.js'
import { fail, refuse } from './errors.js'
import { tokensFor } from './formulas.js'
import { viewOf, type HolderView, type PegToken } from './holder.js'
import { PEGS_PUBKEY } from './inspect.js'
import { inspectExchange } from './inspect-account.js'
import { checkCoins, DUST, ownOutputs, type Asking, type Operating } from './operations.js'
import { carry } from './write.js'

export type Traded = Awaited<ReturnType<typeof exchange>>

/** Own coins burnt, tokens for them by the price: those that came. */
export async function exchange(operating: Operating, sat: bigint) {
  const { client, journal, peg, token, signal } = operating
  if (journal.write('exchange') === null) {
    const tokens = await mayExchange(operating, sat)
    journal.learn({ tokens: tokens.toString(), before: (await balanceOf(operating)).toString() })
  }
  const tokens = BigInt(journal.fact('tokens') ?? '0')
  const intent = { pegsTxid: peg.pegsTxid, tokenId: token.tokenId, amount: sat, tokens }
  const { txid } = await carry(operating, {
    id: 'exchange',
    confirmations: 1,
    build: async (height) => {
      const hex = await client.pegsExchange(peg.pegsTxid, token.tokenId, sat, { signal })
      return inspectExchange(hex, intent, { height, pubkey: operating.pubkey })
    },
  })
  await mustHave(operating, tokens, txid)
  return { txid, tokens, coins: -sat }
}

/** The tokens that come. Throws `E_PEGS_REFUSED`. */
export async function mayExchange(asking: Asking, sat: bigint): Promise<bigint> {
  const { client, token, signal } = asking
  const given = { signal }
  const view = await viewOf(client, asking, given)
  const pool = await poolOf(client, token, given)
  return tokensOf(sat, { view, pool, outputs: await ownOutputs(client, given) })
}

interface Around {
  readonly view: Pick<HolderView, 'account' | 'price'>
  /** Seized tokens. */
  readonly pool: bigint
  /** Of the own wallet, satoshis. */
  readonly outputs: readonly bigint[]
}

/** What so many coins are exchanged for. Throws `E_PEGS_REFUSED` with the reason why they cannot be. Pure. */
export function tokensOf(sat: bigint, { view, pool, outputs }: Around): bigint {
  if (sat < DUST) throw refuse(`less than ${tx.coinsText(DUST)} coins is dust, which no node takes`)
  if (view.account !== null)
    throw refuse(
      'you have, or had, an account of this token: the daemon exchanges only for others; pegs redeem instead',
    )
  if (view.price === 0n) throw refuse('the token has no price: the daemon would die of it')
  checkCoins(sat, outputs)
  const tokens = tokensFor(sat, view.price)
  if (tokens < pool)
    throw refuse(
      `the pool holds ${tx.coinsText(pool)} tokens, and the rest of what is taken out of it would be lost: exchange coins for all of them, at least`,
    )
  return tokens
}

/** Seized tokens of a kind that wait for an exchange. */
async function poolOf(
  client: KomodoClient,
  { tokenId }: PegToken,
  given: { readonly signal: AbortSignal },
): Promise<bigint> {
  const condition = tx.tokenCondition(tx.EVAL.pegs, PEGS_PUBKEY)
  const address = tx.addressOfScript(tx.conditionScript(condition)) as string
  let sum = 0n
  for (const { txid, sat } of await client.utxos(address, true, given)) {
    const found = await client.transaction(txid, given)
    const op = found && tx.opOf(tx.decodeTransaction(found.hex))
    if (op?.op === 'token-transfer' && op.tokenId === tokenId) sum += sat
  }
  return sum
}

export const balanceOf = ({ client, token, pubkey, signal }: Operating) =>
  client.tokenBalance(token.tokenId, pubkey, { signal })

/** Throws `E_PEGS_DIFFERS` if the tokens of a trade did not come. */
export async function mustHave(operating: Operating, tokens: bigint, txid: string): Promise<void> {
  const before = BigInt(operating.journal.fact('before') ?? '0')
  const now = await balanceOf(operating)
  if (now < before + tokens)
    throw fail(
      'E_PEGS_DIFFERS',
      `after ${txid} you have ${tx.coinsText(now)} tokens, not ${tx.coinsText(before + tokens)}`,
    )
}
