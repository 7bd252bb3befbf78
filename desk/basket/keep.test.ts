/** What one look at a basket says and does, with a ledger, a chain and a publisher that tell what a row wants. */
import t from 'tap'

import type { LedgerSource, Outbox, SignedBatch } from '../../ledger/index.js'
import { composeBatch, readAddress, signBatch, signingKey } from '../../ledger/index.js'
import { terms } from '../../ledger/fixtures/play.js'
import { TRANSACTIONS } from '../../ledger/fixtures/sign.js'
import { transactionsOf } from './decide.js'
import { readBasket } from './file.js'
import { keepOnce, type KeepEvent, type KeepParts } from './keep.js'

const COIN = 100_000_000n
const KEY = signingKey('Fs3E9gV6DXsYzf7Fqx1fVBQPQXV695eP3k5XbmHEZVRLkMdD9qCK')
const OWNER = readAddress(KEY.address) ?? ''
const HEIGHT = 290_000

const tokens = (amount: bigint) => new Map(['pUSD', 'pEUR', 'pXBT'].map((ticker) => [ticker, amount]))
const PRICES = { height: HEIGHT, rates: tokens(COIN), averages: tokens(COIN) }

interface Told {
  readonly raw?: object
  readonly source?: Partial<LedgerSource>
  /** The last block that the node has saved. */
  readonly saved?: number
  readonly waiting?: readonly SignedBatch[]
  /** 1e-8 USD that were converted today. */
  readonly spent?: bigint
  /** Hashes that this basket has signed. */
  readonly own?: readonly string[]
  readonly dry?: boolean
}

/** What is heard, and which entries were published and times of the schedule seen to. */
async function look({ raw, source, saved = HEIGHT, waiting = [], spent = 0n, own = [], dry = false }: Told) {
  const read = readBasket({
    holdings: { pUSD: 1, pEUR: 1 },
    band: 1,
    run: { send: true, mostADay: 100 },
    ...raw,
  })
  if (!('value' in read)) throw new Error(JSON.stringify(read.problems))
  const events: KeepEvent[] = []
  const [published, finished]: [string[], number[]] = [[], []]
  let used = spent
  const outbox: Outbox = { list: () => waiting, add: () => undefined, remove: () => undefined }
  const parts: KeepParts = {
    looking: {
      outbox,
      source: {
        ...{
          name: 'told',
          network: null,
          height: () => HEIGHT,
          balances: () => new Map([['pUSD', 40n * COIN]]),
        },
        ...{
          prices: () => PRICES,
          statusOf: () => null,
          passedBy: () => null,
          history: () => [],
          close: () => undefined,
        },
        ...source,
      } as unknown as LedgerSource,
      client: {
        currentMinute: () =>
          Promise.resolve({ leaderHeight: saved + 1, directoryBlockHeight: saved, nodeTime: Date.now() }),
        dblockByHeight: () => Promise.resolve({ timeMinutes: 1 }),
        ack: () => Promise.resolve({ entryStatus: 'Unknown' }),
      } as unknown as KeepParts['looking']['client'],
      signal: new AbortController().signal,
    },
    ...{ chainId: TRANSACTIONS, address: OWNER, rules: terms.rules, past: () => [] },
    book: {
      done: () => -Infinity,
      spentToday: () => used,
      sign: (_, amount) => void (used += amount),
      has: (hash) => own.includes(hash),
      finish: (slot) => void finished.push(slot),
    },
    sends: dry
      ? null
      : {
          key: KEY,
          publisher: {
            publish: (_: number, [entry]: { readonly hash: string }[]) => {
              published.push(entry?.hash ?? '')
              return Promise.resolve([{ state: 'acknowledged' }] as never)
            },
            forget: () => Promise.resolve(),
          } as unknown as NonNullable<KeepParts['sends']>['publisher'],
        },
    hear: (event) => void events.push(event),
  }
  await keepOnce(read.value, parts)
  return { events, published, finished }
}

const kindsOf = (events: readonly KeepEvent[]): string[] => events.map(({ kind }) => kind)
const batchOf = (seconds: number): SignedBatch =>
  signBatch(
    composeBatch(TRANSACTIONS, transactionsOf([{ ticker: 'pUSD', amount: 5n, target: 'pEUR' }], OWNER)),
    KEY,
    seconds,
  )

