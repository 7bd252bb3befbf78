/** The client of komodod, against replies of real daemons. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'

import { FakeClock } from '../base/fixtures/fake-clock.js'
import { CLOCK, isCoded, type CodedError } from '../base/index.js'
import { accessOf, parseConf, usualConf } from './conf.js'
import { createKomodoClient } from './client.js'
import { allCalls, recordings, type RecordedCall } from './fixtures/recordings.js'
import { answerOf, replay, type Answer } from './fixtures/replay.js'
import { FIRST_HEALTH, healthAfter, healthWord, isWritable, type Health } from './health.js'
import { missingForHeaders, probe } from './probe.js'
import { buildReason, sendAdvice, sendReason } from './reasons.js'
import { createRpc, rpcCodeOf, rpcTextOf } from './rpc.js'
import * as shape from './shape.js'

const calls = allCalls()
const recorded = (fits: (call: RecordedCall) => boolean): RecordedCall => {
  const found = calls.find((call) => call.request !== undefined && fits(call))
  if (found === undefined) throw new Error('no such recording')
  return found
}
const method = (
  name: string,
  fits: (reply: string, call: RecordedCall) => boolean = () => true,
): RecordedCall =>
  recorded(
    (call) => call.request?.method === name && typeof call.reply === 'string' && fits(call.reply, call),
  )

/** A client whose daemon says `answer` to everything. */
async function clientOf(t: Test, answer: (method: string) => Answer, timeoutMs = 60_000, clock = CLOCK) {
  const server = await replay((name) => answer(name))
  const client = createKomodoClient({
    access: () => ({ url: server.url, user: 'u', password: 'p' }),
    name: 'PEGSX',
    timeoutMs,
    monotonicMs: clock.monotonicMs,
  })
  t.teardown(async () => {
    client.close()
    await server.close()
  })
  return { client, server }
}

const failure = async (call: Promise<unknown>): Promise<CodedError> => {
  try {
    await call
  } catch (error) {
    if (isCoded(error)) return error
    throw error
  }
  throw new Error('it did not fail')
}

t.test('every kind of recorded reply is either read or refused with a code', async (t) => {
  const kinds = new Map<string, RecordedCall>()
  for (const call of calls)
    if (call.request?.method !== undefined && typeof call.reply === 'string' && call.status)
      kinds.set(
        `${call.request.method} ${call.status} ${call.reply.slice(0, 60).replace(/[0-9a-f]{8,}/g, '#')}`,
        call,
      )
  const one = [...kinds.values()]
  let current: RecordedCall | undefined
  const { client } = await clientOf(t, () => answerOf(current))
  let [read, refused] = [0, 0]
  for (const call of one) {
    if (call.request?.rawBody !== undefined || !(call.reply ?? '').includes('"id"')) continue
    current = call
    try {
      await client.rpc.call(call.request?.method ?? '', [])
      read++
    } catch (error) {
      if (!isCoded(error) || !error.code.startsWith('E_KOMODO_')) throw error
      refused++
    }
  }
  t.ok(read > 150, `${read} read`)
  t.ok(refused > 60, `${refused} refused`)
})

