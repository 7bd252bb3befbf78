/** An entry as the chain has it, with what it says. */
import { isUtf8 } from 'node:buffer'

import { isoTime, unitsText } from '../../base/index.js'
import { addressText, readEntry, readRecord, type RawEntry, type RecordChain } from '../../ledger/index.js'
import { difficultyText, type Reader } from './parts.js'

interface Kept {
  readonly chain: RecordChain | 'transactions'
  readonly raw: RawEntry
}

/** Null: its bytes are not kept. `height`: of the block that it is in. */
export function keptOf({ query }: Reader, hash: string, height: number): Kept | null {
  const batch = query.entryBy(hash)
  if (batch) return { chain: 'transactions', raw: batch }
  for (const chain of ['oracle', 'staking'] as const) {
    const raw = query.recordsAt(height, chain).get(hash)
    if (raw) return { chain, raw }
  }
  return null
}

export function rawTexts(reader: Reader, { chain, raw }: Kept): object {
  const read = chain === 'transactions' ? batchTexts(reader, raw) : recordTexts(reader, raw, chain)
  const { chainId, extIds, content, ...said } = read
  const binary = !isUtf8(content)
  return {
    ...{ chain, chainId, place: raw.place, time: isoTime(raw.seconds) },
    raw: Buffer.from(raw.entry).toString('hex'),
    extIds: extIds.map((id) => Buffer.from(id).toString('hex')),
    content: Buffer.from(content).toString(binary ? 'hex' : 'utf8'),
    ...{ binary, ...said },
  }
}

function batchTexts({ rules }: Reader, raw: RawEntry) {
  const { chainId, extIds, content, transactions, signed, wrong } = readEntry(raw, rules)
  return {
    ...{ chainId, extIds, content, signed, wrong, record: null },
    transactions:
      transactions?.map((transaction) => ({
        kind: transaction.kind,
        address: addressText(transaction.input.address),
        ticker: transaction.input.ticker,
        amount: unitsText(transaction.input.amount),
        target: transaction.kind === 'conversion' ? transaction.target : null,
        outputs:
          transaction.kind === 'transfer'
            ? transaction.outputs.map(({ address, amount }) => ({
                ...{ address: addressText(address), amount: unitsText(amount) },
              }))
            : [],
      })) ?? null,
  }
}

function recordTexts({ query, network }: Reader, raw: RawEntry, chain: RecordChain) {
  const { chainId, extIds, content, version, said, nonce, claim, signed, wrong } = readRecord(
    raw,
    chain,
    network,
  )
  return {
    ...{ chainId, extIds, content, signed, wrong, transactions: null },
    record: {
      version,
      nonce: nonce && Buffer.from(nonce).toString('hex'),
      claim: claim === null ? null : difficultyText(claim),
      said: said && {
        ...{ identity: said.identity, address: said.address, height: said.height },
        prices: said.prices.map(([ticker, price]) => ({ ticker, usd: unitsText(price) })),
        winners: said.winners.map((short) => ({
          short,
          hash: short === '' ? null : (query.hashesLike(short, 1)[0] ?? null),
        })),
      },
    },
  }
}
