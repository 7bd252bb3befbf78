/** What the use of a peg builds, held against what was worked out before. Throws `E_KOMODO_INSPECT`. */
import { broken, MARKER_SAT, type BuiltFor, type Inspected } from '../built.js'
import * as tx from '../tx/index.js'
import type { TxOutput } from '../tx/index.js'
import type { AccountState } from './formulas.js'
import { conditionOutput, inspect, PEGS_PUBKEY, POOL_SCRIPT, tokenOutput, wrap } from './inspect.js'

export interface AccountIntent {
  readonly pegsTxid: string
  readonly tokenId: string
  readonly amount: bigint
  /** The account as it will be. */
  readonly after: AccountState
}

const marker = (pubkey: string): TxOutput =>
  conditionOutput(tx.sharedCondition(tx.EVAL.pegs, [pubkey, PEGS_PUBKEY]), MARKER_SAT)
const markers = (pubkey: string): TxOutput[] => [marker(PEGS_PUBKEY), marker(pubkey)]

function payload(op: tx.PegsAccountOp['op'], intent: AccountIntent, pubkey: string): tx.PegsAccountOp {
  const { pegsTxid, amount, after } = intent
  return { op, pegsTxid, pubkey, amount, deposit: after.deposit, debt: after.debt }
}

/** Tokens into the account; own plain coins are not needed. */
export function inspectFund(hex: string, intent: AccountIntent, around: BuiltFor): Inspected {
  const { pubkey } = around
  const deposited = tx.sharedTokenCondition(tx.EVAL.pegs, [pubkey, PEGS_PUBKEY])
  return inspect(
    hex,
    {
      op: wrap(intent.tokenId, [pubkey, PEGS_PUBKEY], tx.PEGS_BLOB, payload('pegs-fund', intent, pubkey)),
      outputs: [...markers(pubkey), conditionOutput(deposited, intent.amount)],
      others: [POOL_SCRIPT, tokenOutput(pubkey, 0n).script],
      plain: false,
    },
    around,
  )
}

/** Coins out of nothing, for the own key. */
export function inspectGet(hex: string, intent: AccountIntent, around: BuiltFor): Inspected {
  const { pubkey } = around
  const { tokenId, amount, after, pegsTxid } = intent
  const found = tx.opOf(tx.decodeTransaction(hex))
  const wanted = { pegsTxid, tokenId, pubkey, amount, ...after }
  const keys = Object.keys(wanted) as (keyof typeof wanted)[]
  if (found?.op !== 'pegs-get' || keys.some((key) => found[key] !== wanted[key]))
    throw broken('op-return', 'its burn does not say what was asked for')
  const outputs = [...markers(pubkey), { value: amount, script: tx.payToPubkey(pubkey) }]
  return inspect(hex, { op: found, outputs, plain: false }, around)
}

/** The whole debt burnt, the whole deposit back. */
export function inspectRedeem(
  hex: string,
  intent: AccountIntent & { readonly debt: bigint },
  around: BuiltFor,
): Inspected {
  const { pubkey } = around
  return inspect(
    hex,
    {
      op: wrap(intent.tokenId, [pubkey], tx.PEGS_BLOB, payload('pegs-redeem', intent, pubkey)),
      outputs: [...markers(pubkey), tokenOutput(pubkey, intent.amount), burn(intent.pegsTxid, intent.debt)],
      others: [POOL_SCRIPT],
    },
    around,
  )
}

const burn = (pegsTxid: string, value: bigint): TxOutput => ({
  value,
  script: tx.payToPubkey(tx.markerKey(pegsTxid)),
})

export interface LiquidateIntent extends AccountIntent {
  readonly owner: string
  /** Tokens to the pool of the module. */
  readonly pool: bigint
  readonly debt: bigint
}

