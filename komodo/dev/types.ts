/** Options and results of the embedded pair of chains. */

export type ChainName = 'asset' | 'reference'

/**
 * Which daemon is played. `A`: today's master and the one of 2020 (gatewaysclaim, partialsign, completesigning, format
 * `Ihh`). `B`: the refactored gateways (gatewayswithdrawsign, format `IhhL`, `depositaddr`). `hybrid`: A that answers
 * to `pegsclose` too.
 */
export type Family = 'A' | 'B' | 'hybrid'

export interface GatewayOptions {
  /** Signatures that a withdrawal needs, of how many keys. Default 1 of 1. */
  readonly m: number
  readonly n: number
}

/** The asset chain of a daemon of 2020, with the modules of pegs and prices. */
export interface DevPegsOptions {
  /** Blocks over which prices are evened out: a day's on real chains (default 12). Prices begin after two of them. */
  readonly priceWindow?: number
  /** `-ac_pegsccparams`: account,global,yellow, percent (default 90,90,60). */
  readonly params?: string
  /**
   * Nothing is on the asset chain yet, not even coins: its first block pays all to the first operator, and blocks come
   * only while `setgenerate` says so. Otherwise all gateways are in one peg.
   */
  readonly empty?: boolean
}

export interface DevKomodoOptions {
  /** Directory of both chains; made if missing. One process at a time. */
  readonly dataDir: string
  /** Port of the first operator's asset daemon; the other daemons follow it upwards. 0 or absent: any free ports. */
  readonly port?: number
  /** Everything that is random (keys, block hashes, reference chain) follows from it. Default `pegminer`. */
  readonly seed?: string
  readonly family?: Family
  /** The gateways that are bound when the chain begins; default one, 1 of 1. At most 15 keys each. */
  readonly gateways?: readonly GatewayOptions[]
  /** Absent: a daemon of today, which has no such modules. Family B's pegs are not played. */
  readonly pegs?: DevPegsOptions
  /**
   * Outputs that pay for headers when the chain begins, for each publisher (default 20), and coins in each (default 1).
   */
  readonly subscriptions?: number
  readonly subscription?: number
  /** Satoshis that one header costs (default 100,000). */
  readonly dataFee?: number
  /** Height of the reference chain when it begins (default 60). */
  readonly referenceHeight?: number
  /** Whether the reference daemons keep an address index (default true). */
  readonly referenceIndex?: boolean
  /** No timer: blocks come by `control.mine` only. */
  readonly manual?: boolean
  /** Seconds between blocks of each chain (default 1 on the asset chain, 2 on the reference chain). */
  readonly blockSeconds?: Partial<Record<ChainName, number>>
  /** Milliseconds until a wallet sees its own unconfirmed transactions (real nodes: up to 1,000; default 0). */
  readonly walletDelayMs?: number
  /** Bytes of an OP_RETURN script that the asset chain relays (default 8,192; today's daemon without options: 208). */
  readonly dataCarrierSize?: number
  /** UNIX milliseconds (default: the system's clock). */
  readonly now?: () => number
  /** Closes both chains. */
  readonly signal?: AbortSignal
  /** Told when something cannot be written down. */
  readonly onError?: (error: Error) => void
}

/** How a daemon is reached: JSON-RPC over HTTP with Basic authentication. */
export interface DaemonAccess {
  /** `http://127.0.0.1:port` */
  readonly url: string
  readonly user: string
  readonly password: string
}

/** One operator: his key, and his two daemons, whose wallets hold it. */
export interface DevOperator {
  readonly pubkey: string
  /** Private key, as `dumpprivkey` prints it. Of no value: it follows from the seed. */
  readonly wif: string
  /** Address of the key, the same on both chains. */
  readonly address: string
  readonly asset: DaemonAccess
  readonly reference: DaemonAccess
}

export interface DevGateway {
  readonly tokenId: string
  readonly oracleTxid: string
  readonly bindTxid: string
  readonly coin: string
  readonly m: number
  readonly n: number
  readonly depositAddress: string
  /** Keys in the order of the binding: those of the first `n` operators. */
  readonly pubkeys: readonly string[]
}

/** A request as a daemon got it, and where it stands. */
export interface DevCall {
  /** Counts all calls of all daemons from 1. */
  readonly number: number
  readonly chain: ChainName
  /** Index of the operator whose daemon was asked; the user comes behind the last operator. */
  readonly operator: number
  readonly method: string
  readonly params: readonly unknown[]
  /** `asked`: nothing has happened yet. `done`: it has happened, the reply is not sent yet. */
  readonly phase: 'asked' | 'done'
}