t.test('typed replies of the asset chain', async (t) => {
  const says: Record<string, RecordedCall> = {
    oraclesinfo: method('oraclesinfo', (reply) => reply.includes('"registered":[{')),
    gatewaysinfo: method('gatewaysinfo', (reply) => reply.includes('"M":2')),
    getblockchaininfo: method('getblockchaininfo', (_, { chain }) => chain === 'PEGSX'),
    getinfo: method('getinfo', (reply, { status }) => status === 200 && reply.includes('"pubkey"')),
    oraclesaddress: method('oraclesaddress', (reply) => reply.includes('PubkeyCCaddress')),
    getaddressutxos: method('getaddressutxos', (reply) => reply.includes('"height":0')),
    gatewayspendingwithdraws: method('gatewayspendingwithdraws', (reply) =>
      reply.includes('"number_of_signs":1'),
    ),
    gatewaysprocessed: method('gatewaysprocessed', (reply) => reply.includes('"completesigningtxid"')),
    listunspent: method('listunspent', (reply) => reply.includes('"amount":5.00000000')),
  }
  const { client } = await clientOf(t, (name) => answerOf(says[name]))
  const id = '37349c827e1ecd80d3a79a7a79289d1c0d7de1276ec0db87c30746251523b3ea'
  const oracle = await client.oracleInfo(id)
  t.equal(oracle.name, 'KMD')
  t.equal(oracle.format, 'Ihh')
  t.match(oracle.registered[0], { publisher: /^0[23]/, baton: /^R/, dataFee: BigInt })
  const gateway = await client.gatewayInfo(id)
  t.match(gateway, { m: 2, n: 2, coin: 'KMD', versions: { pubkey: 60, script: 85, wif: 188, taddr: 0 } })
  t.equal(gateway.pubkeys.length, 2)
  t.match(await client.chainInfo(), { blocks: 134, headers: 134 })
  t.match((await client.nodeInfo()).pubkey, /^0[23]/)
  t.match(await client.oracleFundsAddress(oracle.registered[0]?.publisher ?? ''), /^R/)
  const utxos = await client.utxos('RDhG27hUPvoFAvBBsTXK9b9vobNB8FbHmh', true)
  t.ok(utxos.some(({ height }) => height === 0))
  t.ok(utxos.every(({ sat }) => typeof sat === 'bigint'))
  const pending = await client.pendingWithdrawals('A', id, 'KMD')
  t.equal(pending.signer, true)
  t.match(pending.items[0], { signs: 1, hex: /^0400/, amount: 100_000_000n, confirmed: true })
  const signed = await client.signedWithdrawals('A', id, 'KMD')
  t.match(signed.items[0], { completeTxid: /^[0-9a-f]{64}$/, hex: /^0400/ })
  t.equal((await client.unspent(1))[0]?.sat, 500_000_000n)
})

t.test('every shape of failure has its code and reason', async (t) => {
  let answer: Answer = 'cut'
  const { client } = await clientOf(t, () => answer)
  const build = async (found: Answer): Promise<CodedError> => {
    answer = found
    return failure(client.oracleData('00', '11'))
  }
  const ok = (result: string): Answer => ({ status: 200, body: `{"result":${result},"error":null,"id":1}` })
  const cases: [Answer, string | null][] = [
    [ok('null'), 'no-key'],
    [ok('""'), 'other'],
    [ok('{}'), 'other'],
    [ok('{"hex":"0","result":"success"}'), 'other'],
    [ok('{"result":"success"}'), 'other'],
    [ok('{"error":"something"}'), 'other'],
    [
      ok('{"result":"error","error":"couldnt find enough oracle inputs RX, limit 1 per utxo"}'),
      'oracle-funds',
    ],
    [ok('{"result":"error","error":"couldnt add normal inputs"}'), 'normal-coins'],
    [ok('{"result":"error","error":"error adding funds for markdone"}'), 'normal-coins'],
    [ok('{"result":"error","error":"datafee 0is illegal"}'), 'unregistered'],
    [ok('{"result":"error","error":"data does not match length or content format specification"}'), 'format'],
    [ok('{"result":"error","error":"gatewayswithdraw tx not yet confirmed/notarized"}'), 'unconfirmed'],
  ]
  for (const [found, reason] of cases) t.equal(buildReason(await build(found)), reason, JSON.stringify(found))

  const sent: [string, string, string][] = [
    ['-26', '18: bad-txns-inputs-spent', 'spent'],
    ['-26', '16: mempool conflict', 'conflict'],
    ['-26', '16: tx-overwinter-expired', 'expired'],
    ['-26', '64: scriptpubkey', 'op-return'],
    ['-26', '16: mandatory-script-verify-flag-failed', 'rejected'],
    ['-25', '', 'unsigned'],
    ['-25', 'Missing inputs', 'spent'],
    ['-27', 'transaction already in block chain', 'in-chain'],
    ['-22', 'TX decode failed', 'decode'],
    ['-8', 'parameter 1 must be hexadecimal string', 'other'],
  ]
  for (const [code, message, reason] of sent) {
    answer = { status: 500, body: `{"result":null,"error":{"code":${code},"message":"${message}"},"id":1}` }
    t.equal(sendReason(await failure(client.send('00'))), reason, message)
  }
  const codes: [Answer, string][] = [
    [{ status: 401, body: '' }, 'E_KOMODO_AUTH'],
    [{ status: 403, body: '' }, 'E_KOMODO_AUTH'],
    [{ status: 404, body: '' }, 'E_KOMODO_HTTP'],
    [{ status: 500, body: 'Work queue depth exceeded' }, 'E_KOMODO_BUSY'],
    [answerOf(recordings('komodod')['warmup']?.find(({ status }) => status === 500)), 'E_KOMODO_WARMUP'],
    [answerOf(undefined), 'E_KOMODO_METHOD'],
    [{ status: 200, body: '{"result":' }, 'E_KOMODO_REPLY'],
    [{ status: 200, body: '{"id":"other","result":1,"error":null}' }, 'E_KOMODO_REPLY'],
    [{ status: 200, body: '{"id":null}' }, 'E_KOMODO_REPLY'],
    [{ status: 500, body: '{"result":1,"id":null}' }, 'E_KOMODO_REPLY'],
    [{ status: 500, body: '{"error":"busy","id":null}' }, 'E_KOMODO_REPLY'],
    [{ status: 500, body: '{"error":{"code":"-5","message":"x"},"id":null}' }, 'E_KOMODO_REPLY'],
    [{ status: 500, body: '{"error":{"code":-5},"id":null}' }, 'E_KOMODO_REPLY'],
    [{ status: 200, body: Buffer.from('7b22726573756c74223aff', 'hex') }, 'E_KOMODO_REPLY'],
    ['cut', 'E_KOMODO_UNREACHABLE'],
  ]
  for (const [found, code] of codes) {
    answer = found
    t.equal((await failure(client.rpc.call('getinfo'))).code, code)
  }
  answer = {
    status: 200,
    body: Buffer.from(
      '{"result":{"result":"error","error":"coin.\xff\xfe"},"error":null,"id":null}',
      'latin1',
    ),
  }
  t.equal((await failure(client.gatewayInfo('00'))).code, 'E_KOMODO_CC', 'bytes that are no UTF-8')
})

