/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-argument -- replies are JSON whose shape the test itself judges */
import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { connect } from 'node:net'

import t from 'tap'
import type { Test } from 'tap'

import { decodeFactoidBlock, type SavedBlock } from '../blocks/index.js'
import { freshState } from '../chain/state.js'
import { blockText, openDirectory } from '../store/directory.js'
import { recordedBlocks, recordedCalls, recordedMinutes, recordedViews } from '../fixtures/recordings.js'
import type { RecordedCall } from '../fixtures/recordings.js'
import { genesisBlock } from '../genesis.js'
import { createArchive } from '../store/archive.js'
import { createFaults } from '../faults/faults.js'
import { createNodeView } from '../faults/view.js'
import { startDevChain } from '../index.js'
import { methodTable } from './table.js'
import { answer } from './request.js'
import { matchExactly } from '../../../test/fixtures/match-exactly.js'

interface Reply {
  readonly status: number
  readonly contentType: string | null
  readonly text: string
}

/** When the recorded node opened its first block. */
const OPENED = 1795254060076
const MINUTE = 2000

async function post(url: string, body: string, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(`${url}/v2`, { method: 'POST', body, ...init })
  return {
    status: response.status,
    contentType: response.headers.get('content-type'),
    text: await response.text(),
  }
}

async function call(url: string, method: string, params?: unknown): Promise<Record<string, unknown>> {
  const { text } = await post(url, JSON.stringify({ jsonrpc: '2.0', id: 0, method, params }))
  return JSON.parse(text) as Record<string, unknown>
}

/** A chain of 20-second blocks whose clock is set by hand, empty as the recorded one was. */
async function emptyChain(t: Test, at = OPENED) {
  const clock = { now: at }
  const chain = await startDevChain({
    dataDir: t.testdir(),
    blockSeconds: 20,
    manual: true,
    fund: 0,
    chains: [],
    now: () => clock.now,
  })
  t.teardown(() => chain.close())
  return { chain, clock, url: chain.url }
}

/** A chain that goes on from the recorded blocks up to `height`. */
async function recordedChain(t: Test, height: number) {
  const dataDir = t.testdir({ [`to-${height}`]: {} }) + `/to-${height}`
  const directory = openDirectory(dataDir)
  for (const block of recordedBlocks().slice(1, height + 1)) directory.save(block)
  const now = () => OPENED + height * 10 * MINUTE
  const chain = await startDevChain({ dataDir, blockSeconds: 20, manual: true, fund: 0, chains: [], now })
  t.teardown(() => chain.close())
  return chain
}

/** Everything but values: names in order, types, which lists are null. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape)
  if (value === null || typeof value !== 'object') return value === null ? null : typeof value
  return Object.entries(value).map(([name, member]) => [name, shape(member)])
}

function sameReply(t: Test, recorded: RecordedCall, reply: Reply) {
  const { label, replyLength } = recorded
  t.equal(reply.status, recorded.status, `${label}: status`)
  t.equal(reply.contentType, recorded.contentType, `${label}: content type`)
  if (replyLength === undefined) t.equal(reply.text, recorded.reply, label)
  else {
    const begin = recorded.reply.slice(0, -1)
    t.equal(reply.text.slice(0, begin.length), begin, `${label}: begins alike`)
    t.equal(reply.text.length, replyLength, `${label}: length`)
  }
}

const calls = recordedCalls().filter((row) => row.request !== undefined)
const labelled = (label: string) => {
  const found = calls.find((row) => row.label === label)
  if (!found) throw new Error(`no recording is called ${label}`)
  return found
}

/** The recorded node had not processed what was just sent; this one has. */
const TOO_SOON = /just after submit|at once|^e1: ack\(c\)$/
/** The node was still busy with the last few messages; these two are compared at the end. */
const STILL_BUSY = new Set(['EC balance', 'pending-entries all'])
/** Members whose value is a matter of the moment. */
const MOMENTARY: Readonly<Record<string, readonly string[]>> = {
  'current-minute': ['currentblockstarttime', 'currentminutestarttime', 'currenttime'],
  // The node dates the open block by the time at which it was started itself.
  'ack pending FCT': ['blockdate', 'blockdatestring'],
  // The node had not begun to count pending balances yet.
  'diagnostics undefined': ['currentminuteduration', 'previousminuteduration', 'tempbalancehash'],
}

