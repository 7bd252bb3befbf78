/** One daemon: a chain as it sees it, its wallet, and what is wrong with it. */
import type { Chain } from './chain/chain.js'
import type { Ledger } from './chain/ledger.js'
import { checkTransaction } from './chain/accept.js'
import * as tx from '../tx/index.js'
import type { ChainEvent } from './chain/store.js'
import type { ChainName, Family } from './types.js'
import type { Wallet } from './wallet.js'

/** Requests that are lost after a lock has leaked; the thread that holds it answers all later ones. */
const LOST_AFTER_LEAK = 3

export type Health =
  | { readonly state: 'well' }
  /** Accepts connections and never answers. */
  | { readonly state: 'hung' }
  /** A lock leaked: `lost` more requests get no answer, later ones do, from a chain that stands still. */
  | { state: 'frozen'; lost: number; readonly view: Chain }

export interface NodeOptions {
  readonly name: ChainName
  readonly operator: number
  readonly ledger: Ledger
  readonly wallet: Wallet
  readonly family: Family
  readonly hasPegs: boolean
  /** Transactions that were signed here: their signatures need no second look. */
  readonly known: Set<string>
  readonly now: () => number
  readonly append: (event: ChainEvent) => void
}

export class DevNode {
  health: Health = { state: 'well' }
  warmUp: string | null = null
  /** Started with -addressindex. */
  addressIndex = true
  /** The peg given with -earlytxid. */
  earlyTxid: string | null = null
  /** The key given with -pubkey. */
  pubkey: string | null = null
  /** Whether a lock leaks as in real daemons. */
  leaks: () => boolean = () => true

  constructor(readonly options: NodeOptions) {}

  get name(): ChainName {
    return this.options.name
  }

  get chain(): Chain {
    return this.health.state === 'frozen' ? this.health.view : this.options.ledger.chain
  }

  get wallet(): Wallet {
    return this.options.wallet
  }

  get known(): Set<string> {
    return this.options.known
  }

  get family(): Family {
    return this.options.family
  }

  /** A daemon of 2020, whose chain was begun with -ac_import=PEGSCC. */
  get hasPegs(): boolean {
    return this.options.hasPegs
  }

  now(): number {
    return this.options.now()
  }

  freeze(): void {
    if (this.health.state !== 'frozen')
      this.health = { state: 'frozen', lost: LOST_AFTER_LEAK, view: this.options.ledger.chain.copy() }
  }

  /** A frozen node keeps the transaction to itself. Throws `RpcError`. */
  submit(hex: string): string {
    if (this.health.state !== 'frozen') return this.options.ledger.submit(hex)
    const entry = checkTransaction(this.health.view, hex, this.options.ledger.options.policy, this.now())
    if (entry) this.health.view.enter(entry)
    return entry?.txid ?? tx.txidOf(hex)
  }

  importKey(wif: string): string {
    const pubkey = this.wallet.addKey(tx.decodeWif(wif))
    this.options.append({ type: 'key', chain: this.name, operator: this.options.operator, value: wif })
    return pubkey
  }

  watch(script: string, label: string): void {
    this.wallet.watched.set(script, label)
    this.options.append({
      type: 'watch',
      chain: this.name,
      operator: this.options.operator,
      value: script,
      label,
    })
  }

  addRedeemScript(script: string): void {
    this.wallet.addRedeemScript(script)
    this.options.append({ type: 'script', chain: this.name, operator: this.options.operator, value: script })
  }
}