t.test('a reply that costs more than it tells is refused before it is parsed', async (t) => {
  let answer: Answer = 'cut'
  const { client } = await clientOf(t, () => answer)
  const hostile: [string, string, RegExp][] = [
    ['brackets', '['.repeat(30 << 20), /deeper than 64 levels/],
    ['objects in objects', '{"result":'.repeat(3 << 20), /deeper than 64 levels/],
    ['ten million {}', `{"result":[${'{},'.repeat(10_000_000)}{}],"error":null,"id":1}`, /1000000 values/],
  ]
  const before = process.memoryUsage().rss
  for (const [name, body, message] of hostile) {
    answer = { status: 200, body }
    const began = process.cpuUsage().user
    const error = await failure(client.rpc.call('getinfo'))
    t.match(error, { code: 'E_KOMODO_REPLY', message }, name)
    const ms = (process.cpuUsage().user - began) / 1000
    t.ok(ms < 3000, `${name}: ${Math.round(ms)} ms of processor time`)
  }
  const grown = (process.memoryUsage().rss - before) / 1024 / 1024
  t.ok(grown < 600, `${Math.round(grown)} MiB more`)
})

t.test('parameters that would freeze a daemon are not sent', async (t) => {
  const { client, server } = await clientOf(t, () => answerOf(undefined))
  for (const wrong of [5, null, undefined, ''])
    t.equal((await failure(client.oracleData('00', wrong as string))).code, 'E_KOMODO_PARAMETER')
  t.equal(server.asked.length, 0)
})

t.test('what the program sends', async (t) => {
  const { client, server } = await clientOf(t, () => ({
    status: 200,
    body: '{"result":null,"error":null,"id":1}',
  }))
  await client.oracleSubscribe('aa', 'bb', 123_456_789n).catch(() => undefined)
  await client.oracleRegister('aa', 100_000n).catch(() => undefined)
  await client.createRaw([{ txid: 'cc', vout: 1 }], [['RX', 10_000n]], 77).catch(() => undefined)
  await client.unspent(1, ['RX']).catch(() => undefined)
  await client.utxos('RX', true).catch(() => undefined)
  t.same(
    server.asked.map(({ params }) => params),
    [
      ['aa', 'bb', '1.23456789'],
      ['aa', '100000'],
      [[{ txid: 'cc', vout: 1 }], { RX: 0.0001 }, 0, 77],
      [1, 99_999_999, ['RX']],
      [{ addresses: ['RX'] }, 1],
    ],
  )
})

