/** One chain as all healthy nodes share it: each event is written down first, then applied. */
import * as tx from '../../tx/index.js'
import { Chain } from './chain.js'
import type { ChainParams, PoolEntry, StoredTx } from './chain.js'
import { checkTransaction, isFinal } from './accept.js'
import type { Policy } from './accept.js'
import { spentBy } from './issue.js'
import { nextPrices, pricesOf, type Market } from './market.js'
import { buildBlock, storedOf } from './mine.js'
import type { ChainEvent, LedgerEvent } from './store.js'
import type { ChainName } from '../types.js'
import { RpcError } from '../rpc/errors.js'

export interface LedgerOptions {
  readonly name: ChainName
  readonly params: ChainParams
  readonly policy: Policy
  readonly append: (event: ChainEvent) => void
  readonly now: () => number
  /** What the web says of the feeds at first; absent: the chain has no feeds. */
  readonly market?: Market
}

export class Ledger {
  readonly chain: Chain
  /** Blocks that were mined so far, forks included: tells blocks of the same height apart. */
  private mined = 0
  private web: Market | undefined
  /** Whether blocks are mined. */
  generating = true

  constructor(readonly options: LedgerOptions) {
    this.chain = new Chain(options.params)
    this.web = options.market
    const genesis = buildBlock(this.chain, [], { time: options.params.genesisTime, fork: 0 })
    this.chain.connect(genesis.block, genesis.transactions)
  }

  /** Seconds. */
  now(): number {
    return Math.floor(this.options.now() / 1000)
  }

  /** Lets a transaction into the mempool; its id. Throws `RpcError`. */
  submit(hex: string): string {
    const time = this.options.now()
    const entry = checkTransaction(this.chain, hex, this.options.policy, time)
    if (!entry) return tx.txidOf(hex)
    this.options.append({ type: 'tx', chain: this.options.name, hex: entry.hex, time })
    this.chain.enter(entry)
    return entry.txid
  }

  /** Mines what the mempool holds, or nothing but the coinbase, of now or of `seconds`; hash of the block. */
  mine(empty = false, seconds = this.now()): string {
    const pool = empty ? [] : this.ready()
    const time = Math.max(this.chain.tip.header.time + 1, seconds)
    const fork = ++this.mined
    const prices = this.web && nextPrices(pricesOf(this.chain, this.chain.tip), this.web)
    const feeds = prices === undefined ? {} : { prices }
    const built = buildBlock(this.chain, pool, { time, fork, ...feeds })
    const { nonce, solution } = built.block.header
    this.options.append({
      type: 'block',
      chain: this.options.name,
      time,
      fork,
      work: { nonce, solution: solution ?? '' },
      ...feeds,
      txids: pool.map(({ txid }) => txid),
    })
    return this.addBlock(built)
  }

  /** From the next block on the feeds move towards these prices, in 1e-8. */
  setMarket(market: Market): void {
    const raw = Object.fromEntries(Object.entries(market).map(([name, value]) => [name, value.toString()]))
    this.options.append({ type: 'market', chain: this.options.name, prices: raw })
    this.learnMarket(raw)
  }

  private learnMarket(prices: Readonly<Record<string, string>>): void {
    const found = Object.entries(prices).map(([name, value]) => [name, BigInt(value)])
    this.web = { ...this.web, ...(Object.fromEntries(found) as Market) }
  }

  private addBlock({ block, transactions }: ReturnType<typeof buildBlock>): string {
    this.chain.connect(block, transactions)
    for (const { txid, tx: transaction } of [...this.chain.mempool.values()])
      if (transaction.expiryHeight !== 0 && transaction.expiryHeight <= this.chain.height)
        this.chain.evict(txid)
    return block.hash
  }

  /** The mempool in an order in which no transaction precedes one that it spends; what has expired is left out. */
  private ready(): PoolEntry[] {
    const { chain } = this
    const next = chain.height + 1
    const done = new Set<string>()
    const order: PoolEntry[] = []
    const visit = (entry: PoolEntry): boolean => {
      if (done.has(entry.txid)) return true
      const { expiryHeight, overwintered, inputs } = entry.tx
      if (overwintered !== next >= chain.params.saplingHeight) return false
      if (expiryHeight !== 0 && next > expiryHeight) return false
      // A reorganisation may have brought it back below its lock time.
      if (!isFinal(chain, entry.tx)) return false
      const parents = inputs.flatMap(({ txid }) => chain.mempool.get(txid) ?? [])
      if (!parents.every(visit)) return false
      done.add(entry.txid)
      order.push(entry)
      return true
    }
    for (const entry of chain.mempool.values()) visit(entry)
    return order
  }

  /** Takes the last block off; its transactions return to the mempool. `invalid`: it may not come back. */
  disconnect(invalid = false): void {
    this.options.append({ type: 'disconnect', chain: this.options.name, invalid })
    this.undo(invalid)
  }