t.test('the talk with a real node, word for word', async (t) => {
  const { chain, clock, url } = await emptyChain(t)
  const from = calls.findIndex((row) => row.label === 'buy 1,000,000 EC')
  const to = calls.findIndex((row) => row.label === 'e1: ack(entry) confirmed')
  const chainsAt = calls.findIndex((row) => row.label === 'commit-chain root')
  const soon: string[] = []
  for (const [i, recorded] of calls.slice(0, to).entries()) {
    // In which minute the node was then.
    const minute = i < from ? 1 : i < chainsAt ? 3 : 4
    while (chain.minute < minute) chain.tick()
    clock.now = OPENED + minute * MINUTE
    const reply = await post(url, recorded.request ?? '')
    if (TOO_SOON.test(recorded.label)) {
      soon.push(recorded.label)
      t.match(reply.text, 'TransactionACK', recorded.label)
    } else if (recorded.label in MOMENTARY) {
      const [mine, theirs] = [reply.text, recorded.reply].map((text) => {
        const { result } = JSON.parse(text) as { result: Record<string, unknown> }
        for (const name of MOMENTARY[recorded.label] ?? []) result[name] = typeof result[name]
        return result
      })
      t.same(mine, theirs, recorded.label)
    } else if (!STILL_BUSY.has(recorded.label)) sameReply(t, recorded, reply)
  }
  t.equal(soon.length, 12)
  const balance = JSON.parse(labelled('EC balance after buy').reply) as { result: { balance: number } }
  const { result } = await call(url, 'entry-credit-balance', { address: chain.keys.ecAddress })
  t.same(result, { balance: balance.result.balance - 84 }, '84 credits for the whole script')
  const pending = (await call(url, 'pending-entries')).result as object[]
  const recordedPending = JSON.parse(labelled('pending-entries all').reply) as { result: object[] }
  t.same(pending.slice(0, recordedPending.result.length), recordedPending.result)
})

t.test('saved blocks, told as the real node told them', async (t) => {
  const at = calls.findIndex((row) => row.label === 'e1: ack(entry) confirmed')
  const entryBlockAt = calls.findIndex((row) => row.label === 'entry-block')
  const early = await recordedChain(t, 2)
  const late = await recordedChain(t, 5)
  for (const [i, recorded] of calls.entries()) {
    if (i < at) continue
    sameReply(t, recorded, await post((i < entryBlockAt ? early : late).url, recorded.request ?? ''))
  }
  for (const block of recordedViews()) {
    const height = block.height
    const answers = {
      'dblock-by-height': block.directoryBlock,
      'fblock-by-height': block.factoidBlock,
      'ecblock-by-height': block.entryCreditBlock,
      'ablock-by-height': block.adminBlock,
    }
    for (const [method, expected] of Object.entries(answers)) {
      const { result } = await call(late.url, method, { height })
      t.equal(JSON.stringify(result), JSON.stringify(expected), `${method} ${height}`)
    }
    for (const entryBlock of block.entryBlocks) {
      const { result } = await call(late.url, 'entry-block', { keymr: entryBlock.keymr })
      t.same(result, entryBlock.json)
      for (const { hash, raw } of entryBlock.entries) {
        t.same((await call(late.url, 'raw-data', { hash })).result, { data: raw })
      }
    }
  }
})

