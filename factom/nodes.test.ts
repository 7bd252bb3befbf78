/** Several nodes as one, logins, certificates, the wallet, and nodes that mean harm. */
import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'

import t from 'tap'
import type { Test } from 'tap'

import { refuse, reply, result, startScriptedNode, type Answer } from './fixtures/scripted-node.js'
import { until } from '../test/fixtures/until.js'
import * as factom from './index.js'
import { lockPending, openPending } from './pending.js'
import { matchExactly } from '../test/fixtures/match-exactly.js'

const HEIGHTS = { directoryblockheight: 7, leaderheight: 7, entryblockheight: 7, entryheight: 6 }
const HASH = '11'.repeat(32)
const code = (wanted: string) => ({ code: wanted })

/** A node of a running chain whose state can be changed. */
async function nodeOf(t: Test, saved = 100) {
  const chain = { saved, leader: saved, minute: 3, stalled: false }
  const well: Answer = (request, response) => {
    const now = Date.now() * 1e6
    result({
      leaderheight: Math.max(chain.leader, chain.saved),
      directoryblockheight: chain.saved,
      minute: chain.minute,
      currentblockstarttime: now,
      currentminutestarttime: now,
      currenttime: now,
      directoryblockinseconds: 600,
      stalldetected: chain.stalled,
    })(request, response)
  }
  const node = await startScriptedNode(well)
  t.teardown(() => node.close())
  const methods = () => node.requests.map(({ method }) => method)
  return { node, chain, well, methods }
}

t.test('several nodes as one', async (t) => {
  const [a, b, c] = [await nodeOf(t), await nodeOf(t), await nodeOf(t)]
  const switches: string[] = []
  let now = 0
  const names = new Map([a, b, c].map(({ node }, k) => [`${node.url}/v2`, 'abc'[k]]))
  const client = factom.createFactomClient({
    url: a.node.url,
    fallbacks: [b.node.url, c.node.url, a.node.url],
    timeoutMs: 2000,
    monotonicMs: () => now,
    onSwitch: ({ from, to, why }) => switches.push(`${names.get(from)}→${names.get(to)} ${why}`),
  })
  t.teardown(() => client.close())
  const inUse = () => names.get(client.url)

  await client.currentMinute()
  t.same([inUse(), b.methods(), c.methods()], ['a', [], []], 'the others are left alone')
  a.node.answer = refuse(-32008)
  await t.rejects(client.heights(), code('E_FACTOM_RPC_MISSING'))
  t.equal(inUse(), 'a', 'a refusal is an answer')

  const broken: [string, Answer][] = [
    ['hangs up', (_, response) => response.destroy()],
    ['500', (_, response) => reply(response, 'oh', 500)],
    ['401', (_, response) => reply(response, 'who?', 401)],
    ['HTML', (_, response) => reply(response, '<html>')],
  ]
  for (const [what, answer] of broken) {
    a.node.answer = answer
    t.match(await client.currentMinute(), { directoryBlockHeight: 100 }, what)
    t.equal(inUse(), 'b')
    a.node.answer = a.well
    now += 14_000
    await client.currentMinute()
    t.equal(inUse(), 'b', 'for fifteen seconds at least')
    now += 1000
    await client.currentMinute()
    await until(() => inUse() === 'a')
  }
  t.equal(switches.length, 8)
  t.match(switches[0], /^a→b .*cannot be reached/)
  t.equal(switches[1], 'b→a it is well again')

  a.node.answer = (_, response) => response.destroy()
  b.node.answer = (_, response) => response.destroy()
  await client.currentMinute()
  t.equal(inUse(), 'c', 'the next but one')
  a.node.answer = a.well
  a.chain.saved = 50
  b.node.answer = b.well
  now += 15_000
  await client.currentMinute()
  await until(() => inUse() === 'b')
  t.equal(inUse(), 'b', 'one that is far behind is not returned to')
  a.chain.saved = 101
  now += 15_000
  await client.currentMinute()
  await until(() => inUse() === 'a')

  a.chain.stalled = true
  now += 15_000
  await client.currentMinute()
  await until(() => inUse() === 'b')
  t.pass('one that stands still is left for one that is well')

  for (const { node } of [a, b, c]) node.answer = (_, response) => response.destroy()
  await t.rejects(client.heights(), code('E_FACTOM_UNREACHABLE'))
  t.equal(inUse(), 'b', 'where nobody answers, nothing is gained by another')
})

