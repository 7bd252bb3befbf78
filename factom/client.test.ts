import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'

import t from 'tap'
import type { Test } from 'tap'

import { fromHex, toHex } from './bytes.js'
import { refuse, reply, result, startScriptedNode, type Answer } from './fixtures/scripted-node.js'
import { settled } from './fixtures/fake-timing.js'
import { until } from '../test/fixtures/until.js'
import * as factom from './index.js'
import type { FactomClientOptions } from './index.js'

const code = (wanted: string) => ({ code: wanted })
const bytes = (text: string) => fromHex(text) ?? new Uint8Array()
const HASH = '11'.repeat(32)
const HEIGHTS = { directoryblockheight: 7, leaderheight: 7, entryblockheight: 7, entryheight: 6 }

async function setup(t: Test, answer: Answer, options: Partial<FactomClientOptions> = {}) {
  const node = await startScriptedNode(answer)
  const client = factom.createFactomClient({ url: node.url, timeoutMs: 2000, ...options })
  t.teardown(async () => {
    client.close()
    await node.close()
  })
  return { node, client }
}

t.test('the recorded talk of a real node', async (t) => {
  interface Recorded {
    label: string
    request: string
    status: number
    reply: string
  }
  const recorded = JSON.parse(
    readFileSync(new URL('./fixtures/rpc.json', import.meta.url), 'utf8'),
  ) as Recorded[]
  /** Answers each request as the node did when it got the same method and parameters. */
  const queue = new Map<string, Recorded[]>()
  const keyOf = (method: string, params: unknown) =>
    JSON.stringify([method, { ...(params as object), noraw: undefined }])
  for (const call of recorded) {
    const { method, params } = JSON.parse(call.request) as { method: string; params?: unknown }
    queue.set(keyOf(method, params), [...(queue.get(keyOf(method, params)) ?? []), call])
  }
  const { client } = await setup(t, ({ id, method, params }, response) => {
    const calls = queue.get(keyOf(method, params))
    const call = calls && calls.length > 1 ? calls.shift() : calls?.[0]
    if (!call) return reply(response, `nothing recorded for ${keyOf(method, params)}`, 500)
    reply(response, { ...(JSON.parse(call.reply) as object), id }, call.status)
  })
  const find = (label: string) => {
    const found = recorded.find((call) => call.label === label)
    if (!found) throw new Error(`no recording ${label}`)
    const { params } = JSON.parse(found.request) as { params: Record<string, string> }
    return { params, result: (JSON.parse(found.reply) as { result: Record<string, unknown> }).result }
  }

  t.same(await client.properties(), { factomdVersion: 'BuiltWithoutVersion', apiVersion: '2.0' })
  t.same(await client.heights(), {
    directoryBlockHeight: 0,
    leaderHeight: 0,
    entryBlockHeight: 0,
    entryHeight: 0,
  })
  t.match(await client.currentMinute(), {
    minute: 1,
    directoryBlockHeight: 0,
    blockSeconds: 20,
    stallDetected: false,
    blockStart: 1795254060074,
    minuteStart: 1795254062017,
  })

  const commit = bytes(find('e1: commit-entry').params.message ?? '')
  const opr = 'f9bc4577efe80e076a0cb36f8965a6b599caa8c9fa47f2f1c5ed6763b5e0a2d4'
  const chain = find('chain-head saved').params.chainid ?? ''
  t.same(await client.commitEntry(commit), { txid: factom.commitTxid(commit), entryHash: opr })
  const repeated = await client.commitEntry(commit).catch((error: unknown) => error)
  t.equal(factom.rpcCodeOf(repeated), -32011)
  t.match(repeated, {
    code: 'E_FACTOM_RPC_REPEATED',
    retryable: false,
    details: { rpcMessage: 'Repeated Commit' },
  })
  const reveal = bytes(find('e1: reveal-entry').params.entry ?? '')
  t.same(await client.revealEntry(reveal), { entryHash: opr, chainId: chain })
  t.match(await client.ack(opr, chain), { entryStatus: 'TransactionACK', commitStatus: 'TransactionACK' })
  t.match(await client.ack(opr, chain), { entryStatus: 'DBlockConfirmed', commitStatus: 'DBlockConfirmed' })
  const txid = factom.commitTxid(commit)
  t.match(await client.ack(txid, 'c'), {
    commitTxid: txid,
    entryHash: '',
    commitStatus: 'Unknown',
    entryStatus: '',
  })
  t.match(await client.ack(txid, 'c'), { commitStatus: 'TransactionACK' })

  const chainCommit = bytes(find('commit-chain opr').params.message ?? '')
  t.match(await client.commitChain(chainCommit), { txid: factom.commitTxid(chainCommit) })
  t.match(await client.revealChain(bytes(find('reveal-chain opr').params.entry ?? '')), { chainId: chain })
  t.same(await client.chainHead(chain), { head: '', inProcessList: true })
  t.same(await client.chainHead(chain), {
    head: '44043d9934a00b991699e3470892100e4cf403db9c12ec4b465d4229339d5ab9',
    inProcessList: false,
  })
  t.equal(await client.chainHead('0'.repeat(63) + '1'), null, 'an unknown chain')

  const keyMr = find('entry-block').params.keymr ?? ''
  const block = await client.entryBlock(keyMr)
  t.match(block, { keyMr, chainId: chain, sequence: 2, height: 4, timestamp: 1795254120_000 })
  t.equal(block.entries.length, 10)
  t.equal(block.entries[0]?.timestamp, 1795254240_000)
  const raw = factom.decodeEntryBlock(await client.rawData(keyMr))
  t.equal(raw.keyMr, keyMr)
  t.same(
    raw.entries.map(({ hash }) => hash),
    block.entries.map(({ hash }) => hash),
  )
  const entry = await client.entry(find('entry').params.hash ?? '')
  t.equal(entry.chainId, chain)
  t.same(entry.extIds.map(toHex), ['01020329', 'ffffffffffff0039', '05'])
  t.match(await client.dblockByHeight(0), {
    height: 0,
    timeMinutes: 24018960,
    keyMr: 'c1fdd8c0a09e55e8b5f5e92eacb695d915b83af79735236fbd9274e37b26adc7',
    rows: { length: 3 },
  })
  t.same(await client.pendingEntries(), [])
  t.equal((await client.pendingEntries()).length, 4)
  t.equal(await client.entryCreditBalance('EC3TsJHUs8bzbbVnratBafub6toRYdgzgbR7kWwCW4tqbmyySRmg'), 0)
  t.equal(await client.entryCreditBalance('EC3TsJHUs8bzbbVnratBafub6toRYdgzgbR7kWwCW4tqbmyySRmg'), 1_000_000)

  await t.rejects(client.entryCreditBalance('EC123'), {
    code: 'E_FACTOM_RPC_PARAMS',
    details: { rpcCode: -32602 },
  })
  await t.rejects(client.dblockByHeight(99999), {
    code: 'E_FACTOM_RPC_MISSING',
    details: { rpcCode: -32008 },
    retryable: true,
  })
  await t.rejects(client.rawData('0'.repeat(63) + '1'), {
    code: 'E_FACTOM_RPC_MISSING',
    details: { rpcCode: -32008 },
  })
  await t.rejects(client.entry('zz'), {
    code: 'E_FACTOM_RPC_PARAMS',
    details: { rpcCode: -32602, rpcData: 'Invalid Hash' },
    retryable: false,
  })
})

