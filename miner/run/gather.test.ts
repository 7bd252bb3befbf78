import t from 'tap'
import { NETWORKS } from '../../pegnet/index.js'
import { ASSETS, createGradedHistory } from '../../oracle/index.js'
import {
  pricesSection,
  type PriceFeed,
  type PriceSnapshot,
  type SnapshotOptions,
} from '../../oracle/prices/index.js'
import { fromNonce, smallChain } from '../../oracle/history/fixtures/small-chain.js'
import { createGatherer, type GatherOptions } from './gather.js'

const section = pricesSection(undefined, { folder: '.', env: {} })
if ('problems' in section) throw new Error('the defaults are right')
const { config } = section.value.settings
const SAID = new Map(ASSETS[5].map((asset) => [asset, 100_000_000n]))

/** A feed that answers with what it was told of the winners, once that is known. */
function feedOf(leftOut: readonly string[] = []): Pick<PriceFeed, 'config' | 'snapshot'> {
  return {
    config,
    snapshot: async ({ winners }: SnapshotOptions) => {
      const known = await winners
      return {
        prices: new Map([...SAID].filter(([asset]) => !leftOut.includes(asset))),
        missing: new Map(leftOut.map((asset) => [asset, 'no votes'])),
        winners: known?.height ?? null,
      } as unknown as PriceSnapshot
    },
  }
}

interface Past {
  readonly sync?: () => Promise<never[]>
  readonly from?: number | null
  readonly history?: GatherOptions['history']
}

function scene({ sync = () => Promise.resolve([]), from = 6, ...given }: Past) {
  const taken: { winners: number | null; guarded: boolean }[] = []
  const history: GatherOptions['history'] = given.history ?? {
    sync,
    previousWinners: () => ({ winners: [], height: from }),
    difficulties: () => [],
    query: { ratesAt: (height) => ({ height, winners: 25, prices: SAID, medians: SAID }) },
  }
  const gatherer = createGatherer({
    network: NETWORKS.dev,
    // Asked for nothing but the balance: what the winners said is in the history.
    client: { entryCreditBalance: () => Promise.resolve(1) },
    history,
    prices: feedOf(),
    ecAddress: '',
    submissionCutoff: () => 0,
    onGraded: () => {},
    onPrices: (_height, { winners }, guarded) => taken.push({ winners, guarded }),
    onFunds: () => {},
  })
  const { signal } = new AbortController()
  const take = () => gatherer.gather('prices', { height: 8, blockSeconds: 20, signal })
  return { gatherer, take, taken }
}

t.test('prices are held against the last winners, however late these are known', async (t) => {
  let graded: (blocks: never[]) => void = () => {}
  const late = new Promise<never[]>((resolve) => (graded = resolve))
  const { take, taken } = scene({ sync: () => late })
  let done = false
  const taking = take().finally(() => (done = true))
  await new Promise((resolve) => setImmediate(resolve))
  t.notOk(done, 'what the record needs anyway is waited for')
  graded([])
  t.match(await taking, { type: 'prices' })
  t.same(taken, [{ winners: 6, guarded: true }])
})

t.test('what is not known is said', async (t) => {
  const { take, taken } = scene({ sync: () => Promise.reject(new Error('the node is away')) })
  t.match(await take(), { type: 'prices' })
  t.same(taken, [{ winners: null, guarded: false }])
  const first = scene({ from: null })
  t.match(await first.take(), { type: 'prices' })
  t.same(
    first.taken,
    [{ winners: null, guarded: true }],
    'where nobody has ever won there is nothing to know',
  )
})

t.test('in the minute of a new record nothing is asked for twice', async (t) => {
  const { node, winners } = smallChain()
  const asked: string[] = []
  const { rawData, dblockByHeight } = node.client
  node.client.rawData = (hash, signal) => {
    asked.push(hash)
    return rawData(hash, signal)
  }
  node.client.dblockByHeight = (height, signal) => {
    asked.push(`block ${height}`)
    return dblockByHeight(height, signal)
  }
  const history = createGradedHistory({
    ...{ client: node.client, network: NETWORKS.dev, difficulty: fromNonce, dir: t.testdir() },
  })
  t.teardown(() => history.close())
  await history.sync(2)
  asked.length = 0
  const { gatherer, taken } = scene({ history })
  const block = { height: 4, blockSeconds: 20, signal: new AbortController().signal }
  const [, facts] = await Promise.all([
    gatherer.sync(3),
    gatherer.gather('winners', block),
    gatherer.gather('prices', block),
  ])
  t.match(facts, { type: 'winners', winners, winnersFrom: 3 })
  t.same(taken, [{ winners: 3, guarded: true }], 'the winners of the block that was graded just now')
  t.equal(new Set(asked).size, asked.length)
  // Whether the last block is still on the chain; then the new one, two entry blocks and 28 entries.
  t.equal(asked.length, 2 + 2 + 28)
  await gatherer.gather('prices', block)
  t.equal(asked.length, 2 + 2 + 28 + 1, 'taken again: only whether the chain is the same')
})
