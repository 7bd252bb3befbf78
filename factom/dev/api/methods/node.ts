/** About the node itself: `authorities`, `diagnostics`, `tps-rate`, `replay-from-height`. */
import { encodeAddress } from '../../../address.js'
import { concat, hashBytes, sha256, toHex } from '../../../bytes.js'
import { u64Bytes, ZERO_HASH } from '../../blocks/index.js'
import type { Balances } from '../../chain/balances.js'
import { leaderKey } from '../../chain/minutes.js'
import type { ChainState } from '../../chain/state.js'
import { LEADER_IDENTITY } from '../../genesis.js'
import type { ApiContext } from '../context.js'
import { invalidParams } from '../errors.js'
import type { Json } from '../../../../base/index.js'
import { paramsOf, uint32Param } from '../params.js'
import type { MethodTable } from '../request.js'
import { transactionRate } from './rate.js'

const LEADER_KEY = toHex(leaderKey)
const NANOSECONDS = 1_000_000n
/** Most blocks that are sent again at once. */
const MAX_REPLAY = 1000

export function nodeMethods(context: ApiContext): MethodTable {
  const { state, archive, now } = context
  const rate = transactionRate()
  return {
    authorities: () => ({ authorities: [LEADER] }),
    diagnostics: () => diagnostics(context),
    'tps-rate': () => {
      const { total, instant } = rate(state.taken, now())
      return { totaltxrate: total, instanttxrate: instant }
    },
    'replay-from-height': (params) => {
      const read = paramsOf(params)
      const start = uint32Param(read, 'startheight')
      const last = uint32Param(read, 'endheight')
      const saved = archive.tip.height
      const end = last !== 0 && last < saved ? last : saved
      if (start > end) throw invalidParams('Starting block height must be less than ending block height')
      const endheight = Math.min(end, start + MAX_REPLAY)
      // They go to a live feed, which has no reader at a LOCAL node by default.
      const message = `Successfully initiated replay of blocks ${start} through ${endheight}`
      return { message, startheight: start, endheight }
    },
  }
}

const LEADER: Json = {
  chainid: LEADER_IDENTITY,
  manageid: ZERO_HASH,
  matroyshka: ZERO_HASH,
  signingkey: LEADER_KEY,
  status: 'federated',
  anchorkeys: null,
  efficiency: 10000,
  coinbaseaddress: encodeAddress('FA', hashBytes(ZERO_HASH)),
}

function diagnostics({ state, archive, view, now }: ApiContext): Json {
  const { leader, minute } = view.shown()
  const listed = listLength(state)
  return {
    name: 'FNode0',
    id: LEADER_IDENTITY,
    publickey: LEADER_KEY,
    role: 'Leader',
    // The block under construction, where `heights` tells the one before.
    leaderheight: leader + 1,
    currentminute: minute,
    currentminuteduration: BigInt(now() - state.minuteStartMs) * NANOSECONDS,
    previousminuteduration: BigInt(state.minuteStartMs - state.previousStartMs) * NANOSECONDS,
    balancehash: balanceHash(archive.balances, leader + 1),
    tempbalancehash: balanceHash(state.balances, leader + 1),
    lastblockfromdbstate: false,
    syncing: { status: 'Processing' },
    authset: {
      leaders: [{ id: LEADER_IDENTITY, vm: 0, listheight: listed, listlength: listed, nextnil: 0 }],
      audits: null,
    },
    elections: { inprogress: false },
  }
}

/** Messages in the leader's list: its signature (here the coinbase stands for it), the ends of minutes, what came in. */
function listLength({ minute, open }: ChainState): number {
  return minute + open.processed.length + open.transactions.length
}

/** The hash of all balances, its first four digits replaced by those of the height. */
function balanceHash({ factoids, credits }: Balances, height: number): string {
  const hash = toHex(sha256(balancesHash(factoids), balancesHash(credits)))
  return String(height % 10_000).padStart(4, '0') + hash.slice(4)
}

function balancesHash(balances: ReadonlyMap<string, number | bigint>): Uint8Array {
  const sorted = [...balances].sort(([a], [b]) => (a < b ? -1 : 1))
  return sha256(
    concat(...sorted.flatMap(([address, amount]) => [hashBytes(address), u64Bytes(BigInt(amount))])),
  )
}