t.test('null lists', async (t) => {
  const raw = factom.encodeEntry({ chainId: HASH, extIds: [], content: bytes('0102') })
  const { client, node } = await setup(t, result({ chainid: HASH, content: '0102', extids: null }))
  t.same(await client.entry(factom.entryHash(raw)), { chainId: HASH, extIds: [], content: bytes('0102') })
  node.answer = result(null)
  t.same(await client.pendingEntries(), [])
  node.answer = result([{ entryhash: HASH, chainid: null, status: 'TransactionACK' }])
  t.same(await client.pendingEntries(), [{ entryHash: HASH, chainId: null, status: 'TransactionACK' }])
})

t.test('replies that are not JSON-RPC', async (t) => {
  const { client, node } = await setup(t, result(HEIGHTS))
  const text =
    (body: string, status = 200): Answer =>
    (_, response) =>
      reply(response, body, status)
  const object =
    (body: object, status = 200): Answer =>
    ({ id }, response) =>
      reply(response, { jsonrpc: '2.0', id, ...body }, status)
  const cases: [string, Answer, string, boolean][] = [
    ['HTML', text('<html>proxy</html>'), 'E_FACTOM_REPLY', true],
    ['nothing', text(''), 'E_FACTOM_REPLY', true],
    ['half of it', text('{"jsonrpc":"2.0","id":1,"res'), 'E_FACTOM_REPLY', true],
    ['a list', text('[]'), 'E_FACTOM_REPLY', true],
    ['null', text('null'), 'E_FACTOM_REPLY', true],
    ['another version', object({ jsonrpc: '1.0', result: HEIGHTS }), 'E_FACTOM_REPLY', true],
    ['another id', object({ id: 999999, result: HEIGHTS }), 'E_FACTOM_REPLY', true],
    ['id as text', object({ id: '1', result: HEIGHTS }), 'E_FACTOM_REPLY', true],
    ['a result without id', object({ id: null, result: HEIGHTS }), 'E_FACTOM_REPLY', true],
    [
      'result and error',
      object({ result: HEIGHTS, error: { code: 1, message: 'x' } }),
      'E_FACTOM_REPLY',
      true,
    ],
    ['neither', object({}), 'E_FACTOM_REPLY', true],
    ['an error without code', object({ error: { message: 'x' } }, 400), 'E_FACTOM_REPLY', true],
    ['an error that is null', object({ error: null }, 400), 'E_FACTOM_REPLY', true],
    ['a result with status 400', object({ result: HEIGHTS }, 400), 'E_FACTOM_REPLY', true],
    [
      'an error without id',
      object({ id: null, error: { code: -32600, message: 'x' } }, 400),
      'E_FACTOM_RPC_REQUEST',
      false,
    ],
    [
      'an error with status 200',
      object({ error: { code: -32601, message: 'x' } }),
      'E_FACTOM_RPC_METHOD',
      false,
    ],
    ['internal error', object({ error: { code: -32603, message: 'x' } }, 400), 'E_FACTOM_RPC_INTERNAL', true],
    ['401', text('401 Unauthorized.', 401), 'E_FACTOM_AUTH', false],
    ['404', text('not here', 404), 'E_FACTOM_HTTP', false],
    ['429', text('slowly', 429), 'E_FACTOM_HTTP', true],
    ['500', text('oh', 500), 'E_FACTOM_HTTP', true],
    ['503', text('{"jsonrpc":"2.0"}', 503), 'E_FACTOM_HTTP', true],
  ]
  for (const [what, answer, wanted, retryable] of cases) {
    node.answer = answer
    await t.rejects(client.heights(), { code: wanted, retryable }, what)
  }
  node.answer = (_, response) => {
    response.setHeader('location', '/elsewhere')
    reply(response, '', 302)
  }
  const before = node.requests.length
  await t.rejects(client.heights(), { code: 'E_FACTOM_HTTP', details: { status: 302 } }, 'redirect')
  t.equal(node.requests.length, before + 1, 'is not followed')
  node.answer = result(HEIGHTS)
  t.match(await client.heights(), { entryHeight: 6 }, 'and after all that it works')
})

