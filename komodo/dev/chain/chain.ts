/**
 * One chain: blocks with their forks, unspent outputs, the address index, and the mempool. Nothing here knows of
 * contract modules. As in real nodes, the address index forgets the height of an output that a disconnected block had
 * spent: it comes back with height 0.
 */
import * as tx from '../../tx/index.js'
import type { Thresholds } from '../../pegs/formulas.js'
import type { BlockHeader, Transaction } from '../../tx/index.js'

export interface Block {
  readonly hash: string
  readonly height: number
  readonly header: BlockHeader
  readonly txids: readonly string[]
  readonly size: number
}

export interface StoredTx {
  readonly txid: string
  readonly hex: string
  readonly tx: Transaction
}

export interface Coin {
  readonly txid: string
  readonly vout: number
  readonly value: bigint
  readonly script: string
  readonly coinbase: boolean
  /** Height of its block; 0 in the address index after the block that had spent it was disconnected. */
  readonly height: number
}

export interface Spend {
  readonly txid: string
  readonly index: number
  /** -1 in the mempool. */
  readonly height: number
}

export interface PoolEntry extends StoredTx {
  readonly time: number
  readonly height: number
  readonly fee: bigint
}

/** `1` selects outputs of contract modules, `0` all others, as the second parameter of `getaddressutxos` does. */
export type IndexKind = 0 | 1

export interface HistoryEntry {
  readonly txid: string
  readonly height: number
  readonly value: bigint
}

export interface ChainParams {
  readonly name: string
  /** First height whose transactions are of version 4. */
  readonly saplingHeight: number
  /** Satoshis of the first block's coinbase, then of each. */
  readonly premine: bigint
  /** Blocks over which prices are evened out; absent: the chain has no feeds. */
  readonly priceWindow?: number
  /** Of the Pegs module. */
  readonly thresholds: Thresholds
  readonly reward: bigint
  readonly minerScript: string
  readonly seed: string
  readonly genesisTime: number
  /** Headers carry true work; else they only look like it, which is quicker. */
  readonly proven: boolean
}

const outpointOf = (txid: string, vout: number) => `${txid}:${vout}`
const indexKey = (kind: IndexKind, address: string) => `${kind}${address}`

export function kindOf(script: string): IndexKind {
  return tx.scriptKind(script).kind === 'cryptocondition' ? 1 : 0
}

export class Chain {
  readonly blocks = new Map<string, Block>()
  /** Hash by height. */
  readonly active: string[] = []
  /** Hashes of blocks that were taken off by name and may not come back. */
  readonly invalid = new Set<string>()
  readonly mempool = new Map<string, PoolEntry>()
  private readonly stored = new Map<string, StoredTx>()
  /** Block of a transaction, of the active chain or the last one that held it. */
  private readonly places = new Map<string, string>()
  private readonly unspent = new Map<string, Coin>()
  private readonly spends = new Map<string, Spend>()
  private readonly poolSpends = new Map<string, Spend>()
  private readonly index = new Map<string, Map<string, Coin>>()
  private readonly history = new Map<string, HistoryEntry[]>()
  private readonly addresses = new Map<string, string | null>()

  constructor(readonly params: ChainParams) {}

  get height(): number {
    return this.active.length - 1
  }

  get tip(): Block {
    return this.blocks.get(this.active.at(-1) as string) as Block
  }

  at(height: number): Block | undefined {
    const hash = this.active[height]
    return hash === undefined ? undefined : this.blocks.get(hash)
  }

  isActive(block: Block): boolean {
    return this.active[block.height] === block.hash
  }

  /** A transaction of the mempool or of any block. */
  find(txid: string): StoredTx | undefined {
    return this.mempool.get(txid) ?? this.stored.get(txid)
  }

  /** Its block, if that is on the active chain. */
  blockOf(txid: string): Block | undefined {
    const block = this.anyBlockOf(txid)
    return block && this.isActive(block) ? block : undefined
  }

  /** Its block, orphaned ones too. */
  anyBlockOf(txid: string): Block | undefined {
    const hash = this.places.get(txid)
    return hash === undefined ? undefined : this.blocks.get(hash)
  }