t.test('what is waited for', async (t) => {
  const now = Math.floor(Date.now() / 1000)
  let heights = HEIGHT - 1
  const held = { address: OWNER, ticker: 'pUSD', amount: 1n, status: 0 }
  const table: readonly (readonly [told: Told, reason: string])[] = [
    [{ saved: HEIGHT + 1 }, 'the ledger lacks a block'],
    [{ saved: HEIGHT + 3 }, 'the ledger lacks 3 blocks'],
    [{ waiting: [batchOf(now)] }, 'conversions are on their way'],
    [{ source: { prices: () => Promise.resolve(null) } }, 'there are no rates yet'],
    [
      { source: { history: () => Promise.resolve([held] as never) } },
      'conversions are on their way that were signed elsewhere',
    ],
    // A block comes between two questions.
    [{ source: { height: () => Promise.resolve((heights += 1)) } }, 'a block has come just now'],
  ]
  for (const [told, reason] of table) {
    const { events, published } = await look(told)
    t.match(events.at(-1), { kind: 'waiting', reason }, reason)
    t.same(published, [], 'nothing is sent')
  }
})

t.test('only what this basket has signed is sent again', async (t) => {
  const batch = batchOf(Math.floor(Date.now() / 1000))
  const { hash } = batch.entry
  t.same((await look({ waiting: [batch], own: [hash] })).published, [hash])
  t.same((await look({ waiting: [batch] })).published, [])
  t.same((await look({ waiting: [batch], own: [hash], dry: true })).published, [])
})

t.test('the limit of a day', async (t) => {
  const all = await look({})
  t.same(kindsOf(all.events), ['looked', 'planned', 'signed', 'sent'])
  t.match(all.events[2], { move: { ticker: 'pUSD', target: 'pEUR', amount: 20n * COIN } })
  const some = await look({ spent: 95n * COIN })
  t.match(
    some.events[2],
    { kind: 'signed', move: { amount: 5n * COIN, result: 5n * COIN } },
    'as much as is left',
  )
  t.equal(some.published.length, 1)
  const none = await look({ spent: 100n * COIN })
  t.same(kindsOf(none.events), ['looked', 'planned', 'limited'])
  t.match(none.events[2], { left: 0n })
  t.same(none.published, [])
})

t.test('a time of the schedule is seen to once all is sent', async (t) => {
  const hourly = { band: undefined, schedule: '0 * * * *' }
  const { events, finished } = await look({ raw: hourly })
  t.match(events[1], { kind: 'planned', reason: { kind: 'schedule' } })
  t.equal(finished.length, 1)
  t.equal((finished[0] ?? 1) % 3_600_000, 0, 'a full hour')
  t.same((await look({ raw: hourly, dry: true })).finished, [], 'not where nothing is sent')
  t.same(kindsOf((await look({ raw: { holdings: { pUSD: 1 } } })).events), ['looked'], 'nothing is due')
})

t.test('what is owed soon is not held', async (t) => {
  const date = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
  const { events } = await look({ raw: { band: 99, cover: [{ token: 'pEUR', amount: '30', date }] } })
  t.match(events[1], { kind: 'planned', reason: { kind: 'owed', slot: null } })
  t.match(events[2], { kind: 'signed', move: { target: 'pEUR' } })
})

t.test('conversions that wait, and why', async (t) => {
  /** The last prices of a block, which the ledger ends with. */
  const at = (height: number, more: object) => ({
    saved: height,
    source: {
      height: () => Promise.resolve(height),
      prices: () => Promise.resolve({ ...PRICES, height, ...more }),
    },
  })
  const [LATER, dear] = [300_000, new Map([...tokens(COIN), ['pEUR', 2n * COIN]])]
  const table: readonly (readonly [told: Told, reason: string | RegExp])[] = [
    [
      {
        raw: { holdings: { PEG: 1, pUSD: 1 } },
        ...at(HEIGHT, { rates: new Map([...tokens(COIN), ['PEG', COIN]]) }),
      },
      'nothing is converted into PEG any more',
    ],
    [at(LATER, { averages: new Map() }), 'one of both has no price or no average yet'],
    [at(LATER, { averages: dear }), 'it would lose 50.00 % of its worth'],
  ]
  for (const [told, reason] of table) {
    const { events } = await look({ ...told, dry: true })
    t.match(events[0], { kind: 'looked', decision: { moves: [], held: [{ reason }] } }, String(reason))
  }
})