export function inspectLiquidate(hex: string, intent: LiquidateIntent, around: BuiltFor): Inspected {
  const { pubkey } = around
  const pool = conditionOutput(tx.tokenCondition(tx.EVAL.pegs, PEGS_PUBKEY), intent.pool)
  return inspect(
    hex,
    {
      op: wrap(intent.tokenId, [pubkey], tx.PEGS_BLOB, payload('pegs-liquidate', intent, pubkey)),
      outputs: [
        ...markers(intent.owner),
        tokenOutput(pubkey, intent.amount),
        pool,
        burn(intent.pegsTxid, intent.debt),
      ],
      others: [POOL_SCRIPT],
    },
    around,
  )
}

export type ClaimIntent = Omit<tx.OpOf<'gateway-claim'>, 'op' | 'destination'> & { readonly tokenId: string }

export function inspectClaim(hex: string, intent: ClaimIntent, around: BuiltFor): Inspected {
  const { pubkey } = around
  const { bindTxid, coin, depositTxid, amount, tokenId } = intent
  const op = { op: 'gateway-claim', bindTxid, coin, depositTxid, destination: pubkey, amount } as const
  const rest = conditionOutput(tx.tokenCondition(tx.EVAL.gateways, tx.GATEWAYS_PUBKEY), 0n)
  return inspect(
    hex,
    {
      op: wrap(tokenId, [pubkey], tx.GATEWAY_BLOB, op),
      outputs: [tokenOutput(pubkey, amount)],
      others: [rest.script],
    },
    around,
  )
}

export type DepositIntent = Omit<
  tx.OpOf<'gateway-deposit'>,
  'op' | 'tokenId' | 'publishers' | 'dataTxids' | 'destination'
>

/** The publishers that bear the header out are the daemon's to name; all else is ours. */
export function inspectDeposit(hex: string, intent: DepositIntent, around: BuiltFor): Inspected {
  const { pubkey } = around
  const found = tx.opOf(tx.decodeTransaction(hex))
  const { publishers = [], dataTxids = [] } = found?.op === 'gateway-deposit' ? found : {}
  const op = { op: 'gateway-deposit', ...intent, publishers, dataTxids, destination: pubkey } as const
  const claim = conditionOutput(tx.moduleCondition(tx.EVAL.gateways, pubkey), MARKER_SAT)
  const seen = { value: MARKER_SAT, script: tx.payToPubkey(tx.markerKey(intent.coinTxid)) }
  return inspect(hex, { op, outputs: [claim, seen] }, around)
}

export interface ExchangeIntent {
  readonly pegsTxid: string
  readonly tokenId: string
  /** Coins that are burnt. */
  readonly amount: bigint
  readonly tokens: bigint
}

/** Whose account the tokens come from is the daemon's to say; what comes and what is burnt is not. */
export function inspectExchange(hex: string, intent: ExchangeIntent, around: BuiltFor): Inspected {
  const { pubkey } = around
  const { pegsTxid, tokenId, amount, tokens } = intent
  const outer = tx.opOf(tx.decodeTransaction(hex))
  const owners = outer?.op === 'token-transfer' ? outer.owners : []
  const found = outer?.op === 'token-transfer' ? outer.blobs[0]?.op : null
  const [asker, owner = ''] = owners
  if (found?.op !== 'pegs-exchange' || asker !== pubkey)
    throw broken('op-return', 'it is no exchange for the own key')
  const op = { ...found, pegsTxid, pubkey, amount }
  const deposited = tx.sharedTokenCondition(tx.EVAL.pegs, [owner === '' ? PEGS_PUBKEY : owner, PEGS_PUBKEY])
  return inspect(
    hex,
    {
      op: wrap(tokenId, owners, tx.PEGS_BLOB, op),
      outputs: [...(owner === '' ? [] : markers(owner)), tokenOutput(pubkey, tokens), burn(pegsTxid, amount)],
      others: [POOL_SCRIPT, conditionOutput(deposited, 0n).script],
    },
    around,
  )
}