t.test('blocks by key are those by height, and raw data by any hash', async (t) => {
  const { url } = await recordedChain(t, 5)
  for (const block of recordedViews()) {
    const { dblock } = block.directoryBlock as unknown as {
      dblock: { keymr: string; dbhash: string; dbentries: { keymr: string }[] }
    }
    const keys = dblock.dbentries.map(({ keymr }) => keymr)
    const parts: [string, string | undefined, unknown, string][] = [
      ['admin-block', keys[0], block.adminBlock, block.adminBlock.rawdata],
      ['entrycredit-block', keys[1], block.entryCreditBlock, block.entryCreditBlock.rawdata],
      ['factoid-block', keys[2], block.factoidBlock, block.factoidBlock.rawdata],
    ]
    for (const [method, keymr, expected, raw] of parts) {
      t.same((await call(url, method, { keymr })).result, expected)
      t.same((await call(url, 'raw-data', { hash: keymr })).result, { data: raw })
    }
    for (const hash of [dblock.keymr, dblock.dbhash])
      t.same((await call(url, 'raw-data', { hash })).result, { data: block.directoryBlock.rawdata })
    t.match(
      (await call(url, 'directory-block', { keymr: keys[0] })).error,
      { code: -32008 },
      'another kind of block',
    )
  }
  const commits = (
    recordedViews()[1]?.entryCreditBlock as unknown as {
      ecblock: { body: { entries: { entryhash?: string }[] } }
    }
  ).ecblock.body.entries
  const first = commits.find(({ entryhash }) => entryhash !== undefined)
  const txid = JSON.parse(labelled('commit-chain root').reply) as { result: { txid: string } }
  const { result } = await call(url, 'transaction', { hash: txid.result.txid })
  t.match(result, { ectransaction: first, includedindirectoryblockheight: 1 })
})

t.test('what became of a message, in each of its states', async (t) => {
  const options = { dataDir: t.testdir(), blockSeconds: 60, manual: true, walletPort: 0, fund: 1000 }
  const chain = await startDevChain(options)
  t.teardown(() => chain.close())
  const result = async (url: string | null, method: string, params: object): Promise<any> => {
    const reply = await call(url ?? '', method, params)
    if (reply['error'] !== undefined) throw new Error(JSON.stringify(reply['error']))
    return reply['result']
  }
  const ask = (method: string, params: object) => result(chain.url, method, params)
  const wallet = (method: string, params: object = {}) => result(chain.walletUrl, method, params)
  const saveBlock = () => {
    const { savedHeight } = chain
    while (chain.savedHeight === savedHeight) chain.tick()
  }
  const { fctAddress, ecAddress } = chain.keys
  const unknown = '00'.repeat(32)
  const poor = (await wallet('generate-factoid-address')).public as string
  /** A payment, signed, whether there are coins for it or not. */
  const payment = async (name: string, from: string, to: string): Promise<{ txid: string; hex: string }> => {
    const draft = { 'tx-name': name }
    await wallet('new-transaction', draft)
    await wallet('add-input', { ...draft, address: from, amount: 1_000_000 })
    await wallet('add-output', { ...draft, address: to, amount: 1_000_000 })
    const { txid } = await wallet('add-fee', { ...draft, address: from })
    await wallet('sign-transaction', { ...draft, force: true })
    const { params } = await wallet('compose-transaction', draft)
    return { txid, hex: params.transaction as string }
  }
  const fullHash = (hex: string) => createHash('sha256').update(Buffer.from(hex, 'hex')).digest('hex')
  const stateOf = async (hash: string) => (await ask('factoid-ack', { txid: hash })).status as string

  t.equal(await stateOf(unknown), 'Unknown')
  const rich = await payment('rich', fctAddress, poor)
  t.equal((await ask('factoid-submit', { transaction: rich.hex })).txid, rich.txid)
  t.equal(await stateOf(rich.txid), 'TransactionACK')
  const own = await ask('pending-transactions', { address: poor })
  t.match(own, [{ transactionid: rich.txid, status: 'TransactionACK' }])
  const [coinbase] = await ask('pending-transactions', {})
  t.match((await ask('transaction', { hash: coinbase.transactionid })).factoidtransaction, {
    inputs: null,
    outputs: null,
    rcds: null,
  })
  t.match((await ask('transaction', { hash: rich.txid })).factoidtransaction, {
    inputs: [{ amount: Number }],
  })

  const stranger = (await wallet('generate-factoid-address')).public as string
  const early = await payment('early', stranger, fctAddress)
  await ask('factoid-submit', { transaction: early.hex })
  t.equal(await stateOf(early.txid), 'NotConfirmed')
  t.match(await ask('pending-transactions', { address: stranger }), [
    { transactionid: early.txid, status: 'NotConfirmed' },
  ])
  t.same(
    (await ask('raw-data', { hash: fullHash(early.hex) })).data,
    early.hex,
    'by its full hash it is found',
  )
  await t.rejects(ask('raw-data', { hash: early.txid }), /-32008/, 'by its id it is not')

  const firstentry = { extids: ['aa'], content: '' }
  const made = await wallet('compose-chain', { chain: { firstentry }, ecpub: ecAddress })
  await ask(made.commit.method, made.commit.params)
  const { chainid } = await ask(made.reveal.method, made.reveal.params)
  const written = await wallet('compose-entry', {
    entry: { chainid, extids: [], content: '00' },
    ecpub: ecAddress,
    force: true,
  })
  const { txid, entryhash } = await ask(written.commit.method, written.commit.params)
  const paid = fullHash(written.commit.params.message as string)
  t.match(await ask('ack', { hash: txid, chainid: 'c' }), {
    committxid: txid,
    entryhash: '',
    commitdata: { status: 'TransactionACK' },
    entrydata: { status: '' },
  })
  t.equal(await stateOf(txid), 'TransactionACK', 'a commit is asked for in the same way')
  t.match(await ask('ack', { hash: entryhash, chainid }), {
    committxid: txid,
    commitdata: { status: 'TransactionACK' },
    entrydata: { status: 'Unknown' },
  })
  saveBlock()
  t.equal(await stateOf(rich.txid), 'DBlockConfirmed')
  t.equal(await stateOf(txid), 'DBlockConfirmed')
  t.match(await ask('ack', { hash: paid, chainid: 'c' }), {
    committxid: paid,
    entryhash,
    commitdata: { status: 'DBlockConfirmed' },
    entrydata: { status: 'DBlockConfirmed' },
  })
  t.match(await ask('ack', { hash: txid, chainid: 'c' }), { entryhash: '', entrydata: { status: '' } })
  t.match(
    await ask('ack', { hash: entryhash, chainid }),
    { committxid: txid, commitdata: { status: 'DBlockConfirmed' }, entrydata: { status: 'Unknown' } },
    'paid in a saved block, and not revealed yet',
  )
  const { dblock } = await ask('dblock-by-height', { height: 1 })
  const parts = dblock.dbentries as { keymr: string }[]
  const hashes = [dblock.keymr as string, ...parts.map(({ keymr }) => keymr)]
  for (const hash of hashes)
    t.match(
      await ask('transaction', { hash }),
      { includedintransactionblock: '', includedindirectoryblockheight: -1 },
      'a block is in no other',
    )
  t.match(await ask('transaction', { hash: rich.txid }), { includedindirectoryblockheight: 1 })
})