t.test('probes find families and hybrids', async (t) => {
  const methodsOf: Record<string, (name: string) => boolean> = {
    A: (name) => !/sign(ed)?withdraws|withdrawsign|pegs/.test(name),
    B: (name) => !/pendingwithdraws|partialsign|completesigning|processed|claim/.test(name),
    hybrid: (name) => !/sign(ed)?withdraws|withdrawsign/.test(name),
    none: (name) => !name.startsWith('gateways'),
  }
  const found: Record<string, unknown> = {}
  for (const [kind, has] of Object.entries(methodsOf)) {
    const server = await replay((_, [name]) => ({
      status: 200,
      body: JSON.stringify({
        result: has(String(name)) ? `${String(name)} …\n` : `help: unknown command: ${String(name)}`,
        error: null,
        id: 0,
      }),
    }))
    const rpc = createRpc({ access: () => ({ url: server.url, user: 'u', password: 'p' }), name: 'X' })
    const capabilities = await probe(rpc)
    found[kind] = [
      capabilities.withdrawals,
      capabilities.methods.has('pegsclose'),
      missingForHeaders(capabilities),
    ]
    rpc.close()
    await server.close()
  }
  t.same(found, {
    A: ['A', false, []],
    B: ['B', true, []],
    hybrid: ['A', true, []],
    none: [null, true, ['gatewaysinfo']],
  })
})

t.test('a daemon that hangs is left alone, and not believed until its height moves', async (t) => {
  let hang = false
  let height = 100
  const { client, server } = await clientOf(
    t,
    () => (hang ? 'hang' : { status: 200, body: blockchainInfo(height) }),
    50,
  )
  await client.chainInfo()
  t.ok(isWritable(client.rpc.health))
  hang = true
  t.equal((await failure(client.chainInfo())).code, 'E_KOMODO_TIMEOUT')
  t.equal((await failure(client.chainInfo())).code, 'E_KOMODO_TIMEOUT')
  t.equal(client.rpc.health.state, 'hung')
  const before = server.asked.length
  t.equal((await failure(client.chainInfo())).code, 'E_KOMODO_HUNG')
  t.equal(server.asked.length, before, 'no call was made')
  t.notOk(isWritable(client.rpc.health))

  hang = false
  height = 101
  const later = createKomodoClient({
    access: () => ({ url: server.url, user: 'u', password: 'p' }),
    name: 'PEGSX',
  })
  t.teardown(() => later.close())
  await later.chainInfo()
  t.equal(healthWord(later.rpc.health, Date.now()), 'up')
})

t.test('a clock that is set does not change how long a daemon is left alone', async (t) => {
  for (const hours of [-5, 5]) {
    const clock = new FakeClock()
    const { client, server } = await clientOf(t, () => 'hang', 50, clock)
    const asked = async (): Promise<number> => {
      await failure(client.chainInfo())
      return server.asked.length
    }
    await asked()
    const before = await asked()
    clock.step(hours * 3_600_000)
    t.equal(await asked(), before, 'it rests for five seconds')
    clock.advance(5_000)
    t.equal(await asked(), before + 1, 'and is asked again after them')
  }
})

t.test('health, step by step', (t) => {
  const run = (...events: Parameters<typeof healthAfter>[1][]): Health =>
    events.reduce(healthAfter, FIRST_HEALTH)
  const seen = run(
    { type: 'height', height: 5, at: 0 },
    { type: 'timeout', at: 10 },
    { type: 'timeout', at: 20 },
    { type: 'timeout', at: 30 },
    { type: 'answered', at: 40 },
    { type: 'height', height: 5, at: 41 },
  )
  t.equal(seen.state, 'suspect', 'the frozen node answers again, at the same height')
  t.equal(healthWord(seen, 1_000), 'suspect')
  t.equal(healthWord(seen, 200_000), 'frozen')
  t.equal(healthAfter(seen, { type: 'height', height: 6, at: 50 }).state, 'up')
  t.equal(healthAfter(seen, { type: 'away', at: 50, starting: false }).state, 'down')
  t.ok(
    isWritable(
      healthAfter(healthAfter(seen, { type: 'away', at: 50, starting: false }), { type: 'answered', at: 60 }),
    ),
  )
  const young = run(
    { type: 'timeout', at: 1 },
    { type: 'answered', at: 2 },
    { type: 'height', height: 7, at: 3 },
  )
  t.equal(young.state, 'suspect', 'one height alone says nothing')
  const unlucky = run(
    { type: 'height', height: 5, at: 0 },
    { type: 'timeout', at: 10 },
    { type: 'height', height: 6, at: 20 },
  )
  t.equal(unlucky.state, 'suspect', 'its last block may have come just before it froze')
  t.equal(healthAfter(unlucky, { type: 'height', height: 6, at: 30 }).state, 'suspect')
  t.equal(healthAfter(unlucky, { type: 'height', height: 7, at: 30 }).state, 'up')
  t.end()
})

