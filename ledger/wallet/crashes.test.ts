/** A wallet that is killed at every step of sending, on an embedded chain: nothing is lost, nothing is sent twice. */
import { join } from 'node:path'

import t from 'tap'

import {
  createFactomClient,
  createPublisher,
  decodeEntryBlock,
  ecKey,
  type FactomClient,
  type PublishResult,
} from '../../factom/index.js'
import { DEV_KEYS, startDevChain } from '../../factom/dev/index.js'
import { networkOf } from '../../pegnet/index.js'
import { ledgerChains } from '../block.js'
import { composeBatch, signBatch, type SignedBatch } from './batch.js'
import { signingKey } from './keys.js'
import { openOutbox } from './outbox.js'
import {
  forgetOver,
  lookBack,
  sendAgain,
  sendBatch,
  standingOf,
  type Earlier,
  type SendingParts,
} from './sending.js'
import type { LedgerSource } from './source.js'
import { Killed, mortal, type Guard } from '../../test/fixtures/mortal.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

const CHAIN = ledgerChains(networkOf('dev')).transactions
const KEY = signingKey('Fs3E9gV6DXsYzf7Fqx1fVBQPQXV695eP3k5XbmHEZVRLkMdD9qCK')
const OWNER = '646f3e8750c550e4582eca5047546ffef89c13a175985e320232bacac81cc428'
const START = Date.now()

const dir = t.testdir()
let hours = 0
const chain = await startDevChain({
  ...{ dataDir: join(dir, 'chain'), blockSeconds: 600, manual: true },
  now: () => START + hours * 3_600_000,
})
t.teardown(() => chain.close())
const node = createFactomClient({ url: chain.url })
t.teardown(() => node.close())
/** A block is saved a minute after its end. */
const nextBlock = (): void => {
  for (const { height } = chain; chain.savedHeight < height;) chain.tick()
}
nextBlock()

let lag = 0
/** It knows what is in saved blocks. */
const source = {
  name: 'the chain',
  network: 'dev',
  height: () => Promise.resolve(chain.savedHeight - lag),
  prices: () => Promise.resolve(null),
  passedBy: () => Promise.resolve(null),
  statusOf: async (hash: string) => {
    const { entryStatus } = await node.ack(hash, CHAIN)
    return entryStatus === 'DBlockConfirmed' ? { height: chain.savedHeight, status: chain.savedHeight } : null
  },
} as unknown as LedgerSource

/** One run of the program, which ends however it ends. */
async function process<T>(
  step: number,
  work: (parts: SendingParts, guard: Guard) => Promise<T>,
  spoil: Partial<FactomClient> = {},
): Promise<T | 'killed'> {
  const guard = mortal(step)
  const calls = { ...node, ...spoil }
  const client = {
    ...calls,
    currentMinute: guard(calls.currentMinute),
    dblockByHeight: guard(calls.dblockByHeight),
    ack: guard(calls.ack),
    commitEntry: guard(calls.commitEntry),
    revealEntry: guard(calls.revealEntry),
  }
  const outbox = openOutbox(join(dir, 'outbox.json'))
  const publisher = createPublisher({
    ...{ client, key: ecKey(DEV_KEYS.ecSecret), journal: join(dir, 'journal.jsonl') },
  })
  const parts: SendingParts = {
    outbox: {
      list: guard(() => outbox.list()),
      add: guard((batch: SignedBatch) => outbox.add(batch)),
      remove: guard((hash: string) => outbox.remove(hash)),
    },
    ...{ source, publisher, client, signal: new AbortController().signal },
  }
  try {
    return await work(parts, guard)
  } catch (error) {
    if (error instanceof Killed) return 'killed'
    throw error
  } finally {
    await publisher.close()
  }
}

let payments = 0
/** A batch that is like no other. */
function payment(): SignedBatch {
  const amount = BigInt(++payments)
  const unsigned = composeBatch(CHAIN, [
    {
      kind: 'transfer',
      input: { address: OWNER, ticker: 'PEG', amount },
      outputs: [{ address: '11'.repeat(32), amount }],
    },
  ])
  return signBatch(unsigned, KEY, Math.floor(START / 1000) + 3600 * hours)
}

const sending = (batch: SignedBatch) => async (parts: SendingParts) =>
  sendBatch(batch, parts, await standingOf(parts))
/** As a run does that was answered with yes. */
async function settling(parts: SendingParts) {
  const standing = await standingOf(parts)
  const earlier = await lookBack(parts, standing)
  forgetOver(parts, earlier)
  const all: (Earlier & { readonly result: PublishResult | null })[] = []
  for (const one of earlier)
    all.push({ ...one, result: one.unfinished ? await sendAgain(one.batch, parts, standing) : null })
  return all
}
const isKept = ({ entry }: SignedBatch): boolean =>
  openOutbox(join(dir, 'outbox.json'))
    .list()
    .some((one) => one.entry.hash === entry.hash)

/** How often an entry is in the chain of transactions. */
async function countOf({ entry }: SignedBatch): Promise<number> {
  let count = 0
  for (let keyMr = (await node.chainHead(CHAIN))?.head ?? ''; !/^0*$/.test(keyMr);) {
    const block = decodeEntryBlock(await node.rawData(keyMr))
    count += block.entries.filter(({ hash }) => hash === entry.hash).length
    keyMr = block.prevKeyMr
  }
  return count
}

