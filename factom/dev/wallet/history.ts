/** The wallet's `transactions`: factoid transactions of the saved blocks, the newest block first. */
import { addressBody, paramsOf } from '../api/params.js'
import { refused } from '../api/errors.js'
import type { Json } from '../../../base/index.js'
import type { MethodTable } from '../api/request.js'
import { decodeFactoidBlock, transactionFee, transactionSound } from '../blocks/index.js'
import type { FactoidTransaction } from '../blocks/index.js'
import type { Archive } from '../store/archive.js'
import { amountsView, totals } from './drafts.js'

export interface SavedTransactions {
  readonly first: number
  readonly height: () => number
  readonly at: (height: number) => readonly FactoidTransaction[]
  /** By txid or full hash; one that is not saved yet too. */
  readonly find: (hash: string) => FactoidTransaction | undefined
}

export function historyMethods(saved: SavedTransactions, rate: () => bigint): MethodTable {
  return {
    transactions: (params) => {
      const read = paramsOf(params)
      const [txid, address] = [read.text('txid'), read.text('address')]
      const range = paramsOf(read.object('range'))
      const [start, end] = [range.integer('start'), range.integer('end')]
      const list = (views: Json[]): Json => ({ transactions: views.length === 0 ? null : views })
      if (txid !== '') {
        const found = saved.find(txid.toLowerCase())
        if (!found) throw refused('Object not found')
        return list([view(found, 0, rate())])
      }
      if (address !== '') return list(ofAddress(saved, address, rate()))
      if (end === 0n) return list(between(saved, 0, saved.height(), rate()))
      if (start < 0n || end < start) throw refused('Range cannot have negative numbers')
      return list(between(saved, Number(start), Number(end), rate()))
    },
  }
}

/** The transactions of one saved block. */
export function transactionsAt(archive: Archive, height: number): FactoidTransaction[] {
  const block = archive.block(height)
  return block ? decodeFactoidBlock(block.factoid).transactions.map(({ transaction }) => transaction) : []
}

/** The transactions that move something, with their heights. */
function* moving(saved: SavedTransactions, start: number, end: number) {
  for (let height = Math.min(end, saved.height()); height >= Math.max(start, saved.first); height--) {
    for (const transaction of saved.at(height)) {
      const { inputs, outputs } = totals(transaction)
      if (inputs !== 0n || outputs !== 0n) yield { transaction, height }
    }
  }
}

function between(saved: SavedTransactions, start: number, end: number, rate: bigint): Json[] {
  return [...moving(saved, start, end)].map(({ transaction, height }) => view(transaction, height, rate))
}

/** One for each time that the address stands in a transaction. */
function ofAddress(saved: SavedTransactions, address: string, rate: bigint): Json[] {
  const [factoid, credit] = [addressBody(address, 'FA'), addressBody(address, 'EC')]
  if (factoid === null && credit === null) throw refused('not a valid address')
  return [...moving(saved, 0, saved.height())].flatMap(({ transaction, height }) => {
    const { inputs, outputs, ecOutputs } = transaction
    const places = factoid === null ? ecOutputs : [...inputs, ...outputs]
    const body = factoid ?? credit
    return places.filter((place) => place.address === body).map(() => view(transaction, height, rate))
  })
}

/** The members of factom-walletd's replies. */
function view(transaction: FactoidTransaction, height: number, rate: bigint): Json {
  const { inputs, outputs, ecOutputs } = totals(transaction)
  const paid = inputs - outputs - ecOutputs
  return {
    blockheight: height || undefined,
    feespaid: paid > 0n ? paid : undefined,
    feesrequired: paid > 0n ? undefined : transactionFee(transaction, rate) || undefined,
    signed: transactionSound(transaction, rate),
    timestamp: Math.floor(transaction.timeMs / 1000),
    totalecoutputs: ecOutputs,
    totalinputs: inputs,
    totaloutputs: outputs,
    inputs: amountsView(transaction.inputs, 'FA'),
    outputs: amountsView(transaction.outputs, 'FA'),
    ecoutputs: amountsView(transaction.ecOutputs, 'EC'),
    txid: transaction.txid,
  }
}