t.test('minutes and heights step as on a real node', async (t) => {
  const rows = recordedMinutes()
  const opened = Number(rows[0]?.currentMinute.currentblockstarttime) / 1e6
  const { chain, clock, url } = await emptyChain(t, opened)
  for (const row of rows) {
    const { minute, currentminutestarttime } = row.currentMinute
    clock.now = Number(currentminutestarttime) / 1e6
    if (minute !== chain.minute) chain.tick()
    clock.now = row.atMs
    // Once the node was caught between two steps: heights of the next block, minute 9 of this one.
    if (minute === 9 && row.heights.leaderheight !== row.currentMinute.leaderheight) continue
    const mine = (await call(url, 'current-minute')).result as Record<string, unknown>
    const names = [
      'leaderheight',
      'directoryblockheight',
      'minute',
      'stalldetected',
      'directoryblockinseconds',
      'faulttimeout',
      'roundtimeout',
    ]
    t.equal(JSON.stringify(shape(mine)), JSON.stringify(shape(row.currentMinute)))
    for (const name of names) t.equal(mine[name], row.currentMinute[name], `${name} at ${row.atMs}`)
    t.same((await call(url, 'heights')).result, row.heights)
  }
  clock.now += 1.6 * MINUTE
  t.match((await call(url, 'current-minute')).result, { stalldetected: true })
})

t.test('a chain that was not run for long has not stood still', async (t) => {
  const clock = { now: OPENED }
  const options = { dataDir: t.testdir(), blockSeconds: 20, manual: true, now: () => clock.now }
  const chain = await startDevChain(options)
  chain.tick()
  const { minute } = chain
  await chain.close()
  clock.now += 500 * MINUTE
  const again = await startDevChain(options)
  t.teardown(() => again.close())
  const { result } = await call(again.url, 'current-minute')
  t.match(result, { minute, stalldetected: false })
  clock.now += 1.6 * MINUTE
  t.match((await call(again.url, 'current-minute')).result, { stalldetected: true }, 'now it does')
})