  /** 0 in the mempool, -1 if it is in neither. */
  confirmations(txid: string): number {
    const block = this.blockOf(txid)
    if (block) return this.height - block.height + 1
    return this.mempool.has(txid) ? 0 : -1
  }

  /** An unspent output of the chain (the mempool does not count). */
  coin(txid: string, vout: number): Coin | undefined {
    return this.unspent.get(outpointOf(txid, vout))
  }

  /** An output of the chain or of the mempool, spent by nothing. */
  available(txid: string, vout: number): Coin | undefined {
    const outpoint = outpointOf(txid, vout)
    if (this.poolSpends.has(outpoint)) return undefined
    return this.unspent.get(outpoint) ?? this.poolCoin(txid, vout)
  }

  poolCoin(txid: string, vout: number): Coin | undefined {
    const output = this.mempool.get(txid)?.tx.outputs[vout]
    return output && { ...output, txid, vout, coinbase: false, height: -1 }
  }

  /** The output behind an outpoint, spent or not. */
  output(txid: string, vout: number): { readonly value: bigint; readonly script: string } | undefined {
    return this.find(txid)?.tx.outputs[vout]
  }

  /** Who spends it: in the mempool, or on the chain. */
  spender(txid: string, vout: number): Spend | undefined {
    const outpoint = outpointOf(txid, vout)
    return this.poolSpends.get(outpoint) ?? this.spends.get(outpoint)
  }

  poolSpender(txid: string, vout: number): Spend | undefined {
    return this.poolSpends.get(outpointOf(txid, vout))
  }

  /** The address index: unspent outputs of the chain, by height, then id, then place. */
  indexed(address: string, kind: IndexKind): Coin[] {
    return [...(this.index.get(indexKey(kind, address))?.values() ?? [])].sort(
      (a, b) => a.height - b.height || (a.txid < b.txid ? -1 : a.txid > b.txid ? 1 : a.vout - b.vout),
    )
  }

  /** Everything that ever paid to or spent from an address on the active chain, in order. */
  historyOf(address: string, kind: IndexKind): readonly HistoryEntry[] {
    return this.history.get(indexKey(kind, address)) ?? []
  }

  addressOf(script: string): string | null {
    let address = this.addresses.get(script)
    if (address === undefined) {
      address = tx.addressOfScript(script)
      this.addresses.set(script, address)
    }
    return address
  }

  /** Puts a checked transaction into the mempool. */
  enter(entry: PoolEntry): void {
    this.mempool.set(entry.txid, entry)
    entry.tx.inputs.forEach(({ txid, vout }, index) =>
      this.poolSpends.set(outpointOf(txid, vout), { txid: entry.txid, index, height: -1 }),
    )
  }

  /** Takes a transaction out of the mempool, and all that build on it. */
  evict(txid: string): void {
    const entry = this.mempool.get(txid)
    if (!entry) return
    entry.tx.outputs.forEach((_, vout) => {
      const child = this.poolSpends.get(outpointOf(txid, vout))
      if (child) this.evict(child.txid)
    })
    this.forget(entry)
  }

  private forget(entry: StoredTx): void {
    this.mempool.delete(entry.txid)
    for (const { txid, vout } of entry.tx.inputs) this.poolSpends.delete(outpointOf(txid, vout))
  }

  /** Puts a block on top. Its transactions leave the mempool, and so does what conflicts with them. */
  connect(block: Block, transactions: readonly StoredTx[]): void {
    this.blocks.set(block.hash, block)
    this.active.push(block.hash)
    for (const stored of transactions) {
      this.stored.set(stored.txid, stored)
      this.places.set(stored.txid, block.hash)
      const entry = this.mempool.get(stored.txid)
      if (entry) this.forget(entry)
      this.spendInputs(stored, block.height)
      this.addOutputs(stored, block.height)
    }
  }

  private spendInputs({ txid, tx: transaction }: StoredTx, height: number): void {
    if (tx.isCoinbase(transaction)) return
    transaction.inputs.forEach((input, index) => {
      const outpoint = outpointOf(input.txid, input.vout)
      const rival = this.poolSpends.get(outpoint)
      if (rival) this.evict(rival.txid)
      const coin = this.unspent.get(outpoint)
      this.unspent.delete(outpoint)
      this.spends.set(outpoint, { txid, index, height })
      if (coin) this.unindex(coin, { txid, height, value: -coin.value })
    })
  }