t.test('a client turns to other nodes', async (t) => {
  const [a, b, c] = [await nodeOf(t), await nodeOf(t), await nodeOf(t)]
  const calls: string[] = []
  const client = factom.createFactomClient({
    url: a.node.url,
    login: { user: 'me', password: 'geheim' },
    onCall: ({ method, result }) => calls.push(`${method} ${result}`),
  })
  t.teardown(() => client.close())
  let answer = (): void => undefined
  a.node.answer = (request, response) => {
    answer = () => result(HEIGHTS)(request, response)
  }
  const early = client.heights()
  await until(() => a.node.requests.length === 1)
  t.throws(() => client.use({ url: b.node.url, fallbacks: ['ftp://x'] }), code('E_FACTOM_URL'))
  t.equal(client.url, `${a.node.url}/v2`, 'nothing has changed')

  const end = client.use({ url: b.node.url, fallbacks: [c.node.url] })
  b.node.answer = (request, response) => {
    t.notOk(response.req.headers.authorization, 'the login was for the node before')
    refuse(-32008)(request, response)
  }
  await t.rejects(client.heights(), code('E_FACTOM_RPC_MISSING'))
  b.node.answer = (_, response) => response.destroy()
  await client.currentMinute()
  t.equal(client.url, `${c.node.url}/v2`)
  answer()
  t.match(await early, { entryHeight: 6 }, 'a call that was under way stays where it is')

  const late = client.use({ url: a.node.url })
  const ended = client.heights()
  await until(() => a.node.requests.length === 2)
  client.use({ url: c.node.url })()
  await t.rejects(ended, code('E_FACTOM_ABORTED'), 'until it is ended')
  t.same(calls.at(-1), 'heights E_FACTOM_ABORTED', 'all of them are counted')
  late()
  end()
})

t.test('calls under way end with the client', async (t) => {
  const a = await nodeOf(t)
  const b = await nodeOf(t)
  const client = factom.createFactomClient({ url: a.node.url, fallbacks: [b.node.url] })
  a.node.answer = () => undefined
  const call = client.heights()
  await until(() => a.node.requests.length === 1)
  client.close()
  await t.rejects(call, code('E_FACTOM_ABORTED'))
  t.equal(b.node.requests.length, 0)
})

t.test('questions are asked again, commits are not', async (t) => {
  let calls = 0
  const node = await startScriptedNode((request, response) => {
    if (++calls % 3 !== 0) return reply(response, 'oh', 500)
    result(HEIGHTS)(request, response)
  })
  const client = factom.createFactomClient({ url: node.url, retries: 2 })
  t.teardown(async () => {
    client.close()
    await node.close()
  })
  t.match(await client.heights(), { entryHeight: 6 })
  t.equal(calls, 3)
  await t.rejects(client.currentMinute(), code('E_FACTOM_HTTP'))
  await t.rejects(client.ack(HASH, HASH), code('E_FACTOM_HTTP'))
  t.equal(calls, 5)
  node.answer = refuse(-32008)
  calls = 0
  await t.rejects(client.heights(), code('E_FACTOM_RPC_MISSING'))
  t.equal(node.requests.length, 6, 'an answer is an answer')
})

t.test('slow methods have more time', async (t) => {
  const node = await startScriptedNode((request, response) => {
    setTimeout(
      () => (request.method === 'raw-data' ? result({ data: '00' }) : result(HEIGHTS))(request, response),
      700,
    )
  })
  const client = factom.createFactomClient({ url: node.url, timeoutMs: 500 })
  t.teardown(async () => {
    client.close()
    await node.close()
  })
  const [heights, raw] = await Promise.allSettled([client.heights(), client.rawData(HASH)])
  t.match(heights, { reason: { code: 'E_FACTOM_TIMEOUT', message: /500 ms/ } })
  t.match(raw, { status: 'fulfilled' })
})

const pem = (name: string) => readFileSync(new URL(`./fixtures/tls/${name}.pem`, import.meta.url), 'utf8')
const CERTIFICATE = pem('test-only-certificate')

