/** What the API says of graded oracle records, and of those who mined them. */
import type { Json } from '../../base/index.js'
import { heightOr } from './balances.js'
import { badParams, RpcError } from './errors.js'
import { method, type RpcLedger } from './method.js'

function graded(height: number, { query }: RpcLedger): Json {
  return {
    height,
    graded: query.gradedAt(height).map((record) => ({
      entryhash: record.entryHash,
      payout: record.payout,
      nonce: record.nonce,
      difficulty: record.difficulty,
      position: record.place,
      minerid: record.identity,
      address: record.address,
    })),
  }
}

/** `start` 0 and `stop` below 0: so many of the last blocks. `stop` 0: up to the last. Throws `RpcError`. */
function rangeOf(start: number, stop: number, { query }: RpcLedger): { start: number; stop: number } {
  const tip = query.about().height
  const range = stop < 0 && start === 0 ? { start: tip + stop, stop: tip } : { start, stop: stop || tip }
  if (range.stop < range.start) throw new RpcError('internal')
  const { first, last } = query.gradedHeights()
  return { start: Math.max(range.start, first), stop: Math.min(range.stop, last) }
}

function distribution(from: number, to: number, ledger: RpcLedger): Json {
  const { start, stop } = rangeOf(from, to, ledger)
  const shares = ledger.query.minerShares(start, stop)
  const totalwins = shares.reduce((sum, { wins }) => sum + wins, 0)
  const totalgraded = shares.reduce((sum, share) => sum + share.graded, 0)
  const part = (of: number, whole: number): number => (totalwins === 0 ? 0 : of / whole)
  const miners = shares.map(({ address, identities, wins, graded: count }) => [
    address,
    {
      identities: identities.split(','),
      totalwins: wins,
      totalgraded: count,
      winpercent: part(wins, totalwins),
      gradedpercent: part(count, totalgraded),
    },
  ])
  return {
    startheight: start,
    stopheight: stop,
    Miners: Object.fromEntries(miners) as Json,
    totalwins,
    totalgraded,
  }
}

export const MINER_METHODS = {
  'get-graded': method('ParamsGetGraded', { height: 'int32' }, ({ height = 0 }, ledger) => {
    if (height < 0) throw badParams('height must be >= 0')
    return graded(heightOr(height, ledger), ledger)
  }),
  'get-miner-distribution': method(
    'ParamsGetMiningDominance',
    { start: 'int', stop: 'int' },
    ({ start = 0, stop = 0 }, ledger) => distribution(start, stop, ledger),
  ),
}