/**
 * What a listener makes of a call: `drop` cuts the connection without a reply, `hang` never replies, `busy` says that
 * the work queue is full, `unavailable` is HTTP 503 as of a daemon that stops, `internal` an exception of the daemon's
 * own (`std::bad_array_new_length`), as it was seen in passing.
 */
export type CallVerdict = 'drop' | 'hang' | 'busy' | 'unavailable' | 'internal' | undefined

export interface WithdrawalRequest {
  /** Index of the gateway. */
  readonly gateway?: number
  /** Satoshis. */
  readonly amount: bigint
  /** Whom the reference chain pays; default: the user that the embedded network comes with. */
  readonly pubkey?: string
}

/** Everything that a test, or the development network itself, does to the chains. */
export interface DevControl {
  /** Mines blocks with what the mempool holds; their hashes. */
  mine(chain: ChainName, blocks?: number): readonly string[]
  /** Whether the first operator's daemon mines, on a chain that began empty; else true. */
  isGenerating(): boolean
  setGenerating(on: boolean): void
  /** Takes the last `depth` blocks off; their transactions return to the mempool. */
  disconnect(chain: ChainName, depth: number): void
  /** Takes `depth` blocks off and mines `depth + 1` others. `empty`: those stay without the returned transactions. */
  reorg(chain: ChainName, depth: number, options?: { readonly empty?: boolean }): readonly string[]
  height(chain: ChainName): number
  mempool(chain: ChainName): readonly string[]
  /** A user without a daemon burns tokens and asks for a payout; id of the transaction, which waits in the mempool. */
  withdraw(request: WithdrawalRequest): string
  /** Whether a gateway takes no withdrawal now, since one is under way: each takes one at a time. */
  isWithdrawing(gateway?: number): boolean
  /** A user pays a gateway on the reference chain; id of that transaction. */
  deposit(request: { readonly gateway?: number; readonly amount: bigint }): string
  /** Pays from the miner's purse. */
  pay(chain: ChainName, address: string, amount: bigint): string
  /** What all outputs of an address are worth, mempool included; satoshis. */
  balance(chain: ChainName, address: string): bigint
  /** An operator's wallet loses its plain coins (`keep` satoshis stay, in one output). */
  drain(chain: ChainName, operator: number, keep?: bigint): void
  /** Locks leaked: the node answers from its fourth request on, at a height that never changes. */
  freeze(chain: ChainName, operator?: number): void
  /** Connections are accepted, nothing is answered. */
  hang(chain: ChainName, operator?: number): void
  /** Connections are refused. */
  stop(chain: ChainName, operator?: number): Promise<void>
  /**
   * Starts a stopped, hung or frozen daemon again; `loseMempool` as after a kill. With `earlyTxid` (-earlytxid) it does
   * not start on a chain beyond height 100 unless that transaction stands at 100 or below: `E_DEVKOMODO_OPTION`.
   */
  restart(
    chain: ChainName,
    operator?: number,
    options?: { readonly loseMempool?: boolean; readonly earlyTxid?: string },
  ): Promise<void>
  /**
   * A daemon without peers was killed: its last blocks and the mempool are lost, and the address index keeps what they
   * had made, until `reindex`.
   */
  loseBlocks(chain: ChainName, blocks: number): void
  /** As a start with -reindex: the address index holds what the chain holds. */
  reindex(chain: ChainName): void
  /** Every request is answered with -28 and this text until it is `null`. */
  warmUp(chain: ChainName, text: string | null, operator?: number): void
  /** From the next block on the feeds of the asset chain move towards these prices, in 1e-8. */
  market(prices: Readonly<Record<string, bigint>>): void
  /** Told of every call, before and after it happens. Returns the way to stop listening. */
  onCall(listener: (call: DevCall) => CallVerdict | void): () => void
  /** Lock leaks of real daemons (default true): numbers as parameters and `gatewayswithdraw` freeze the node. */
  lockLeaks: boolean
}

export interface DevKomodo {
  /** Daemons and key of the first operator. */
  readonly asset: DaemonAccess
  readonly reference: DaemonAccess
  readonly pubkey: string
  readonly operators: readonly DevOperator[]
  /** A user who holds tokens and coins, with daemons of his own, but signs for no gateway. */
  readonly user: DevOperator
  readonly gateways: readonly DevGateway[]
  /** Of the first gateway. */
  readonly oracleTxid: string
  readonly bindTxid: string
  /** The peg, if the daemons have pegs and the chain did not begin empty. */
  readonly pegsTxid: string | null
  readonly format: 'Ihh' | 'IhhL'
  /** Ticker of the asset chain, and of the reference chain. */
  readonly assetName: string
  readonly coin: string
  readonly control: DevControl
  close(): Promise<void>
}
