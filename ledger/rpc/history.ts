/** What the API says of transactions: by address, block, entry or id, a page at a time. */
import { isoTime, type Json } from '../../base/index.js'
import type { HistoryKey, LedgerAction } from '../store/pages.js'
import { isTicker } from '../tickers.js'
import { addressText } from '../transactions/address.js'
import { hashProblem, type Decoded } from './decode.js'
import { badParams, RpcError } from './errors.js'
import { method, type RpcLedger, type RpcMethod } from './method.js'
import { addressOf, transactionIdOf } from './names.js'

const PAGE = 50
const KIND_NUMBERS: Readonly<Record<LedgerAction['kind'], number>> = {
  transfer: 1,
  conversion: 2,
  coinbase: 3,
  burn: 4,
}

const SHAPE = {
  entryhash: 'text',
  address: 'text',
  height: 'int',
  offset: 'int',
  desc: 'flag',
  transfer: 'flag',
  conversion: 'flag',
  coinbase: 'flag',
  burn: 'flag',
  asset: 'text',
  txid: 'text',
} as const
type Params = Decoded<typeof SHAPE>

const OWN_KEYS = 'need to specify either "entryhash" or "address", "txid", or "height"'
const ONE_KEY = 'cannot specify more than one of "entryhash", "address", "txid", or "height"'

interface Wanted {
  readonly key: HistoryKey
  readonly index?: number
}

/** Checks all parameters, in the reference's order. Throws `RpcError`. */
function wantedOf({
  entryhash = '',
  address = '',
  txid = '',
  height = 0,
  offset = 0,
  asset = '',
}: Params): Wanted {
  if (offset < 0) throw badParams('offset must be >= 0')
  const given = [entryhash !== '', address !== '', txid !== '', height > 0].filter(Boolean).length
  if (given !== 1) throw badParams(given === 0 ? OWN_KEYS : ONE_KEY)
  if (asset !== '' && !isTicker(asset)) throw badParams('invalid asset filter')
  if (address !== '') return { key: { address: addressOf(address) } }
  if (entryhash !== '') {
    const problem = hashProblem(entryhash)
    if (problem !== null) throw badParams(`entryhash: ${problem}`)
    return { key: { hash: entryhash.toLowerCase() } }
  }
  if (txid === '') return { key: { height } }
  const { index, hash } = transactionIdOf(txid)
  return { key: { hash }, index }
}

const KINDS = ['transfer', 'conversion', 'coinbase', 'burn'] as const

/** All four are the same as none. */
function kindsOf(params: Params): LedgerAction['kind'][] {
  const kinds = KINDS.filter((kind) => params[kind])
  return kinds.length === KINDS.length ? [] : kinds
}

/** The number of lines is that of the whole batch where one of its transactions is asked for, as the reference has it. */
function transactions(params: Params, { query }: RpcLedger): Json {
  const { key, index } = wantedOf(params)
  const { offset = 0, desc: descending = false, asset = '' } = params
  const filter = { kinds: kindsOf(params), ...(asset === '' ? {} : { ticker: asset }) }
  const count = query.countActions(key, filter)
  if (count > 0 && offset > count) throw badParams('offset too big')
  const actions = query.pageOf(key, index === undefined ? filter : { ...filter, index }, {
    offset,
    limit: PAGE,
    descending,
  })
  if (actions.length === 0) throw new RpcError('transaction')
  const next = offset + actions.length
  return { actions: actions.map(actionJson), count, nextoffset: next < count ? next : 0 }
}

function actionJson(action: LedgerAction): Json {
  const { hash, index, height, seconds, status, kind, address, ticker, amount, target, result } = action
  const outputs = outputsOf(action)
  return {
    hash,
    txid: `${index}-${hash}`,
    height,
    timestamp: isoTime(seconds).replace('.000Z', 'Z'),
    executed: status,
    txindex: index,
    txaction: KIND_NUMBERS[kind],
    fromaddress: addressText(address),
    fromasset: ticker,
    fromamount: amount,
    toasset: target === '' ? undefined : target,
    toamount: result === 0n ? undefined : result,
    outputs:
      outputs.length === 0
        ? undefined
        : outputs.map((output) => ({ address: addressText(output.address), amount: output.amount })),
  }
}

/** Of a conversion that the bank has paid: what was given back. */
const outputsOf = ({ address, refund, outputs }: LedgerAction): LedgerAction['outputs'] =>
  refund === null ? outputs : [{ address, amount: refund }]

const byId: RpcMethod = method('ParamsGetPegnetTransaction', SHAPE, (params, ledger) => {
  wantedOf(params)
  if ((params.txid ?? '') === '') throw badParams('expect txid param to be populated')
  return transactions(params, ledger)
})

export const HISTORY_METHODS = {
  'get-transactions': method('ParamsGetPegnetTransaction', SHAPE, transactions),
  'get-transaction': byId,
  'get-transaction-status': method(
    'ParamsGetPegnetTransactionStatus',
    { entryhash: 'hash' },
    ({ entryhash }, { query }) => {
      if (entryhash === undefined) throw badParams('required: "entryhash"')
      const found = query.statusOf(entryhash)
      if (found === null) throw new RpcError('transaction')
      return { height: found.height, executed: found.status }
    },
  ),
}