  private undo(invalid: boolean): void {
    const { chain } = this
    const { hash } = chain.tip
    const returned = chain.disconnect()
    if (invalid) chain.invalid.add(hash)
    const waiting = [...chain.mempool.values()]
    for (const { txid } of waiting) chain.evict(txid)
    const time = this.options.now() - 60_000
    for (const stored of returned) this.readmit(stored, time)
    for (const entry of waiting) this.readmit(entry, entry.time)
  }

  /** Puts transactions that were valid before into the mempool again, unless their inputs are gone. */
  private readmit({ txid, hex, tx: transaction }: StoredTx, time: number): void {
    const { chain } = this
    const spent = transaction.inputs.map((_, index) => spentBy(chain, transaction, index))
    if (spent.includes(undefined) || chain.mempool.has(txid)) return
    const paid = spent.reduce((sum, coin) => sum + (coin?.value ?? 0n), 0n)
    const total = transaction.outputs.reduce((sum, { value }) => sum + value, 0n)
    chain.enter({ txid, hex, tx: transaction, time, height: chain.height, fee: paid - total })
  }

  /** Brings back the branch that ends in a block that had been declared invalid, if it is the longer one. */
  reconsider(hash: string): void {
    this.options.append({ type: 'reconsider', chain: this.options.name, hash })
    this.bringBack(hash)
  }

  private bringBack(hash: string): void {
    const { chain } = this
    for (const each of [...chain.invalid]) {
      const block = chain.blocks.get(each)
      if (each === hash || (block && this.descends(block.hash, hash))) chain.invalid.delete(each)
    }
    const tips = [...chain.blocks.values()].filter(
      (block) => block.height > chain.height && this.descends(block.hash, hash),
    )
    const best = tips.sort((a, b) => b.height - a.height)[0]
    if (!best) return
    const branch: string[] = []
    let at = chain.blocks.get(best.hash)
    while (at && !chain.isActive(at)) {
      branch.unshift(at.hash)
      at = chain.blocks.get(at.header.previous)
    }
    if (!at) return
    while (chain.tip.hash !== at.hash) this.undo(false)
    for (const next of branch) {
      const block = chain.blocks.get(next)
      if (block)
        chain.connect(
          block,
          block.txids.flatMap((txid) => this.stored(txid)),
        )
    }
  }

  private stored(txid: string): StoredTx[] {
    const found = this.chain.find(txid)
    return found ? [storedOf(found.tx)] : []
  }

  private descends(hash: string, ancestor: string): boolean {
    const target = this.chain.blocks.get(ancestor)
    let at = this.chain.blocks.get(hash)
    while (at && target && at.height > target.height) at = this.chain.blocks.get(at.header.previous)
    return at !== undefined && at.hash === ancestor
  }

  /** The mempool is lost, as after a kill. */
  loseMempool(): void {
    for (const txid of [...this.chain.mempool.keys()]) {
      if (!this.chain.mempool.has(txid)) continue
      this.options.append({ type: 'evict', chain: this.options.name, txid })
      this.chain.evict(txid)
    }
  }

  /** The last blocks are lost with the mempool, as after a kill; the address index still has what they made. */
  lose(blocks: number): void {
    this.options.append({ type: 'lose', chain: this.options.name, blocks })
    this.dropBlocks(blocks)
  }

  private dropBlocks(blocks: number): void {
    const { chain } = this
    for (const txid of [...chain.mempool.keys()]) chain.evict(txid)
    for (let k = 0; k < blocks; k++) chain.disconnect({ index: false })
  }

  reindex(): void {
    this.options.append({ type: 'reindex', chain: this.options.name })
    this.chain.rebuildIndex()
  }

  /** Applies the events that were written down. */
  replay(event: LedgerEvent): void {
    const { chain } = this
    switch (event.type) {
      case 'tx': {
        const decoded = tx.decodeTransaction(event.hex)
        return this.readmit({ txid: tx.txidOf(event.hex), hex: event.hex, tx: decoded }, event.time)
      }
      case 'block': {
        this.mined = event.fork
        const pool = event.txids.flatMap((txid) => chain.mempool.get(txid) ?? [])
        return void this.addBlock(buildBlock(chain, pool, event))
      }
      case 'market':
        return this.learnMarket(event.prices)
      case 'disconnect':
        return this.undo(event.invalid)
      case 'reconsider':
        return this.bringBack(event.hash)
      case 'evict':
        return chain.evict(event.txid)
      case 'lose':
        return this.dropBlocks(event.blocks)
      case 'reindex':
        return chain.rebuildIndex()
    }
  }

  /** `invalidateblock`: takes blocks off until this one is gone. Throws `RpcError`. */
  invalidate(hash: string): void {
    const block = this.chain.blocks.get(hash)
    if (!block) throw new RpcError(-5, 'Block not found')
    if (!this.chain.isActive(block)) return
    while (this.chain.height >= block.height) this.disconnect(true)
  }
}