t.test('fields that are not as documented', async (t) => {
  const { client, node } = await setup(t, result(null))
  const minute = {
    leaderheight: 5,
    directoryblockheight: 5,
    minute: 3,
    currentblockstarttime: 1795254060074222932,
    currentminutestarttime: 0,
    currenttime: 1795254063247849862,
    directoryblockinseconds: 600,
    stalldetected: false,
  }
  const entryBlock = {
    header: { blocksequencenumber: 0, chainid: HASH, prevkeymr: HASH, timestamp: 1, dbheight: 2 },
    entrylist: [{ entryhash: HASH, timestamp: 1 }],
  }
  node.answer = result(minute)
  t.match(await client.currentMinute(), { minuteStart: 0, blockStart: 1795254060074 })
  const shapes: [string, unknown, (client: factom.FactomClient) => Promise<unknown>][] = [
    ['no object', 'text', (c) => c.heights()],
    ['a list', [], (c) => c.heights()],
    ['missing height', { ...HEIGHTS, entryheight: undefined }, (c) => c.heights()],
    ['negative height', { ...HEIGHTS, leaderheight: -1 }, (c) => c.heights()],
    ['height as text', { ...HEIGHTS, leaderheight: '7' }, (c) => c.heights()],
    ['half a height', { ...HEIGHTS, leaderheight: 7.5 }, (c) => c.heights()],
    ['height beyond 32 bits', { ...HEIGHTS, leaderheight: 2 ** 33 }, (c) => c.heights()],
    ['minute 11', { ...minute, minute: 11 }, (c) => c.currentMinute()],
    ['no block time', { ...minute, directoryblockinseconds: 0 }, (c) => c.currentMinute()],
    ['time as text', { ...minute, currenttime: '1' }, (c) => c.currentMinute()],
    ['stall as number', { ...minute, stalldetected: 0 }, (c) => c.currentMinute()],
    ['negative balance', { balance: -5 }, (c) => c.entryCreditBalance('EC')],
    ['balance beyond 2^53', { balance: 2 ** 60 }, (c) => c.entryCreditBalance('EC')],
    ['short hash', { chainhead: 'abc', chaininprocesslist: true }, (c) => c.chainHead(HASH)],
    ['hash in capitals', { chainhead: 'AB'.repeat(32), chaininprocesslist: true }, (c) => c.chainHead(HASH)],
    ['no header', { entrylist: [] }, (c) => c.entryBlock(HASH)],
    ['no list', { ...entryBlock, entrylist: {} }, (c) => c.entryBlock(HASH)],
    ['a row that is none', { ...entryBlock, entrylist: [7] }, (c) => c.entryBlock(HASH)],
    [
      'ack without status',
      { committxid: '', entryhash: '', commitdata: {}, entrydata: {} },
      (c) => c.ack(HASH, HASH),
    ],
    ['content that is no hex', { chainid: HASH, content: 'xyz', extids: [] }, (c) => c.entry(HASH)],
    ['content too large', { chainid: HASH, content: '00'.repeat(10241), extids: [] }, (c) => c.entry(HASH)],
    ['external id that is no hex', { chainid: HASH, content: '', extids: [5] }, (c) => c.entry(HASH)],
    ['raw data of odd length', { data: '123' }, (c) => c.rawData(HASH)],
    ['a list of pending entries that is none', { a: 1 }, (c) => c.pendingEntries()],
  ]
  for (const [what, shape, call] of shapes) {
    node.answer = result(shape)
    await t.rejects(call(client), { code: 'E_FACTOM_SHAPE', retryable: false }, what)
  }
  node.answer = result({
    committxid: '',
    entryhash: '',
    commitdata: { status: 'New' },
    entrydata: { status: '' },
  })
  t.match(await client.ack(HASH, HASH), { commitStatus: '' }, 'a status of a later version counts as none')
})