t.test('the first block of a new chain: money and five chains', async (t) => {
  const chain = await startDevChain({ dataDir: t.testdir(), blockSeconds: 60, manual: true })
  t.teardown(() => chain.close())
  t.same((await call(chain.url, 'entry-credit-balance', { address: chain.keys.ecAddress })).result, {
    balance: 999_945,
  })
  const opr = 'a642a8674f46696cc47fdb6b65f9c87b2a19c5ea8123b3d2f0c13b6f33a9d5ef'
  t.same((await call(chain.url, 'chain-head', { chainid: opr })).result, {
    chainhead: '',
    chaininprocesslist: true,
  })
  for (let i = 0; i < 11; i++) chain.tick()
  t.equal(chain.savedHeight, 1)
  const { result } = await call(chain.url, 'dblock-by-height', { height: 1, noraw: true })
  const recorded = recordedViews()[1]?.directoryBlock as unknown as {
    dblock: { dbentries: { chainid: string }[] }
  }
  const chainIds = (entries: { chainid: string }[]) => entries.map(({ chainid }) => chainid)
  t.same(
    chainIds((result as typeof recorded).dblock.dbentries),
    chainIds(recorded.dblock.dbentries),
    'the chains that the real node had',
  )
  const head = (await call(chain.url, 'chain-head', { chainid: opr })).result as { chainhead: string }
  matchExactly(t, await call(chain.url, 'entry-block', { keymr: head.chainhead }), {
    result: { header: { blocksequencenumber: 0, chainid: opr, dbheight: 1 }, entrylist: [{}] },
  })
})

t.test('params as Go takes them', async (t) => {
  const { url } = await emptyChain(t)
  const error = async (method: string, params: unknown) =>
    (await call(url, method, params)).error as { code: number; data?: string }
  t.match(await error('multiple-ec-balances', null), { data: 'ERROR! Invalid params passed in' })
  t.match(await error('multiple-ec-balances', { Addresses: [] }), {
    data: "ERROR! Invalid params passed in, expected 'addresses'",
  })
  t.match(await error('multiple-ec-balances', { addresses: [1] }), { code: -32603 })
  t.match(await error('dblock-by-height', { height: 0.5 }), { code: -32602 })
  t.match(await error('dblock-by-height', { height: 1e20 }), { code: -32602 })
  t.match(await error('dblock-by-height', { noraw: 1 }), { code: -32602 })
  t.match(await error('ack', { hash: '00', chainid: 'c' }), {
    data: 'Hash must be 64 hex encoded characters',
  })
  t.match(await error('ack', { hash: '00'.repeat(32), chainid: '0'.repeat(63) + 'a' }), {
    data: 'ChainID cannot be admin chain',
  })
  t.match(await error('factoid-ack', {}), { code: -32602 })
  matchExactly(t, await call(url, 'multiple-fct-balances', { addresses: ['', 'x'] }), {
    result: {
      currentheight: 0,
      lastsavedheight: 0,
      balances: [{ err: 'No FCT addresses' }, { err: 'Error decoding address' }],
    },
  })
  t.match(await call(url, 'dblock-by-height', { height: 2 ** 32, HEIGHT: null }), {
    result: { dblock: { header: { dbheight: 0 } } },
  })
  t.match(
    await call(url, 'dblock-by-height', { HEIGHT: 7, height: 0 }),
    { result: {} },
    'the later spelling wins',
  )
  t.match(await post(url, '{"JSONRPC":"2.0","Id":7,"Method":"heights","params":null}'), { text: '"id":7' })
  t.equal(
    (await post(url, '{"jsonrpc":"2.0","id":"<&>","method":"x"}')).text.includes('"\\u003c\\u0026\\u003e"'),
    true,
  )
  t.match(await post(url, '{"jsonrpc":"2.0","id":0,"method":"heights"} {}'), { status: 400, text: '-32600' })
  t.match(await post(url, '{"jsonrpc":"2.0","id":0,"method":7}'), { status: 400, text: '-32600' })
  t.match(await post(url, 'null'), { status: 400, text: '-32600' })
})