  private addOutputs({ txid, tx: transaction }: StoredTx, height: number): void {
    const coinbase = tx.isCoinbase(transaction)
    transaction.outputs.forEach(({ value, script }, vout) => {
      if (script.startsWith('6a')) return
      const coin: Coin = { txid, vout, value, script, coinbase, height }
      this.unspent.set(outpointOf(txid, vout), coin)
      this.addToIndex(coin, { txid, height, value })
    })
  }

  private addToIndex(coin: Coin, entry?: HistoryEntry): void {
    const address = this.addressOf(coin.script)
    if (address === null) return
    const key = indexKey(kindOf(coin.script), address)
    const coins = this.index.get(key) ?? new Map<string, Coin>()
    this.index.set(key, coins.set(outpointOf(coin.txid, coin.vout), coin))
    if (!entry) return
    const entries = this.history.get(key)
    if (entries) entries.push(entry)
    else this.history.set(key, [entry])
  }

  private unindex(coin: Coin, entry: HistoryEntry): void {
    const address = this.addressOf(coin.script)
    if (address === null) return
    const key = indexKey(kindOf(coin.script), address)
    this.index.get(key)?.delete(outpointOf(coin.txid, coin.vout))
    this.history.get(key)?.push(entry)
  }

  /**
   * Takes the last block off and returns its transactions, the coinbase left out, in their order. `index` false: the
   * address index does not learn of it.
   */
  disconnect({ index = true } = {}): StoredTx[] {
    const block = this.tip
    this.active.pop()
    const transactions = block.txids.map((txid) => this.stored.get(txid) as StoredTx)
    for (const { txid, tx: transaction } of [...transactions].reverse()) {
      transaction.outputs.forEach(({ script }, vout) => {
        const outpoint = outpointOf(txid, vout)
        this.unspent.delete(outpoint)
        const address = index ? this.addressOf(script) : null
        if (address !== null) this.index.get(indexKey(kindOf(script), address))?.delete(outpoint)
      })
      if (!tx.isCoinbase(transaction)) transaction.inputs.forEach((input) => this.restore(input, index))
    }
    if (!index) return transactions.slice(1)
    for (const [key, entries] of this.history) {
      if (entries.at(-1)?.height === block.height)
        this.history.set(
          key,
          entries.filter(({ height }) => height < block.height),
        )
    }
    return transactions.slice(1)
  }

  private restore({ txid, vout }: { readonly txid: string; readonly vout: number }, index: boolean): void {
    const outpoint = outpointOf(txid, vout)
    const source = this.stored.get(txid)
    const output = source?.tx.outputs[vout]
    this.spends.delete(outpoint)
    if (!source || !output || this.unspent.has(outpoint)) return
    const height = this.blockOf(txid)?.height ?? 0
    const coin: Coin = { ...output, txid, vout, coinbase: tx.isCoinbase(source.tx), height }
    this.unspent.set(outpoint, coin)
    if (index) this.addToIndex({ ...coin, height: 0 })
  }

  /** The address index as the chain's unspent outputs make it. */
  rebuildIndex(): void {
    this.index.clear()
    for (const coin of this.unspent.values()) this.addToIndex(coin)
    for (const [key, entries] of this.history)
      this.history.set(
        key,
        entries.filter(({ txid }) => this.blockOf(txid) !== undefined),
      )
  }

  /** A copy that no longer follows: the view of a node whose locks are stuck. */
  copy(): Chain {
    const other = new Chain(this.params)
    const fill = <K, V>(from: Map<K, V>, to: Map<K, V>) => from.forEach((value, key) => to.set(key, value))
    fill(this.blocks, other.blocks)
    other.active.push(...this.active)
    fill(this.mempool, other.mempool)
    fill(this.stored, other.stored)
    fill(this.places, other.places)
    fill(this.unspent, other.unspent)
    fill(this.spends, other.spends)
    fill(this.poolSpends, other.poolSpends)
    this.index.forEach((coins, key) => other.index.set(key, new Map(coins)))
    this.history.forEach((entries, key) => other.history.set(key, [...entries]))
    return other
  }
}