t.test('data with another hash', async (t) => {
  const { client, node } = await setup(t, result({ chainid: HASH, content: '00', extids: [] }))
  await t.rejects(client.entry(HASH), code('E_FACTOM_HASH'), 'another entry')
  node.answer = result({ chainid: HASH, content: '00'.repeat(10240), extids: ['00'] })
  await t.rejects(client.entry(HASH), code('E_FACTOM_ENTRY'), 'an entry beyond the limits')
  const directory = factom.encodeDirectoryBlock({
    ...{ networkId: factom.LOCAL_NETWORK_ID, prevKeyMr: HASH, prevFullHash: HASH, timeMinutes: 1, height: 8 },
    rows: [factom.ADMIN_CHAIN, factom.ENTRY_CREDIT_CHAIN, factom.FACTOID_CHAIN].map((chainId) => ({
      chainId,
      keyMr: HASH,
    })),
  })
  node.answer = result({ dblock: {}, rawdata: toHex(directory) })
  t.match(await client.dblockByHeight(8), { height: 8, rows: { length: 3 } })
  await t.rejects(client.dblockByHeight(9), code('E_FACTOM_HASH'), 'the block of another height')
  directory[120] = 1
  node.answer = result({ dblock: {}, rawdata: toHex(directory) })
  await t.rejects(client.dblockByHeight(8), code('E_FACTOM_BLOCK'), 'rows that are not those of its root')
  const raw = factom.encodeEntry({ chainId: HASH, extIds: [], content: bytes('01') })
  node.answer = result({ message: '', entryhash: HASH, chainid: HASH, txid: HASH })
  await t.rejects(client.revealEntry(raw), code('E_FACTOM_HASH'), 'the reveal of another entry')
})

t.test('refusals are told on one line', async (t) => {
  const evil = `line\nbreak\u001b[31m ${'long '.repeat(500)}`
  const { client } = await setup(t, ({ id }, response) =>
    reply(response, { jsonrpc: '2.0', id, error: { code: -1, message: evil, data: { deep: evil } } }, 400),
  )
  const error = (await client.heights().catch((error: unknown) => error)) as Error
  t.notMatch(error.message, /[\u0000-\u001f]/)
  t.ok(error.message.length < 800)
  t.notOk(inspect(error, { depth: 9 }).includes('axios'), 'no request or socket hangs on the error')
})

