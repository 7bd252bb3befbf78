/** Requests that no recording has: bad, hostile and odd ones, a ledger that has hardly begun, and one that goes on. */
import { request } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'

import type { Database } from '../../base/index.js'
import { openChainDatabase } from '../../chain/index.js'
import { beginLedger } from '../store/about.js'
import { openLedger } from '../store/queries.js'
import { LEDGER_SCHEMA } from '../store/schema.js'
import { writeTip } from '../store/write.js'
import { addressText } from '../transactions/address.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'
import { serveRpc } from './server.js'

const HASH = 'ab'.repeat(32)
const [FIRST, SECOND] = ['11'.repeat(32), '22'.repeat(32)]

interface Served {
  readonly db: Database
  readonly url: string
  readonly failures: unknown[]
  /** How often holdings were read. */
  readonly scans: { count: number }
  readonly post: (body: string, path?: string) => Promise<{ status: number; text: string }>
  /** The reply without its frame. */
  readonly ask: (method: string, params?: string) => Promise<unknown>
}

/** A ledger of the embedded network at block 10, with nothing in it. */
async function served(t: Test, hosts: readonly string[] = []): Promise<Served> {
  const file = join(t.testdir(), 'ledger.sqlite')
  const db = openChainDatabase({ file, schemas: [LEDGER_SCHEMA] })
  t.teardown(() => db.close())
  db.transaction(() => beginLedger(db, { network: 'dev', origin: 'chain', height: 10 }))
  const query = openLedger(file)
  t.teardown(() => query.close())
  const failures: unknown[] = []
  const scans = { count: 0 }
  const heldSince: typeof query.heldSince = (height, tell) => {
    scans.count++
    query.heldSince(height, tell)
  }
  const server = await serveRpc({
    ...{ query: { ...query, heldSince }, port: 0, host: '127.0.0.1', hosts, version: '1.2.3' },
    onFailure: (error) => failures.push(error),
  })
  t.teardown(() => server.close())
  const post: Served['post'] = async (body, path = '/v1') => {
    const answered = await fetch(new URL(path, server.url), { method: 'POST', body })
    return { status: answered.status, text: await answered.text() }
  }
  return {
    ...{ db, url: server.url, failures, scans, post },
    async ask(method, params) {
      const given = params === undefined ? '' : `,"params":${params}`
      const { text } = await post(`{"jsonrpc":"2.0","id":1,"method":"${method}"${given}}`)
      const { result, error } = JSON.parse(text) as { result?: unknown; error?: unknown }
      return result ?? error
    },
  }
}

const bad = (data: string) => ({ code: -32602, message: 'Invalid params', data })

t.test('parameters are taken strictly, in the words of Go', async (t) => {
  const { ask } = await served(t)
  const wrong: readonly (readonly [method: string, params: string, data: string])[] = [
    [
      'get-bank',
      '{"height":1.5}',
      'json: cannot unmarshal number 1.5 into Go struct field ParamsGetBank.height of type int32',
    ],
    [
      'get-bank',
      '{"height":2147483648}',
      'json: cannot unmarshal number 2147483648 into Go struct field ParamsGetBank.height of type int32',
    ],
    [
      'get-pegnet-rates',
      '{"height":true}',
      'json: cannot unmarshal bool into Go struct field ParamsGetPegnetRates.height of type uint32',
    ],
    [
      'get-pegnet-rates',
      '{"height":{}}',
      'json: cannot unmarshal object into Go struct field ParamsGetPegnetRates.height of type uint32',
    ],
    ['get-pegnet-rates', '{"__proto__":1}', 'json: unknown field "__proto__"'],
    [
      'get-transactions',
      '{"desc":1}',
      'json: cannot unmarshal number into Go struct field ParamsGetPegnetTransaction.desc of type bool',
    ],
    [
      'get-transactions',
      '{"address":[]}',
      'json: cannot unmarshal array into Go struct field ParamsGetPegnetTransaction.address of type string',
    ],
    [
      'get-transactions',
      `{"entryhash":"${'z'.repeat(64)}"}`,
      "entryhash: encoding/hex: invalid byte: U+007A 'z'",
    ],
    [
      'get-transaction',
      `{"txid":"1-2-${HASH}"}`,
      'txid: txid does not match txid format, format: [TxIndex]-[EntryHash]',
    ],
    ['get-transaction', `{"txid":"2147483648-${HASH}"}`, 'txid: index must be a valid integer'],
    ['get-transaction', '{"txid":"0-ab"}', 'txid: hash must be 32 bytes (64 hex characters)'],
    ['get-transaction', `{"txid":"0-${'x'.repeat(64)}"}`, 'txid: hash must be a valid hex string'],
    ['get-transaction-status', '{}', 'required: "entryhash"'],
    ['get-transaction-status', '{"entryhash":null}', 'required: "entryhash"'],
    ['get-pegnet-balances', `{"address":"${addressText(FIRST).slice(0, -1)}1"}`, 'address: checksum error'],
    ['send-transaction', '{}', 'required: "chainid"'],
    ['send-transaction', `{"chainid":"${HASH}"}`, 'required: "raw" or "content" and "extids"'],
    ['send-transaction', '{"raw":"0"}', 'encoding/hex: odd length hex string'],
    [
      'send-transaction',
      `{"raw":"00","chainid":"${HASH}"}`,
      '"raw cannot be used with "content" or "extids"',
    ],
    ['send-transaction', '{"raw":"00"}', 'an entry has at least 35 bytes, not 1'],
  ]
  for (const [method, params, data] of wrong)
    t.same(await ask(method, params), bad(data), `${method} ${params}`)
  t.match(await ask('send-transaction', `{"raw":"00${HASH}0000"}`), { code: -32800 }, 'another chain')
  t.match(await ask('get-sync-status', '["ignored"]'), { syncheight: 10 })
  t.same(await ask('get-graded', '{"HEIGHT":7}'), { height: 7, graded: [] }, 'names in any case')
})

