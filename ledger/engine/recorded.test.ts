/** The rules against the reference's own judgement of a history at MainNet's heights: every era, block by block. */
import t from 'tap'

import { NETWORKS } from '../../pegnet/index.js'
import { ledgerBlockOf, ledgerChains } from '../block.js'
import { createMemoryLedger } from '../fixtures/memory.js'
import { createSupplyBooks } from '../fixtures/supply.js'
import { judged, RECORDED } from '../fixtures/recorded-chain.js'
import { readRecordedChain } from '../recorded.js'
import { rulesOf } from '../rules.js'
import { TICKERS } from '../tickers.js'
import { applyBlock, isQuiet } from './apply.js'
import type { Bank } from './types.js'

const network = NETWORKS.MainNet

t.test('balances, rates, verdicts and banks are those of pegnetd', async (t) => {
  const expected = judged()
  const chain = await readRecordedChain(RECORDED)
  const terms = {
    network,
    rules: rulesOf(network),
    difficulty: (_: Uint8Array, __: Uint8Array, claim: bigint) => claim,
  }
  const chains = ledgerChains(network)
  const ledger = createMemoryLedger()
  const books = createSupplyBooks()
  const unexplained: string[] = []
  const banks: [number, Bank][] = []
  const stages = new Map(expected.stages.map(({ height, balances }) => [height, balances]))
  const [first = 0] = chain.heights
  const last = chain.heights.at(-1) ?? 0
  const recorded = new Set([...chain.heights, ...stages.keys()])
  for (let height = first; height <= last; height++) {
    if (!recorded.has(height) && isQuiet(height, terms.rules)) continue
    const block = chain.block(height) ?? chain.empty(height)
    const outcome = applyBlock(ledger, ledgerBlockOf(block, chains), terms)
    ledger.commit(outcome)
    books.book(outcome.events)
    for (const ticker of TICKERS)
      if (ledger.supply(ticker) !== (books.supply.get(ticker) ?? 0n)) unexplained.push(`${height} ${ticker}`)
    if (outcome.bank) banks.push([height, outcome.bank])
    const stage = stages.get(height)
    if (stage) t.same(inReferenceTerms(ledger.balances), stage, `balances after block ${height}`)
  }
  const rates = ledger.rates.map(({ height, rates }) => [String(height), textsOf(rates)])
  t.same(Object.fromEntries(rates), expected.rates)
  const status = new Map(ledger.batches.map(({ hash, height, status }) => [`${height} ${hash}`, status]))
  t.same(status, new Map(expected.batches.map(([hash, height, status]) => [`${height} ${hash}`, status])))
  t.same(
    banks.map(([height, { amount, used, requested }]) => [height, amount, used, requested].map(String)),
    expected.bank,
  )
  t.same(ledger.skipped, [])
  t.same(unexplained, [], 'no token appears from nothing, or is lost')
})

const textsOf = (amounts: ReadonlyMap<string, bigint>) =>
  Object.fromEntries([...amounts].map(([ticker, amount]) => [ticker, String(amount)]))

/** An address that was ever touched is there, if only with nothing. */
function inReferenceTerms(balances: ReadonlyMap<string, ReadonlyMap<string, bigint>>) {
  return Object.fromEntries(
    [...balances].map(([address, own]) => {
      const held = [...own].filter(([, amount]) => amount > 0n)
      return [
        address,
        Object.fromEntries(held.map(([ticker, amount]) => [ticker.toLowerCase(), String(amount)])),
      ]
    }),
  )
}
