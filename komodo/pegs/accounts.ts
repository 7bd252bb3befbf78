/** All accounts of a peg, read from its chain: a daemon lists its own, and those above 90 %. */
import type { KomodoClient } from '../client.js'
import * as tx from '../tx/index.js'
import type { AccountState } from './formulas.js'
import { PEGS_PUBKEY } from './inspect.js'

export interface ListedAccount extends AccountState {
  /** The transaction that made its state. */
  readonly txid: string
  readonly tokenId: string
  readonly owner: string
  /** Tokens were exchanged out of it: no daemon liquidates it before its owner does something with it. */
  readonly exchanged: boolean
}

type WithSignal = { readonly signal: AbortSignal }

/** What transactions left behind, by their ids: it never changes. Null: no account of the peg. */
export type KnownAccounts = Map<string, ListedAccount | null>

/** Each account has an output at one address of the module. Those that hold and owe nothing are left out. */
export async function allAccounts(
  client: KomodoClient,
  pegsTxid: string,
  known: KnownAccounts,
  given: WithSignal,
): Promise<readonly ListedAccount[]> {
  const condition = tx.sharedCondition(tx.EVAL.pegs, [PEGS_PUBKEY, PEGS_PUBKEY])
  const address = tx.addressOfScript(tx.conditionScript(condition)) as string
  const markers = (await client.utxos(address, true, given)).filter(({ vout }) => vout === MARKER_VOUT)
  const before = new Map(known)
  known.clear()
  const accounts: ListedAccount[] = []
  for (const { txid } of markers) {
    const seen = before.get(txid)
    const account = seen === undefined ? await accountAt(client, { pegsTxid, txid }, given) : seen
    known.set(txid, account)
    if (account !== null && (account.deposit !== 0n || account.debt !== 0n)) accounts.push(account)
  }
  return accounts
}

const MARKER_VOUT = 0

/** The account that a transaction left behind; null if it is none of this peg, or was liquidated. */
export async function accountAt(
  client: KomodoClient,
  { pegsTxid, txid }: { readonly pegsTxid: string; readonly txid: string },
  given: WithSignal,
): Promise<ListedAccount | null> {
  const found = await client.transaction(txid, given)
  if (!found) return null
  const decoded = tx.decodeTransaction(found.hex)
  const { op, tokenId = null } = tx.pegsOpOf(decoded) ?? {}
  if (op === undefined || op.op === 'pegs-create' || op.op === 'pegs-liquidate') return null
  if (op.pegsTxid !== pegsTxid || tokenId === null) return null
  const exchanged = op.op === 'pegs-exchange'
  const outer = tx.opOf(decoded)
  const owner = !exchanged ? op.pubkey : outer?.op === 'token-transfer' ? (outer.owners[1] ?? '') : ''
  // An exchange out of the pool alone touches no account.
  if (owner === '') return null
  return { txid, tokenId, owner, deposit: op.deposit, debt: op.debt, exchanged }
}