t.test('what is no request', async (t) => {
  const { post } = await served(t)
  const refused = async (body: string, code: number, data?: string) => {
    const { status, text } = await post(body)
    t.equal(status, 200)
    const { error, id } = JSON.parse(text) as { error: { code: number; data?: string }; id: unknown }
    t.same([error.code, error.data, id], [code, data, null], body.slice(0, 60))
  }
  await refused('', -32700)
  await refused('{"a":1,}', -32700)
  await refused('[]', -32600, 'empty batch request')
  await refused('5', -32600, 'json: cannot unmarshal number into Go value of type jsonrpc2.jRequest')
  await refused('null', -32600, 'invalid "jsonrpc" version: ""')
  await refused('{"jsonrpc":"1.0","id":1,"method":"properties"}', -32600, 'invalid "jsonrpc" version: "1.0"')
  await refused('{"jsonrpc":"2.0","id":1}', -32600, 'missing "method"')
  await refused('{"jsonrpc":"2.0","id":1,"method":"properties","x":1}', -32600, 'json: unknown field "x"')
  await refused(
    '{"jsonrpc":"2.0","id":{},"method":"properties"}',
    -32600,
    'invalid "id": not a number, string, or null',
  )
  await refused(
    '{"jsonrpc":"2.0","id":1,"method":"properties","params":5}',
    -32600,
    'invalid "params": not an object, array, or null',
  )
  await refused('['.repeat(100_000), -32600, 'it is nested deeper than 32 levels')
  await refused(`[${'0,'.repeat(30_000)}0]`, -32600, 'it holds more than 20000 values')
  await refused(`[${'0,'.repeat(100)}0]`, -32600, 'more than 100 requests in a batch')
  const long = await post(' '.repeat(300_000))
  t.equal(long.status, 413)
})

t.test('ids come back as they were; what has none is not answered', async (t) => {
  const { post } = await served(t)
  const one = (rest: string) => `{"jsonrpc":"2.0","method":"get-bank","params":{"height":99}${rest}}`
  for (const id of ['null', '"a"', '-1.5e3', '12345678901234567890'])
    t.match((await post(one(`,"id":${id}`))).text, new RegExp(`"id":${id.replace('.', '\\.')}\\}$`))
  t.equal((await post(`[${one('')},${one('')}]`)).text, '')
  const { text } = await post(`[${one('')},7,${one(',"id":2')}]`)
  matchExactly(t, JSON.parse(text), [
    { id: null, error: { code: -32600 } },
    { id: 2, result: { Height: -1 } },
  ])
})

t.test('only its own names and paths, and any HTTP method', async (t) => {
  const { url, post } = await served(t, ['ledger.example'])
  const statusFor = (host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      request(url, { headers: { host } }, (reply) => {
        reply.resume()
        resolve(reply.statusCode)
      })
        .on('error', reject)
        .end()
    })
  t.equal(await statusFor('evil.example'), 403)
  t.equal(await statusFor('ledger.example:8070'), 200)
  t.equal(await statusFor('localhost'), 200)
  t.equal((await post('{', '/')).status, 200)
  t.equal((await post('{', '/v2')).status, 404)
  const { port } = new URL(url)
  const query = { about: () => ({ network: 'dev', origin: 'chain', height: 1, activations: null }) } as never
  const again = serveRpc({
    ...{ query, port: Number(port), host: '127.0.0.1', hosts: [], version: '', onFailure: () => {} },
  })
  await t.rejects(again, { code: 'E_LEDGER_PORT', message: /in use/ })
})

