/* eslint-disable @typescript-eslint/no-explicit-any -- replies are JSON whose shape the test itself judges */
import t from 'tap'
import type { Test } from 'tap'

import { composeEntryCommit } from '../../commit.js'
import { ecKey } from '../../address.js'
import { toHex } from '../../bytes.js'
import { chainIdOf, encodeEntry, entryHash } from '../../entry.js'
import { DEV_KEYS, startDevChain, type DevChain, type FaultRules } from '../index.js'
import { createFaults } from './faults.js'

const key = ecKey(DEV_KEYS.ecSecret)
const oprChain = chainIdOf(
  ['PegNet', 'MainNet', 'OraclePriceRecords'].map((text) => new TextEncoder().encode(text)),
)

interface Reply {
  readonly status: number
  readonly result?: any
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
}

async function post(url: string, method: string, params: unknown = {}, headers = {}): Promise<Reply> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const response = await fetch(url, { method: 'POST', body, headers })
  const text = await response.text()
  return { ...(text.startsWith('{') ? (JSON.parse(text) as Reply) : {}), status: response.status }
}

const call = (chain: DevChain, method: string, params?: unknown) => post(`${chain.url}/v2`, method, params)
const controlled = ({ control: { url, token } }: DevChain, method: string, params?: unknown) =>
  post(url, method, params, { Authorization: `Bearer ${token}` })

async function newChain(t: Test, options = {}): Promise<DevChain> {
  const chain = await startDevChain({ dataDir: t.testdir(), blockSeconds: 60, manual: true, ...options })
  t.teardown(() => chain.close())
  return chain
}

function record(text: string) {
  const raw = encodeEntry({ chainId: oprChain, extIds: [], content: new TextEncoder().encode(text) })
  const commit = composeEntryCommit({ entryHash: entryHash(raw), credits: 1, timeMs: Date.now(), key })
  return { hash: entryHash(raw), entry: toHex(raw), message: toHex(commit) }
}

const shown = async (chain: DevChain) => {
  const { minute, directoryblockheight, leaderheight } = (await call(chain, 'current-minute')).result
  return `${leaderheight}/${minute} saved ${directoryblockheight}`
}

t.test('rules: checked, counted, by chance', (t) => {
  const draws = [0.4, 0.6, 0.4]
  const faults = createFaults(() => draws.shift() ?? 0)
  for (const rules of [
    null,
    [],
    { nonsense: {} },
    { reset: 1 },
    { reset: { share: 0 } },
    { reset: { share: 2 } },
  ])
    t.throws(() => faults.set(rules), { code: 'E_DEVCHAIN_FAULT' })
  for (const rule of [{ times: 0 }, { ms: 0.5 }, { methods: 'ack' }, { wrong: 1 }])
    t.throws(() => faults.set({ delay: rule }), { code: 'E_DEVCHAIN_FAULT' })
  faults.set({ reset: { share: 0.5, times: 2, methods: ['ack'] } })
  const strikes = ['entry', 'ack', 'ack', 'ack', 'ack'].map(
    (method) => faults.strikes('reset', method) !== null,
  )
  t.strictSame(strikes, [false, true, false, true, false], 'another method, hit, missed, hit, over')
  t.strictSame(faults.struck, { reset: 2 })
  t.strictSame(faults.rules, {})
  t.end()
})

t.test('the control port: for those who have the token', async (t) => {
  const chain = await newChain(t)
  const { url } = chain.control
  const refused = { status: 400, error: { code: -32000 } }
  t.match(await post(url, 'set-faults', { faults: {} }), refused)
  t.match(await post(url, 'advance-minute', {}, { Authorization: 'Bearer 00' }), refused)
  t.equal(chain.minute, 0)
  t.match(await controlled(chain, 'advance-minute'), {
    result: { height: 1, minute: 1, directoryblockheight: 0 },
  })
  t.match(await controlled(chain, 'advance-minute', { count: 10 }), { result: { height: 2, minute: 1 } })
  t.match(await controlled(chain, 'advance-minute', { count: -1 }), { error: { code: -32602 } })
  t.match(await controlled(chain, 'set-faults', { faults: { none: {} } }), {
    error: { code: -32602, data: /there is no fault "none"/ },
  })
  t.match(await controlled(chain, 'nothing'), { error: { code: -32601 } })
  t.match((await post(url, 'faults')).result, { faults: {}, struck: {}, known: { lag: /catches up/ } })
  let answers = ''
  const waiting = [
    post(url, 'wait-minutes', { minutes: 2 }).then(({ result }) => (answers += `minutes ${result.status} `)),
    post(url, 'wait-blocks', { blocks: 1 }).then(({ result }) => (answers += `block ${result.status}`)),
  ]
  while (chain.height < 3) {
    await controlled(chain, 'advance-minute')
    if (chain.minute === 3) await waiting[0]
  }
  await Promise.all(waiting)
  t.equal(answers, 'minutes Success! block Success!')
  const clocked = await newChain(t, { manual: false, dataDir: t.testdir() })
  t.match(await controlled(clocked, 'advance-minute'), { error: { code: -32602, data: /--manual/ } })
})