const balance = (): Promise<number> => node.entryCreditBalance(DEV_KEYS.ecAddress)

t.test('killed at each step of sending', async (t) => {
  let [kept, lost] = [0, 0]
  for (let step = 0; ; step++) {
    const before = await balance()
    const batch = payment()
    const end = await process(step, sending(batch))
    const signed = isKept(batch)
    if (end !== 'killed') t.match(end, { state: 'acknowledged' })
    // The next call, and the one after its block.
    const [next] = (await process(Infinity, settling)) as Awaited<ReturnType<typeof settling>>
    if (signed)
      t.match(next, { batch: { entry: { hash: batch.entry.hash } }, fate: { kind: 'open' } }, `step ${step}`)
    else t.equal(next, undefined, `step ${step}: nothing was signed, so nothing is sent`)
    nextBlock()
    const [last] = (await process(Infinity, settling)) as Awaited<ReturnType<typeof settling>>
    if (signed) t.match(last, { fate: { kind: 'executed' }, result: null })
    t.notOk(isKept(batch))
    t.equal(await countOf(batch), signed ? 1 : 0, `step ${step}: in the chain`)
    t.equal(before - (await balance()), signed ? 1 : 0, `step ${step}: paid`)
    if (end !== 'killed') break
    if (signed) kept++
    else lost++
  }
  t.ok(kept >= 6 && lost >= 4, `${kept} ends behind the journal, ${lost} before it`)
})

t.test('killed again at each step of finding out', async (t) => {
  for (let step = 0; ; step++) {
    const before = await balance()
    const batch = payment()
    await process(Infinity, (parts) => Promise.resolve(parts.outbox.add(batch)))
    const end = await process(step, settling)
    await process(Infinity, settling)
    nextBlock()
    await process(Infinity, settling)
    t.equal(await countOf(batch), 1, `step ${step}`)
    t.equal(before - (await balance()), 1)
    t.notOk(isKept(batch))
    if (end !== 'killed') break
  }
})

t.test('a look changes nothing, and an error in it forgets nothing', async (t) => {
  const [done, open] = [payment(), payment()]
  await process(Infinity, sending(done))
  nextBlock()
  await process(Infinity, (parts) => Promise.resolve(parts.outbox.add(open)))
  const looking = async (parts: SendingParts) => lookBack(parts, await standingOf(parts))
  const silent = () => Promise.reject(Object.assign(new Error('no answer'), { code: 'E_FACTOM_TIMEOUT' }))
  await t.rejects(process(Infinity, settling, { ack: silent }), { code: 'E_FACTOM_TIMEOUT' })
  t.ok(isKept(done), 'what became of it was not told yet')
  const found = await process(Infinity, looking)
  matchExactly(t, found, [
    { fate: { kind: 'executed' }, unfinished: false },
    { fate: { kind: 'open' }, unfinished: true },
  ])
  nextBlock()
  t.equal(await countOf(open), 0, 'nothing was sent')
  await process(Infinity, settling)
  nextBlock()
  await process(Infinity, settling)
  t.same([await countOf(done), await countOf(open)], [1, 1])
  t.notOk(isKept(done) || isKept(open))
})

t.test('what the node refused once gets a commit of today', async (t) => {
  const before = await balance()
  const batch = payment()
  const refused = () =>
    Promise.reject(
      Object.assign(new Error('no'), {
        code: 'E_FACTOM_RPC',
        retryable: false,
        details: { rpcCode: -32602 },
      }),
    )
  const first = await process(Infinity, sending(batch), { revealEntry: refused })
  t.match(first, { state: 'missed', code: 'E_FACTOM_RPC' })
  t.ok(isKept(batch), 'it is signed, and may be executed whatever this node says')
  matchExactly(t, await process(Infinity, settling), [
    { fate: { kind: 'open' }, result: { state: 'acknowledged' } },
  ])
  nextBlock()
  matchExactly(t, await process(Infinity, settling), [{ fate: { kind: 'executed' } }])
  t.equal(await countOf(batch), 1)
  t.equal(before - (await balance()), 1)
})

t.test('nothing is sent while the ledger lacks blocks, nor what is too old', async (t) => {
  const batch = payment()
  await process(Infinity, (parts) => Promise.resolve(parts.outbox.add(batch)))
  lag = 1
  matchExactly(t, await process(Infinity, settling), [{ fate: { kind: 'open' }, result: null }])
  nextBlock()
  t.equal(await countOf(batch), 0, 'it may be in the block that the ledger does not know')
  lag = 0
  hours = 13
  nextBlock()
  nextBlock()
  matchExactly(t, await process(Infinity, settling), [{ fate: { kind: 'expired' }, result: null }])
  t.notOk(isKept(batch), 'proven: no block takes it any more')
  await t.rejects(process(Infinity, sending(batch)), { code: 'E_WALLET_LATE', message: /12 hours ago/ })
  const early = signBatch(batch, KEY, batch.signedAt + 13 * 3600 + 7200)
  await t.rejects(process(Infinity, sending(early)), { code: 'E_WALLET_LATE', message: /future/ })
  nextBlock()
  t.equal(await countOf(batch), 0)
})