/** A node behind TLS that asks for a login. */
async function secureNode(t: Test, login?: { user: string; password: string }) {
  const wanted = login && `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`
  const server = https.createServer({ cert: CERTIFICATE, key: pem('test-only-key') }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (wanted && request.headers.authorization !== wanted) return reply(response, '401 Unauthorized.', 401)
      const { id } = JSON.parse(Buffer.concat(chunks).toString()) as { id: number }
      reply(response, { jsonrpc: '2.0', id, result: HEIGHTS })
    })
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

t.test('TLS with a certificate of one’s own, and a login', async (t) => {
  const login = { user: 'miner', password: 'pässword:geheim' }
  const port = await secureNode(t, login)
  const url = `https://localhost:${port}`
  const heights = async (options: factom.FactomClientOptions) => {
    const client = factom.createFactomClient(options)
    try {
      return await client.heights()
    } finally {
      client.close()
    }
  }
  t.match(await heights({ url, ca: CERTIFICATE, login }), { entryHeight: 6 })
  await t.rejects(
    heights({ url, login }),
    { code: 'E_FACTOM_TLS', retryable: false },
    'not trusted by itself',
  )
  await t.rejects(heights({ url: `https://127.0.0.2:${port}`, ca: CERTIFICATE, login }), /E_FACTOM|127/)
  await t.rejects(heights({ url, ca: CERTIFICATE }), {
    code: 'E_FACTOM_AUTH',
    message: /user name and password/,
  })
  const wrong = { user: 'miner', password: 'sesame-open' }
  const error = await heights({ url, ca: CERTIFICATE, login: wrong }).catch((error: unknown) => error)
  t.match(error, code('E_FACTOM_AUTH'))
  const base64 = Buffer.from(`${wrong.user}:${wrong.password}`).toString('base64')
  for (const text of [inspect(error, { depth: 9 }), JSON.stringify(error)]) {
    t.notMatch(text, wrong.password)
    t.notOk(text.includes(base64))
  }
  const plain = await startScriptedNode(result(HEIGHTS))
  t.teardown(() => plain.close())
  await t.rejects(
    heights({ url: plain.url.replace('http:', 'https:') }),
    code('E_FACTOM_TLS'),
    'https to a node without it',
  )
})

t.test('the key of a wallet', async (t) => {
  const secret = 'Es2XT3jSxi1xqrDvS5JERM3W3jh1awRHuyoahn3hbQLyfEi1jvbq'
  const address = 'EC3TsJHUs8bzbbVnratBafub6toRYdgzgbR7kWwCW4tqbmyySRmg'
  const wallet = await startScriptedNode(result({ public: address, secret }))
  t.teardown(() => wallet.close())
  const options = { url: wallet.url, timeoutMs: 2000 }
  const key = await factom.walletKey(options, address)
  t.equal(key.address, address)
  t.same(wallet.requests[0], { jsonrpc: '2.0', id: 1, method: 'address', params: { address } })
  t.notMatch(inspect(key), secret)

  const other = factom.encodeAddress('EC', new Uint8Array(32).fill(7))
  const cases: [string, Answer, string, string][] = [
    ['another key', result({ public: other, secret }), other, 'E_FACTOM_WALLET'],
    ['no such address', refuse(-32603, 'wallet: address not found'), address, 'E_FACTOM_WALLET'],
    ['no secret', result({ public: address }), address, 'E_FACTOM_WALLET'],
    ['half a secret', result({ public: address, secret: secret.slice(0, 40) }), address, 'E_FACTOM_WALLET'],
    ['a login', (_, response) => reply(response, 'no', 401), address, 'E_FACTOM_AUTH'],
  ]
  for (const [what, answer, wanted, expected] of cases) {
    wallet.answer = answer
    const error: unknown = await factom.walletKey(options, wanted).catch((error: unknown) => error)
    t.match(error, code(expected), what)
    t.notMatch(inspect(error, { depth: 5 }), secret.slice(0, 20), 'and no secret in it')
  }
})