t.test('time and size', async (t) => {
  const answers: string[] = []
  const { client, node } = await setup(t, () => answers.push('silent'), {
    timeoutMs: 150,
  })
  await t.rejects(client.heights(), { code: 'E_FACTOM_TIMEOUT', retryable: true }, 'no answer at all')

  let drops = 0
  node.answer = (_, response) => {
    response.write('{"jsonrpc":"2.0","id":1,"result":"')
    const timer = setInterval(() => response.write(`${drops++}`), 20)
    response.on('close', () => clearInterval(timer))
  }
  await t.rejects(client.heights(), code('E_FACTOM_TIMEOUT'), 'an answer that drips')
  t.ok(drops > 0)

  node.answer = result('['.repeat(15_000))
  const patient = factom.createFactomClient({ url: node.url })
  t.teardown(() => patient.close())
  await t.rejects(patient.heights(), code('E_FACTOM_SHAPE'))
})

t.test('connections', (t) => {
  t.test('are kept', async (t) => {
    const { client, node } = await setup(t, result(HEIGHTS))
    for (let i = 0; i < 5; i++) await client.heights()
    t.equal(node.connections, 1)
    t.same(
      node.requests.map(({ id }) => id),
      [1, 2, 3, 4, 5],
    )
    t.notOk('params' in (node.requests[0] ?? {}))
  })

  t.test('a kept one that the node has closed is no failure', async (t) => {
    const { client, node } = await setup(t, result(HEIGHTS))
    await client.heights()
    let broken = 0
    node.answer = (_, response) => {
      node.answer = result(HEIGHTS)
      broken++
      response.destroy()
    }
    t.match(await client.heights(), { entryHeight: 6 })
    t.equal(broken, 1)
    t.equal(node.connections, 2)
  })

  t.test('a node that always hangs up', async (t) => {
    const { client, node } = await setup(t, (_, response) => response.destroy())
    await t.rejects(client.heights(), { code: 'E_FACTOM_UNREACHABLE', retryable: true })
    t.equal(node.requests.length, 1, 'is asked once on a new connection')
  })

  t.test('cut off in the middle', async (t) => {
    const { client } = await setup(t, (_, response) => {
      response.writeHead(200, { 'content-length': '5000' })
      response.write('{"jsonrpc":"2.0",', () => response.destroy())
    })
    await t.rejects(client.heights(), { code: 'E_FACTOM_UNREACHABLE', retryable: true })
  })

  t.test('nobody there', async (t) => {
    const { client, node } = await setup(t, result(HEIGHTS))
    await node.close()
    await t.rejects(client.heights(), { code: 'E_FACTOM_UNREACHABLE', message: /ECONNREFUSED/ })
  })

  t.test('abort and close', async (t) => {
    const { client, node } = await setup(t, () => undefined)
    const abort = new AbortController()
    const first = client.heights(abort.signal)
    await until(() => node.requests.length === 1)
    abort.abort()
    await t.rejects(first, { code: 'E_FACTOM_ABORTED', retryable: false })
    await t.rejects(
      client.heights(abort.signal),
      code('E_FACTOM_ABORTED'),
      'a signal that is aborted already',
    )
    t.equal(node.requests.length, 1)
    const second = client.heights()
    await until(() => node.requests.length === 2)
    client.close()
    await t.rejects(second, code('E_FACTOM_ABORTED'))
    await t.rejects(client.heights(), code('E_FACTOM_ABORTED'), 'a closed client')
  })
  t.end()
})

t.test('calls are counted', async (t) => {
  const calls: string[] = []
  const { client, node } = await setup(t, result(HEIGHTS), {
    onCall: ({ method, milliseconds, result }) => calls.push(`${method} ${result} ${milliseconds > 0}`),
  })
  await client.heights()
  node.answer = refuse(-32008)
  await client.properties().catch(() => {})
  await settled()
  t.same(calls, ['heights ok true', 'properties E_FACTOM_RPC_MISSING true'])
})

t.test('URLs', (t) => {
  t.equal(factom.nodeUrl('localhost:8088'), 'http://localhost:8088/v2')
  t.equal(factom.nodeUrl('http://127.0.0.1:8088/'), 'http://127.0.0.1:8088/v2')
  t.equal(factom.nodeUrl('https://node.example/v2'), 'https://node.example/v2')
  t.equal(factom.nodeUrl('https://node.example/factom/v2'), 'https://node.example/factom/v2')
  for (const wrong of [
    '',
    'http://',
    'ftp://a',
    'http://user:geheim@a:1',
    'http://a/v2?x=1',
    'http://a/#b',
    'a b',
  ]) {
    t.throws(() => factom.createFactomClient({ url: wrong }), code('E_FACTOM_URL'), wrong)
  }
  try {
    factom.nodeUrl('http://user:geheim@a:1')
  } catch (error) {
    t.notMatch(inspect(error), /geheim/)
  }
  t.end()
})