t.test('a ledger without rates, then with them, while it is written', async (t) => {
  const { db, ask, failures, scans } = await served(t)
  const write = (sql: string, ...values: (string | number | Buffer)[]) => db.run(sql, ...values)
  t.same(await ask('get-miner-distribution'), {
    ...{ startheight: 0, stopheight: 0, Miners: {}, totalwins: 0, totalgraded: 0 },
  })
  t.match(await ask('get-pegnet-rates'), { code: -32809 })
  db.transaction(() => {
    for (const [k, address] of [FIRST, SECOND].entries()) {
      write('INSERT INTO ledger_accounts VALUES (?, ?, 10)', k + 1, Buffer.from(address, 'hex'))
      write("INSERT INTO ledger_balances VALUES (?, 'PEG', ?)", k + 1, 500 * (k + 1))
    }
  })
  const holder = addressText(SECOND)
  t.same(await ask('get-rich-list', '{"asset":"PEG","count":1}'), [
    { address: holder, amount: 1000, pusd: 0 },
  ])
  t.same(await ask('get-global-rich-list'), [])
  db.transaction(() => {
    // The averages of 144 blocks: PEG was worth 2 USD, and is worth 3 now.
    for (let height = 11; height <= 154; height++) {
      write('INSERT INTO ledger_rates VALUES (?, ?, ?)', height, 'PEG', height === 154 ? '3' : '2')
      write('INSERT INTO ledger_rates VALUES (?, ?, ?)', height, 'pUSD', '1')
    }
    writeTip(db, 160)
  })
  t.match(
    await ask('get-sync-status'),
    { syncheight: 160, factomheight: -1 },
    'each block as soon as it is written',
  )
  t.match(await ask('get-pegnet-rates'), { code: -32809 }, 'the last block has none')
  t.same(await ask('get-pegnet-rates', '{"height":154}'), { PEG: 3, pUSD: 1 })
  t.same(
    await ask('get-global-rich-list'),
    [
      { address: holder, pusd: 2000 },
      { address: addressText(FIRST), pusd: 1000 },
    ],
    'by the average, which is worse',
  )
  t.equal(scans.count, 1)
  t.same(await ask('get-global-rich-list', '{"count":1}'), [{ address: holder, pusd: 2000 }])
  t.equal(scans.count, 1, 'as long as nothing is written, the list is kept')
  db.transaction(() => {
    write("INSERT INTO ledger_balances VALUES (1, 'pXBT', 1)")
    write("INSERT INTO ledger_changes VALUES (161, 1, 'pXBT', 0)")
    writeTip(db, 161)
  })
  t.match(
    await ask('get-global-rich-list'),
    { code: -32603, message: 'Internal error' },
    'a token without a rate',
  )
  t.match(await ask('get-rich-list', '{"asset":"pXBT"}'), { code: -32603 })
  t.same(failures, [])
})

t.test('numbers that no double holds, and a table that is gone', async (t) => {
  const { db, post, ask, failures } = await served(t)
  const [entry, nonce, difficulty] = [HASH, '0001', 'f'.repeat(16)].map((hex) => Buffer.from(hex, 'hex'))
  db.run(
    "INSERT INTO ledger_graded VALUES (9, 0, ?, ?, ?, 'one,two', ?, 5)",
    ...[entry ?? '', nonce ?? '', difficulty ?? '', addressText(FIRST)],
  )
  const { text } = await post('{"jsonrpc":"2.0","id":1,"method":"get-graded","params":{"height":9}}')
  t.match(text, '"nonce":"0001","difficulty":18446744073709551615,"position":0,"minerid":"one,two"')
  t.match(await ask('get-miner-distribution', '{"start":0,"stop":-9000000000000000000}'), {
    ...{ startheight: 9, stopheight: 9, totalwins: 1 },
    Miners: { [addressText(FIRST)]: { identities: ['one', 'two'], winpercent: 1 } },
  })
  t.match(await ask('get-miner-distribution', '{"start":11,"stop":0}'), { code: -32603 })
  db.run('DROP TABLE ledger_graded')
  t.match(await ask('get-graded'), { code: -32603, message: 'Internal error' })
  t.equal(failures.length, 1)
})