t.test('between the client and the node', async (t) => {
  const chain = await newChain(t)
  const during = async (faults: FaultRules, work: () => Promise<unknown>) => {
    chain.faults.set(faults)
    await work()
    chain.faults.set({})
  }
  const status = (code: number) => async () => t.equal((await call(chain, 'heights')).status, code)
  await during({ 'http-400': {} }, async () =>
    t.match(await call(chain, 'heights'), { status: 400, error: { code: -32603 } }),
  )
  await during({ 'http-401': {} }, status(401))
  await during({ 'http-500': { methods: ['heights'] } }, status(500))
  await during({ 'http-500': { methods: ['ack'] } }, status(200))
  await during({ reset: { times: 1 } }, async () => {
    await t.rejects(call(chain, 'heights'))
    t.equal((await call(chain, 'heights')).status, 200)
  })
  await during({ delay: { ms: 30 } }, async () => {
    const start = performance.now()
    t.equal((await call(chain, 'heights')).status, 200)
    t.ok(performance.now() - start >= 29)
  })
  const lost = record('the reply is lost')
  await during({ 'lose-reply': {} }, () => t.rejects(call(chain, 'commit-entry', { message: lost.message })))
  t.match(
    await call(chain, 'commit-entry', { message: lost.message }),
    { error: { code: -32011 } },
    'it is in',
  )
})

t.test('commits and reveals that are lost without a word', async (t) => {
  const chain = await newChain(t)
  const credits = async () =>
    (await call(chain, 'entry-credit-balance', { address: key.address })).result.balance as number
  const before = await credits()
  const one = record('one')
  chain.faults.set({ 'drop-commit': { times: 1 }, 'drop-reveal': { times: 1 } })
  t.match(await call(chain, 'commit-entry', { message: one.message }), { status: 200 })
  t.equal(await credits(), before)
  t.match(await call(chain, 'commit-entry', { message: one.message }), { status: 200 })
  t.equal(await credits(), before - 1)
  t.match(await call(chain, 'reveal-entry', { entry: one.entry }), { status: 200 })
  t.match(await call(chain, 'entry', { hash: one.hash }), { error: { code: -32008 } })
  await call(chain, 'reveal-entry', { entry: one.entry })
  t.match(await call(chain, 'entry', { hash: one.hash }), { status: 200 })
  chain.faults.set({ 'repeat-commit': {} })
  t.match(await call(chain, 'commit-entry', { message: record('two').message }), { error: { code: -32011 } })
  t.equal(await credits(), before - 1)
})

t.test('minutes: 10, long, short, none', async (t) => {
  const chain = await newChain(t)
  const tick = (count: number) => Array.from({ length: count }).forEach(() => chain.tick())
  tick(9)
  chain.faults.set({ 'minute-10': { times: 1 } })
  tick(1)
  t.equal(await shown(chain), '0/10 saved 0')
  const late = record('in minute 10')
  await call(chain, 'commit-entry', { message: late.message })
  await call(chain, 'reveal-entry', { entry: late.entry })
  tick(1)
  t.equal(await shown(chain), '1/0 saved 0')
  tick(11)
  t.match((await call(chain, 'transaction', { hash: late.hash })).result, {
    includedindirectoryblockheight: 2,
  })
  t.equal(await shown(chain), '2/1 saved 2')
  chain.faults.set({ 'long-minute': { times: 1 } })
  tick(1)
  t.equal(chain.minute, 1)
  tick(1)
  t.equal(chain.minute, 2)
  chain.faults.set({ 'short-minute': { times: 1 } })
  tick(1)
  t.equal(chain.minute, 4)
  chain.faults.set({ stall: {} })
  tick(3)
  t.equal(chain.minute, 4)
})

t.test('a node that catches up, one that tears its numbers, one whose clock is off', async (t) => {
  const chain = await newChain(t)
  const tick = (count: number) => Array.from({ length: count }).forEach(() => chain.tick())
  const block = (height: number) => call(chain, 'dblock-by-height', { height })
  const headOf = async () =>
    (await call(chain, 'chain-head', { chainid: oprChain })).result.chainhead as string
  const write = async (text: string) => {
    const { message, entry } = record(text)
    await call(chain, 'commit-entry', { message })
    await call(chain, 'reveal-entry', { entry })
  }
  await write('in the first block')
  tick(11)
  const head = await headOf()
  t.equal(await shown(chain), '1/1 saved 1')
  chain.faults.set({ lag: { blocks: 2 } })
  t.equal(await shown(chain), '1/0 saved 1')
  await write('in the second one')
  tick(10)
  t.equal(await shown(chain), '1/0 saved 1', 'block 2 is saved and not seen')
  t.equal(await headOf(), head)
  t.match(await block(2), { error: { code: -32008 } })
  t.match((await call(chain, 'heights')).result, { directoryblockheight: 1, entryheight: 1 })
  tick(10)
  t.equal(await shown(chain), '3/1 saved 3', 'a jump of two')
  t.not(await headOf(), head)
  t.match(await block(2), { status: 200 })
  chain.faults.set({ torn: {} })
  t.equal(await shown(chain), '3/1 saved 2')
  tick(9)
  t.equal(await shown(chain), '4/9 saved 3')
  chain.faults.set({ clock: { ms: 300_000 } })
  const { currenttime } = (await call(chain, 'current-minute')).result as { currenttime: number }
  t.ok(currenttime / 1e6 - Date.now() > 290_000)
})