t.test('a hostile node: coded errors, bounded memory', async (t) => {
  /** Sends so many MiB of one reply, as fast as it is taken. */
  const flood =
    (mebibytes: number, announced: boolean): Answer =>
    (_, response) => {
      const piece = Buffer.alloc(1 << 20, 'x')
      let left = mebibytes
      if (announced) response.setHeader('content-length', mebibytes * piece.length)
      const more = () => {
        while (left-- > 0) if (!response.write(piece)) return void response.once('drain', more)
        response.end()
      }
      more()
    }
  const node = await startScriptedNode(flood(1024, true))
  const client = factom.createFactomClient({ url: node.url, timeoutMs: 20_000 })
  t.teardown(async () => {
    client.close()
    await node.close()
  })
  const before = process.memoryUsage().rss
  await t.rejects(client.heights(), code('E_FACTOM_TOO_LARGE'), '1 GB, announced')
  node.answer = flood(1024, false)
  await t.rejects(client.heights(), code('E_FACTOM_TOO_LARGE'), '1 GB, unannounced')
  node.answer = flood(Infinity, false)
  const all = await Promise.allSettled(Array.from({ length: 8 }, () => client.heights()))
  t.same(
    all.map((one) => (one as { reason?: { code?: string } }).reason?.code),
    Array(8).fill('E_FACTOM_TOO_LARGE'),
    'eight replies without end at once',
  )
  const grown = (process.memoryUsage().rss - before) / 1024 / 1024
  t.ok(grown < 400, `${Math.round(grown)} MiB more, of more than 2048 that were sent`)

  const deep = '['.repeat(2_000_000)
  node.answer = ({ id }, response) =>
    reply(response, `{"jsonrpc":"2.0","id":${id},"result":${deep}${']'.repeat(2_000_000)}}`)
  await t.rejects(client.heights(), { code: 'E_FACTOM_REPLY', message: /64 levels/ }, 'a deep result')
  node.answer = ({ id }, response) =>
    reply(
      response,
      `{"jsonrpc":"2.0","id":${id},"error":{"code":-1,"message":"x","data":${deep}${']'.repeat(2_000_000)}}}`,
      400,
    )
  await t.rejects(client.heights(), code('E_FACTOM_REPLY'), 'a deep error')
  node.answer = result({ ...HEIGHTS, more: `${'['.repeat(500)}"\\` })
  t.match(await client.heights(), { entryHeight: 6 }, 'brackets in texts do not count')
  node.answer = (_, response) => reply(response, { jsonrpc: '2.0', id: 99999, result: HEIGHTS })
  await t.rejects(client.heights(), code('E_FACTOM_REPLY'), 'a wrong id')
  node.answer = result({ balance: -5 })
  await t.rejects(client.factoidBalance('FA'), code('E_FACTOM_SHAPE'), 'a negative balance')
  node.answer = result({ rate: 0 })
  await t.rejects(client.entryCreditRate(), code('E_FACTOM_SHAPE'), 'credits for nothing')
  node.answer = result(HEIGHTS)
  t.match(await client.heights(), { entryHeight: 6 }, 'and after all that it works')
})

t.test('the catalogue of refusals', async (t) => {
  const node = await startScriptedNode(result(HEIGHTS))
  const client = factom.createFactomClient({ url: node.url })
  t.teardown(async () => {
    client.close()
    await node.close()
  })
  const catalogue: [number, string, boolean][] = [
    [-32700, 'E_FACTOM_RPC_REQUEST', false],
    [-32600, 'E_FACTOM_RPC_REQUEST', false],
    [-32601, 'E_FACTOM_RPC_METHOD', false],
    [-32602, 'E_FACTOM_RPC_PARAMS', false],
    [-32603, 'E_FACTOM_RPC_INTERNAL', true],
    [-32008, 'E_FACTOM_RPC_MISSING', true],
    [-32009, 'E_FACTOM_RPC_MISSING', true],
    [-32010, 'E_FACTOM_RPC_RECEIPT', false],
    [-32011, 'E_FACTOM_RPC_REPEATED', false],
    [-1, 'E_FACTOM_RPC', false],
  ]
  for (const [rpcCode, wanted, retryable] of catalogue) {
    node.answer = refuse(rpcCode)
    const error: unknown = await client.heights().catch((error: unknown) => error)
    t.match(error, { code: wanted, retryable, details: { rpcCode } })
    t.equal(factom.rpcCodeOf(error), rpcCode)
  }
})

