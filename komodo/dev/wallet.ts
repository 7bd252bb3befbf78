/** A node's wallet: keys, watched scripts, and its coins. */
import * as tx from '../tx/index.js'
import type { Chain, Coin } from './chain/chain.js'

export interface OwnCoin extends Coin {
  readonly confirmations: number
  readonly address: string
  readonly spendable: boolean
  readonly redeemScript?: string
}

export class Wallet {
  /** Private keys by public key. */
  readonly keys = new Map<string, Uint8Array>()
  /** Labels by script. */
  readonly watched = new Map<string, string>()
  /** Redeem scripts by the P2SH script that they unlock. */
  readonly redeemScripts = new Map<string, string>()
  private readonly byHash = new Map<string, string>()
  private readonly locked = new Set<string>()

  /** Milliseconds for which its own unconfirmed transactions stay unseen. */
  delayMs = 0

  constructor(private readonly now: () => number) {}

  addKey(privateKey: Uint8Array): string {
    const pubkey = tx.publicKeyOf(privateKey)
    this.keys.set(pubkey, privateKey)
    this.byHash.set(tx.hash160Hex(pubkey), pubkey)
    return pubkey
  }

  addRedeemScript(script: string): void {
    this.redeemScripts.set(tx.payToScriptHash(tx.hash160Hex(script)), script)
  }

  /** The public key that owns a script alone. */
  ownerOf(script: string): string | undefined {
    const kind = tx.scriptKind(script)
    if (kind.kind === 'pubkey') return this.keys.has(kind.pubkey) ? kind.pubkey : undefined
    return kind.kind === 'pubkeyhash' ? this.byHash.get(kind.hash) : undefined
  }

  isMine(script: string): boolean {
    if (this.ownerOf(script) !== undefined) return true
    const redeem = tx.scriptKind(this.redeemScripts.get(script) ?? '')
    return redeem.kind === 'multisig' && redeem.pubkeys.every((pubkey) => this.keys.has(pubkey))
  }

  isWatched(script: string): boolean {
    return this.watched.has(script) && !this.isMine(script)
  }

  lock(outpoints: readonly string[]): void {
    for (const outpoint of outpoints) this.locked.add(outpoint)
  }

  unlock(outpoints: readonly string[] | null): void {
    if (!outpoints) this.locked.clear()
    else for (const outpoint of outpoints) this.locked.delete(outpoint)
  }

  get lockedOutpoints(): readonly string[] {
    return [...this.locked]
  }

  /** Whether an unconfirmed transaction has been noticed already. */
  sees(chain: Chain, txid: string): boolean {
    const entry = chain.mempool.get(txid)
    return !entry || entry.time + this.delayMs <= this.now()
  }

  /** Unspent outputs that it owns or watches, unconfirmed ones too. */
  coins(chain: Chain): OwnCoin[] {
    const scripts = [...this.keys.keys()].flatMap((pubkey) => [
      tx.payToPubkey(pubkey),
      tx.payToPubkeyHash(tx.hash160Hex(pubkey)),
    ])
    const relevant = new Set([...scripts, ...this.watched.keys(), ...this.redeemScripts.keys()])
    const addresses = new Set([...relevant].flatMap((script) => chain.addressOf(script) ?? []))
    const confirmed = [...addresses].flatMap((address) => chain.indexed(address, 0))
    const pooled = [...chain.mempool.values()].flatMap(({ txid, tx: { outputs } }) =>
      outputs.flatMap(({ script }, vout) => (relevant.has(script) ? (chain.poolCoin(txid, vout) ?? []) : [])),
    )
    return [...confirmed, ...pooled].flatMap((coin) => {
      if (
        !relevant.has(coin.script) ||
        chain.poolSpender(coin.txid, coin.vout) ||
        !this.sees(chain, coin.txid)
      )
        return []
      const spendable = this.isMine(coin.script)
      if (!spendable && !this.watched.has(coin.script)) return []
      const address = chain.addressOf(coin.script) as string
      const redeemScript = this.redeemScripts.get(coin.script)
      return {
        ...coin,
        confirmations: Math.max(0, chain.confirmations(coin.txid)),
        address,
        spendable,
        redeemScript,
      }
    })
  }

  /** Coins of single keys that may be spent, in the order of a wallet's map: by id as hashed. */
  spendable(chain: Chain): OwnCoin[] {
    return this.coins(chain)
      .filter((coin) => coin.spendable && this.ownerOf(coin.script) !== undefined)
      .filter(({ txid, vout }) => !this.locked.has(`${txid}:${vout}`))
      .map((coin) => ({ coin, order: tx.turned(coin.txid) }))
      .sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : a.coin.vout - b.coin.vout))
      .map(({ coin }) => coin)
  }

  /**
   * Inputs worth at least `total`, at most `most` of them, none worth less than `total / most`; `null` if there are
   * none such. The smallest one that suffices is taken, else the largest.
   */
  pick(chain: Chain, total: bigint, most: number, confirmations = 0): OwnCoin[] | null {
    const least = total / BigInt(most)
    const candidates: OwnCoin[] = []
    let gathered = 0n
    for (const coin of this.spendable(chain)) {
      if (coin.value < least || coin.confirmations < confirmations) continue
      candidates.push(coin)
      gathered += coin.value
      if (candidates.length >= most || gathered >= total) break
    }
    if (gathered < total) return null
    const picked: OwnCoin[] = []
    let rest = total
    while (rest > 0n && candidates.length > 0) {
      const above = candidates.filter(({ value }) => value >= rest)
      const choice = above.length
        ? above.reduce((a, b) => (b.value < a.value ? b : a))
        : candidates.reduce((a, b) => (b.value > a.value ? b : a))
      candidates.splice(candidates.indexOf(choice), 1)
      picked.push(choice)
      rest -= choice.value
    }
    return picked
  }
}