t.test('HTTP: paths, methods, bodies that are too much', async (t) => {
  const { url } = await emptyChain(t)
  const other = await fetch(url)
  t.equal(other.status, 404)
  t.equal(await other.text(), '404 page not found\n')
  t.match(await post(url, '', { method: 'GET', body: undefined as never }), { status: 400, text: '-32600' })
  const put = JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'heights' })
  t.match(await post(url, put, { method: 'PUT' }), { status: 200 })
  t.match(await post(url, '['.repeat(500_000)), { status: 400, text: '-32600' })
  t.match(
    await post(url, `{"jsonrpc":"2.0","id":${'['.repeat(2000)}${']'.repeat(2000)},"method":"heights"}`),
    { status: 400, text: '"id":null' },
  )
  t.match(await tooLong(url), { status: 400, text: '-32600' })
  await garbage(url)
  t.match(await post(url, put), { status: 200 }, 'still there')
})

t.test('hostile params: every method answers with JSON, whatever it gets', (t) => {
  const archive = createArchive(genesisBlock(), () => genesisBlock())
  for (const block of recordedBlocks().slice(1)) archive.append(block)
  const state = freshState(6, archive.balances, OPENED)
  const faults = createFaults()
  const view = createNodeView(archive, state, faults)
  const methods = methodTable({
    ...{ state, archive, view, faults },
    blockSeconds: 20,
    now: () => OPENED,
    submit: () => {},
  })
  const block = recordedBlocks()[1] as SavedBlock
  const txid = decodeFactoidBlock(block.factoid).transactions[1]?.transaction.txid
  const values = [
    null,
    true,
    -1,
    0,
    1e300,
    '',
    'zz',
    'c',
    'f',
    '00'.repeat(32),
    txid,
    'ff'.repeat(600),
    [],
    [[]],
    {},
    { height: {} },
  ]
  const names = [
    'hash',
    'keymr',
    'chainid',
    'height',
    'noraw',
    'address',
    'addresses',
    'message',
    'entry',
    'transaction',
    'txid',
    'fulltransaction',
    'startheight',
    'endheight',
    'includerawentry',
  ]
  for (const method of methods.keys()) {
    const bodies = [
      ...values,
      ...names.flatMap((name) => values.map((value) => ({ [name]: value }))),
      ...values.map((value) => ({ hash: txid, chainid: value, fulltransaction: value })),
      JSON.parse('{"__proto__":{"height":1},"constructor":1}') as unknown,
    ]
    for (const params of bodies) {
      const reply = answer(methods, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
      const { id, error, result } = JSON.parse(reply.body) as Record<string, unknown>
      const anonymous = id === null && (error as { code?: number } | undefined)?.code === -32603
      const sound =
        reply.status === (error === undefined ? 200 : 400) &&
        (id === 1 || anonymous) &&
        (error === undefined) !== (result === undefined)
      if (!sound) t.fail(`${method} ${JSON.stringify(params)}: ${reply.body.slice(0, 200)}`)
      const mayPanic = method === 'raw-data' || method === 'anchors' || method.startsWith('multiple-')
      if (anonymous && !mayPanic) t.fail(`${method} ${JSON.stringify(params)} panics`)
    }
    t.pass(method)
  }
  t.end()
})

t.test('block files are the recorded chain again', (t) => {
  const [, block] = recordedBlocks() as [SavedBlock, SavedBlock]
  t.match(JSON.parse(blockText(block)), {
    height: 1,
    keymr: '9676e91c4ccaf80b0afdc381784456ed138733d78a82e32e3f2ae5e29e47a800',
  })
  t.end()
})

function tooLong(url: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sending = request(`${url}/v2`, { method: 'POST' }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text })
        sending.destroy()
      })
    })
    sending.on('error', reject)
    sending.write(' '.repeat(1024 * 1024 + 1))
  })
}

/** Bytes that are not HTTP. */
function garbage(url: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.end('\u0000\u0001\r\n\r\n'))
    socket.on('error', () => {})
    socket.on('close', () => resolve())
    socket.resume()
  })
}