t.test('entry credits for factoids', async (t) => {
  const payer = factom.factoidKey('Fs3E9gV6DXsYzf7Fqx1fVBQPQXV695eP3k5XbmHEZVRLkMdD9qCK')
  const ecAddress = 'EC3TsJHUs8bzbbVnratBafub6toRYdgzgbR7kWwCW4tqbmyySRmg'
  const terms = { credits: 250, rate: 1000n, ecAddress, payer, timeMs: Date.now() }
  const { transaction, price, fee } = factom.composePurchase(terms)
  t.same([price, fee], [250_000n, 12_000n], '1 for the KiB, 10 for the output, 1 for the signature')
  matchExactly(t, transaction, {
    inputs: [{ amount: 262_000n }],
    outputs: [],
    ecOutputs: [
      { amount: 250_000n, address: 'e0258b1b95d757f061cb79425cbefe5e761946f76418b14c149ecd738c81ea53' },
    ],
  })
  t.equal(factom.fctText(262_000n), '0.00262')
  t.equal(factom.fctText(1_200_000_000n), '12')

  const pending = openPending(`${t.testdir()}/state/pending.json`)
  const sent: string[] = []
  let known = 0
  const client = {
    factoidBalance: () => Promise.resolve(300_000n),
    factoidSubmit: (raw: Uint8Array) => {
      sent.push(Buffer.from(raw).toString('hex'))
      return Promise.resolve({ txid: transaction.txid })
    },
    factoidAck: () => Promise.resolve(known-- > 0 ? ('Unknown' as const) : ('TransactionACK' as const)),
  }
  const poor = { ...client, factoidBalance: () => Promise.resolve(261_999n) }
  const purchase = { transaction, payer: payer.address }
  await t.rejects(factom.buyCredits(poor, purchase, { pending }), {
    code: 'E_FACTOM_FUNDS',
    message: /has 0.00261999 FCT, 0.00262 are needed/,
  })
  const begun = (minutes = 0) =>
    factom.begunPurchase(client, openPending(`${t.testdirName}/state/pending.json`), {
      wallMs: transaction.timeMs + 60_000 * minutes,
    })
  t.equal(await begun(), null)

  known = Infinity
  await t.rejects(factom.buyCredits(client, purchase, { pending, timeoutMs: 300 }), {
    code: 'E_FACTOM_PURCHASE',
    retryable: true,
  })
  const found = await begun()
  t.match(found, { transaction: { txid: transaction.txid }, state: 'open' }, 'it is known after a restart')
  const other = factom.composePurchase({ ...terms, credits: 1 }).transaction
  const text = { text: 'a purchase', command: 'pegminer fund' }
  const asFor = (same: boolean) => () => ({ same, ...text })
  t.equal(factom.takenUp(found, asFor(true)), found)
  t.throws(() => factom.takenUp(found, asFor(false)), {
    code: 'E_FACTOM_UNFINISHED',
    message: /signed a purchase \(\w{64}\).*: pegminer fund sends the same again; else it is void after 20/,
  })
  t.match(await begun(64), { state: 'open' }, 'the network takes it for an hour, by clocks that may differ')
  const late = await begun(65)
  t.match(late, { state: 'void' })
  t.equal(factom.takenUp(late, asFor(true)), null)
  known = 2
  await factom.buyCredits(client, { transaction: found!.transaction, payer: payer.address }, { pending })
  t.equal(new Set(sent).size, 1, 'the same bytes')
  t.equal(await begun(), null, 'and done with')

  pending.put('purchase', transaction.raw)
  const [done, times] = [await begun(), sent.length]
  t.match(done, { state: 'done' })
  t.equal(factom.takenUp(done, asFor(true)), done)
  t.equal(factom.takenUp(done, asFor(false)), null, 'nothing stands in the way of another one')
  await factom.buyCredits(client, { transaction: done!.transaction, payer: payer.address }, { pending })
  t.equal(sent.length, times, 'what is on the chain is not sent again')
  pending.put('purchase', transaction.raw)
  await factom.buyCredits(client, { transaction: other, payer: payer.address }, { pending })
  t.equal(sent.at(-1), Buffer.from(other.raw).toString('hex'))

  const unlock = lockPending(`${t.testdirName}/state/pending.json`)
  t.throws(() => lockPending(`${t.testdirName}/state/pending.json`), {
    code: 'E_FACTOM_BUSY',
    retryable: true,
  })
  unlock()
  t.throws(() => openPending('/dev/null/x'), code('E_FACTOM_JOURNAL'))
})

t.test('a server that is no node at all', async (t) => {
  const server = http.createServer((_, response) => response.end('hello'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const client = factom.createFactomClient({ url: `127.0.0.1:${port}` })
  t.teardown(() => client.close())
  await t.rejects(client.currentMinute(), code('E_FACTOM_REPLY'))
})
