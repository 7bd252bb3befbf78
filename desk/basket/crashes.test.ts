/**
 * A basket that is killed at every step of a look, over an embedded chain and a ledger in tables: nothing is converted
 * twice, nothing is left undone, nothing is paid twice. Of whole programs and the real kill tells test/basket.test.ts.
 */
import { join } from 'node:path'
import t from 'tap'

import {
  createFactomClient,
  createPublisher,
  decodeEntry,
  decodeEntryBlock,
  ecKey,
} from '../../factom/index.js'
import { DEV_KEYS, startDevChain } from '../../factom/dev/index.js'
import { ledgerChains, openOutbox, readAddress, signingKey, type SignedBatch } from '../../ledger/index.js'
import { terms, type Said } from '../../ledger/fixtures/play.js'
import { openTestTables } from '../../ledger/fixtures/tables.js'
import { LONG } from '../../test/fixtures/long.js'
import { Killed, mortal } from '../../test/fixtures/mortal.js'
import { networkOf } from '../../pegnet/index.js'
import { openBook } from './book.js'
import { readBasket, type Basket } from './file.js'
import { keepOnce, type KeepEvent } from './keep.js'

const COIN = 100_000_000n
/** Steps from one kill to the next: two for each call, so that it is every call, or every third. */
const STRIDE = LONG ? 2 : 6
/** Of the chain. Rules and records are those of MainNet; the heights of the embedded chain are small, the ledger's not. */
const CHAIN = ledgerChains(networkOf('dev')).transactions
const ABOVE = 290_000
const KEY = signingKey('Fs3E9gV6DXsYzf7Fqx1fVBQPQXV695eP3k5XbmHEZVRLkMdD9qCK')
const OWNER = readAddress(KEY.address) ?? ''

const dir = t.testdir()
const start = Date.now()
const chain = await startDevChain({
  ...{ dataDir: join(dir, 'chain'), blockSeconds: 600, manual: true },
  now: () => start,
})
t.teardown(() => chain.close())
const node = createFactomClient({ url: chain.url, timeoutMs: 60_000 })
t.teardown(() => node.close())

const ledger = openTestTables(join(dir, 'ledger.sqlite'), {
  ...{ height: ABOVE, address: OWNER, held: [['pUSD', 900n * COIN]] },
})
t.teardown(() => ledger.close())
const { query, source } = ledger

/** What the embedded chain has in its saved block of this height, for the ledger. */
async function entriesOf(height: number) {
  const { rows } = await node.dblockByHeight(height)
  const own = rows.find(({ chainId }) => chainId === CHAIN)
  if (own === undefined) return []
  const block = decodeEntryBlock(await node.rawData(own.keyMr))
  return Promise.all(
    block.entries.map(async ({ hash }) => ({
      ...decodeEntry(await node.rawData(hash)),
      ...{ hash, seconds: Math.floor(start / 1000) },
    })),
  )
}

/** A block is saved a minute after its end; the ledger follows it, with these prices. */
async function nextBlock(said: Said): Promise<void> {
  const { height } = chain
  while (chain.savedHeight < height) chain.tick()
  const transactions = await entriesOf(height)
  while (query.about().height < height + ABOVE - 1) ledger.take({ oracle: said })
  ledger.take({ oracle: said, transactions })
}

const client = {
  ...node,
  async currentMinute(signal?: AbortSignal) {
    const now = await node.currentMinute(signal)
    return {
      ...now,
      leaderHeight: now.leaderHeight + ABOVE,
      directoryBlockHeight: now.directoryBlockHeight + ABOVE,
    }
  },
  dblockByHeight: (height: number, signal?: AbortSignal) => node.dblockByHeight(height - ABOVE, signal),
}

const read = readBasket({
  ...{ holdings: { pUSD: 1, pEUR: 1, pXBT: 1 }, band: 1 },
  run: { send: true, mostADay: 1_000_000 },
})
const basket = ('value' in read ? read.value : null) as Basket