t.test('replies that say as little as a daemon may', async (t) => {
  const id = 'ab'.repeat(32)
  let result: unknown
  const { client } = await clientOf(t, () => ({
    status: 200,
    body: JSON.stringify({ result, error: null, id: 1 }),
  }))
  const asked = <T>(reply: unknown, call: () => Promise<T>): Promise<T> => {
    result = reply
    return call()
  }
  t.same(await asked({ blocks: 7 }, () => client.nodeInfo()), {
    ...{ name: '', pubkey: null, blocks: 7, connections: 0, balance: 0n, tipTime: null },
  })
  t.match(await asked({ blocks: 7, bestblockhash: id }, () => client.chainInfo()), { blocks: 7, headers: 7 })
  const bytes = { confirmations: 1, height: 7, blockhash: id, hex: '00' }
  t.match(await failure(asked(bytes, () => client.transaction(id))), {
    code: 'E_KOMODO_SHAPE',
    message: new RegExp(`the bytes are not those of ${id}`),
  })
  const gateway = {
    ...{ M: 1, N: 1, pubkeys: [], coin: 'KMD', oracletxid: id, tokenid: id, depositaddr: 'R' },
    ...{ prefix: 60, prefix2: 85, wiftype: 188, taddr: 0 },
  }
  t.match(await asked(gateway, () => client.gatewayInfo(id)), { deposit: 'R', remaining: null })
  const item = { withdrawtxid: id, withdrawtxidaddr: 'R', withdrawaddr: 'R', amount: '1' }
  const pending = { coin: 'KMD', pending: [item], queueflag: true }
  t.match(await asked(pending, () => client.pendingWithdrawals('A', id, 'KMD')), {
    signer: true,
    items: [{ lastTxid: id, signs: 0, hex: null, confirmed: false, done: false }],
  })
  const signed = { coin: 'KMD', signed: [{ ...item, withdrawsigntxid: id }], queueflag: 0 }
  t.match(await asked(signed, () => client.signedWithdrawals('B', id, 'KMD')), {
    signer: false,
    items: [{ completeTxid: id, hex: '' }],
  })
  t.match(
    await failure(asked({ ...pending, coin: 'BTC' }, () => client.pendingWithdrawals('B', id, 'KMD'))),
    {
      code: 'E_KOMODO_SHAPE',
      message: /the list is not one of KMD/,
    },
  )
})

t.test('errors of others are no answers of a daemon', (t) => {
  const other = new Error('something else')
  t.same([sendReason(other), buildReason(other), rpcCodeOf(other), rpcTextOf(other)], [null, null, null, ''])
  t.match(sendAdvice('op-return'), /-datacarriersize=8192/)
  t.equal(sendAdvice('other'), '')
  t.end()
})

t.test('members of replies that are not what they should be', (t) => {
  const id = 'AB'.repeat(32)
  const readers: readonly [
    read: (value: unknown, where: string) => unknown,
    good: unknown,
    bad: unknown[],
    what: string,
  ][] = [
    [shape.objectOf, {}, [null, [], 7], 'the reply is not an object'],
    [shape.listOf, [], [null, {}, 'x'], 'the reply is not a list'],
    [(value, where) => shape.listOf(value, where, 1), [7], [[7, 8]], 'the list has 2 members'],
    [shape.textOf, '', [null, 7], 'is not a text'],
    [shape.flagOf, false, [null, 0, 'false'], 'is neither true nor false'],
    [shape.integerOf, -7, [0.5, '7', 2 ** 60, null], 'is not a whole number'],
    [shape.hashOf, id, [id.slice(1), `${id.slice(1)}g`, 7], 'is not a hash of 64 hex digits'],
    [shape.hexOf, 'Aa', ['a', 'xx', null], 'is not hex'],
    [shape.satOf, 1.5, [null, true, '1,5', '0.123456789', Infinity, 1e21, ''], 'is not an amount of coins'],
  ]
  for (const [read, good, bad, what] of readers) {
    t.doesNotThrow(() => read(good, 'here'), what)
    for (const value of bad)
      t.throws(() => read(value, 'here'), { code: 'E_KOMODO_SHAPE', message: `here: ${what}` }, String(value))
  }
  t.equal(shape.hashOf(id, ''), id.toLowerCase())
  t.same([shape.satOf('-0.5', ''), shape.satOf(-1, '')], [-50_000_000n, -100_000_000n])
  t.end()
})