/** One start of the program, which looks once; it ends by itself or is killed at this step. */
async function look(step: number, dry = false): Promise<readonly KeepEvent[] | 'killed'> {
  const guard = mortal(step)
  const [outbox, book] = [openOutbox(join(dir, 'outbox.json')), openBook(join(dir, 'basket.json'))]
  const guarded = {
    ...client,
    currentMinute: guard((signal?: AbortSignal) => client.currentMinute(signal)),
    ack: guard((...all: Parameters<typeof node.ack>) => node.ack(...all)),
    commitEntry: guard((...all: Parameters<typeof node.commitEntry>) => node.commitEntry(...all)),
    revealEntry: guard((...all: Parameters<typeof node.revealEntry>) => node.revealEntry(...all)),
  }
  const publisher = createPublisher({
    ...{ client: guarded, key: ecKey(DEV_KEYS.ecSecret), journal: join(dir, 'journal.jsonl') },
  })
  const events: KeepEvent[] = []
  try {
    await keepOnce(basket, {
      looking: {
        outbox: {
          list: guard(() => outbox.list()),
          add: guard((batch: SignedBatch) => outbox.add(batch)),
          remove: guard((hash: string) => outbox.remove(hash)),
        },
        ...{ source, client: guarded, signal: new AbortController().signal },
      },
      ...{
        chainId: CHAIN,
        address: OWNER,
        rules: terms.rules,
        sends: dry ? null : { key: KEY, publisher },
        past: () => [],
      },
      book: {
        ...book,
        sign: guard((hash: string, usd: bigint) => book.sign(hash, usd)),
        finish: guard((slot: number) => book.finish(slot)),
      },
      hear: guard((event: KeepEvent) => void events.push(event)),
    })
    return events
  } catch (error) {
    if (error instanceof Killed) return 'killed'
    throw error
  } finally {
    await publisher.close()
  }
}

const isCalm = (events: readonly KeepEvent[]): boolean =>
  events.every(({ kind }) => kind === 'earlier' || kind === 'looked')
const conversions = () => query.historyOf(OWNER, {}).filter(({ kind }) => kind === 'conversion')

t.test('killed at each step of a look', async (t) => {
  const balance = (): Promise<number> => node.entryCreditBalance(DEV_KEYS.ecAddress)
  let [kills, looks] = [0, 0]
  // Before each call: behind one and before the next are the same, since nothing is kept between.
  for (let [step, price] = [0, 2n]; ; step += STRIDE, price = 5n - price) {
    // Two tokens rise and fall by half: two conversions set the basket right.
    const said = { pEUR: price * COIN, pXBT: price * COIN }
    await nextBlock(said)
    const [before, credits] = [conversions().length, await balance()]
    const end = await look(step)
    looks++
    if (end === 'killed') kills++
    for (let [calm, most] = [false, looks + 12]; !calm && looks < most; looks++) {
      const events = await look(Infinity)
      calm = events !== 'killed' && isCalm(events)
      await nextBlock(said)
    }
    const lines = conversions().slice(before)
    const pairs = lines.map(({ ticker, target }) => `${ticker} ${target}`)
    t.same(
      [pairs.length, new Set(pairs).size, lines.every(({ status }) => status > 0)],
      [2, 2, true],
      `step ${step}: ${pairs.join(', ')}`,
    )
    t.equal(credits - (await balance()), 2, `step ${step}: paid`)
    t.same(openOutbox(join(dir, 'outbox.json')).list(), [])
    if (end !== 'killed') break
  }
  t.ok(kills >= 40 / STRIDE, `${kills} kills`)
  t.comment(`${kills} kills, ${looks} looks, ${conversions().length} conversions, none twice`)
})

t.test('a look that sends nothing changes nothing', async (t) => {
  const said = { pEUR: 7n * COIN, pXBT: 7n * COIN }
  const waiting = () => openOutbox(join(dir, 'outbox.json')).list().length
  const kinds = async (dry: boolean) => {
    const events = await look(Infinity, dry)
    return events === 'killed' ? [] : events.map(({ kind }) => kind)
  }
  await nextBlock(said)
  const before = conversions().length
  t.same(await kinds(true), ['looked', 'planned'])
  t.equal(waiting(), 0)
  t.same(await kinds(false), ['looked', 'planned', 'signed', 'sent', 'signed', 'sent'])
  t.equal(waiting(), 2)
  await nextBlock(said)
  await nextBlock(said)
  t.equal(conversions().length, before + 2)
  t.same(await kinds(true), ['earlier', 'earlier', 'looked'])
  t.equal(waiting(), 2, 'only one that sends forgets')
  await kinds(false)
  t.equal(waiting(), 0)
})