t.test('conf files', (t) => {
  const folder = t.testdir({
    'PEGS.conf': 'rpcuser=alice\n# rpcuser=bob\nrpcuser=carol\nrpcpassword = pa=ss # no\nrpcport=7777\n',
  })
  t.same(accessOf({ name: 'PEGS', conf: join(folder, 'PEGS.conf') }), {
    url: 'http://127.0.0.1:7777/',
    user: 'alice',
    password: 'pa=ss',
  })
  writeFileSync(join(folder, 'cookie.conf'), 'server=1\n')
  writeFileSync(join(folder, '.cookie'), '__cookie__:c2VjcmV0\n')
  t.same(accessOf({ name: 'KMD', conf: join(folder, 'cookie.conf') }), {
    url: 'http://127.0.0.1:7771/',
    user: '__cookie__',
    password: 'c2VjcmV0',
  })
  t.throws(() => accessOf({ name: 'X', conf: join(folder, 'none.conf') }), { code: 'E_KOMODO_CONF' })
  t.throws(() => accessOf({ name: 'PEGS', conf: join(folder, 'cookie.conf') }), { code: 'E_KOMODO_CONF' })
  const conf = join(folder, 'PEGS.conf')
  t.match(accessOf({ name: 'PEGS', conf, url: 'localhost:7' }), { url: 'http://localhost:7/', user: 'alice' })
  const cookie = (text: string) => () => {
    writeFileSync(join(folder, '.cookie'), text)
    return accessOf({ name: 'KMD', conf: join(folder, 'cookie.conf') })
  }
  t.throws(cookie(':secret'), { code: 'E_KOMODO_CONF', message: /holds no user and password/ })
  t.throws(cookie('x'.repeat(2 ** 20 + 1)), { code: 'E_KOMODO_CONF', message: /not a small text file/ })
  t.throws(() => accessOf({ name: 'X', conf: folder }), {
    code: 'E_KOMODO_CONF',
    message: /not a small text/,
  })
  t.throws(() => accessOf({ name: 'X', url: 'http://', user: 'a', password: 'b' }), { code: 'E_KOMODO_URL' })
  t.throws(() => accessOf({ name: 'X', url: 'ftp://x', user: 'a', password: 'b' }), { code: 'E_KOMODO_URL' })
  t.throws(() => accessOf({ name: 'X', url: 'http://a:b@x', user: 'a', password: 'b' }), {
    code: 'E_KOMODO_URL',
  })
  t.equal(usualConf('PEGS', '/home/me', 'linux'), '/home/me/.komodo/PEGS/PEGS.conf')
  t.equal(usualConf('KMD', '/home/me', 'linux'), '/home/me/.komodo/komodo.conf')
  t.equal(usualConf('KMD', '/me', 'darwin'), '/me/Library/Application Support/Komodo/komodo.conf')
  t.match(usualConf('PEGS', 'me', 'win32'), /Komodo.PEGS.PEGS\.conf$/)
  t.equal(parseConf('a=1\na=2\n').get('a'), '1')
  t.end()
})

t.test('a wrong password is not repeated for ever', async (t) => {
  let password = 'old'
  const server = await replay((_, __, authorization) =>
    authorization === `Basic ${Buffer.from('u:new').toString('base64')}`
      ? { status: 200, body: blockchainInfo(1) }
      : { status: 401, body: '' },
  )
  const client = createKomodoClient({ access: () => ({ url: server.url, user: 'u', password }), name: 'X' })
  t.teardown(async () => {
    client.close()
    await server.close()
  })
  t.equal((await failure(client.chainInfo())).code, 'E_KOMODO_AUTH')
  password = 'new'
  t.equal((await client.chainInfo()).blocks, 1, 'the conf file is read again')
  t.equal(rpcCodeOf(new Error('x')), null)
})

function blockchainInfo(blocks: number): string {
  return JSON.stringify({
    result: { blocks, headers: blocks, bestblockhash: '00'.repeat(32) },
    error: null,
    id: 0,
  })
}
