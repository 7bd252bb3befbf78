/** A ledger beside a pegnetd that answers as it should, otherwise, or with what is none of pegnetd's. */
import { createServer } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'

import { listening } from '../../base/http-server.js'
import { NETWORKS } from '../../pegnet/index.js'
import { BEGINS, ENTRIES, openSmallLedger, TIP } from '../fixtures/small.js'
import { ALICE, BOB, TRANSACTIONS } from '../fixtures/sign.js'
import { answerRpc } from '../rpc/request.js'
import { rulesOf } from '../rules.js'
import { createWorths } from '../store/worth.js'
import { readAddress } from '../transactions/address.js'
import { remoteSource } from '../wallet/remote.js'
import { diffLedger } from './compare.js'
import { createPegnetd } from './pegnetd.js'

const tables = openSmallLedger(join(t.testdir(), 'ledger.sqlite'))
t.teardown(() => tables.close())
const { query } = tables
const rules = rulesOf(NETWORKS.MainNet)
const ledger = {
  ...{ query, rules, worths: createWorths(query), nodeHeight: () => null },
  ...{ transactions: TRANSACTIONS, version: '' },
}

/** A pegnetd whose replies are what `change` makes of those of our own ledger. */
async function pegnetd(t: Test, change: (reply: string, request: string) => string) {
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const body = Buffer.concat(parts)
      const onFailure = (error: unknown) => t.error(error)
      void answerRpc(body, { ledger, onFailure }).then((reply) =>
        response.end(change(reply ?? '', body.toString())),
      )
    })
  })
  const { url, close } = await listening(server, { port: 0 })
  const asked = createPegnetd(url, new AbortController().signal)
  t.teardown(async () => {
    asked.close()
    await close()
  })
  return asked
}

t.test('the same ledger, and where another one parts from it', async (t) => {
  const alice = ALICE.address
  const [toPeg, tooMuch] = [ENTRIES.toPeg.hash, ENTRIES.tooMuch.hash]
  const same = await diffLedger(query, await pegnetd(t, (reply) => reply))
  t.match(same, { height: TIP, addresses: 27, count: 0, differences: [], first: null })

  const off = (reply: string) => reply.replaceAll('"pUSD":4500', '"pUSD":4501')
  const balance = { address: alice, ticker: 'pUSD', ours: 4_500n, theirs: 4_501n }
  const table: readonly (readonly [what: string, change: (reply: string) => string, first: object | null])[] =
    [
      ['balances alone', off, null],
      [
        'another result',
        (reply) => off(reply).replace('"toamount":500', '"toamount":501'),
        { height: BEGINS + 3, address: alice, hash: toPeg },
      ],
      [
        'another verdict',
        (reply) => off(reply).replace('"executed":-1', '"executed":-2'),
        { height: BEGINS + 2, hash: tooMuch },
      ],
      [
        'another entry',
        (reply) => off(reply).replaceAll(toPeg, 'f'.repeat(64)),
        { height: BEGINS + 2, hash: toPeg },
      ],
      [
        'an earlier entry',
        (reply) =>
          off(reply).replaceAll(
            `"hash":"${toPeg}","txid":"0-${toPeg}","height":${BEGINS + 2}`,
            `"hash":"${'f'.repeat(64)}","txid":"","height":1`,
          ),
        { height: 1, hash: 'f'.repeat(64) },
      ],
      [
        'no entries',
        (reply) => off(reply).replace(/"actions":\[.*\],"count"/, '"actions":[],"count"'),
        { height: BEGINS + 2, hash: toPeg },
      ],
    ]
  for (const [what, change, first] of table) {
    const found = await diffLedger(query, await pegnetd(t, change))
    t.match(found, { count: 2, differences: [{ ...balance, address: null }, balance], first }, what)
  }
  const ahead = await pegnetd(t, (reply) =>
    reply.replaceAll(`"syncheight":${TIP}`, `"syncheight":${TIP + 1}`),
  )
  await t.rejects(diffLedger(query, ahead), {
    code: 'E_LEDGER_NONE',
    message: `pegnetd is at block ${TIP + 1}, the ledger ends with block ${TIP}`,
  })
})

t.test('what is no answer of a pegnetd', async (t) => {
  type Way = (asked: Awaited<ReturnType<typeof pegnetd>>) => Promise<unknown>
  const height: Way = (asked) => asked.height()
  const supply: Way = (asked) => asked.supply()
  const history: Way = (asked) => asked.history(ALICE.address, 0)
  const actions: Way = (asked) => asked.actions(ALICE.address, 0)
  const none = 'it does not answer as pegnetd does'
  let k = 0
  const table: readonly (readonly [way: Way, change: (reply: string) => string, message: string | RegExp])[] =
    [
      [height, () => '', /:\d+: ./],
      [height, () => '[', none],
      [height, () => '{}', none],
      [height, () => '[5]', none],
      [height, () => '[{"id":0,"error":5}]', none],
      [height, () => '[{"id":"x"}]', 'id is no whole number'],
      [height, () => '[{"error":{"code":1}}]', 'id is no whole number'],
      [height, () => '[{"id":0,"error":{"code":-1,"message":"busy"}}]', 'it answers with an error: busy'],
      [height, () => '[{"id":0,"error":{"code":-1}}]', /it answers with an error: $/],
      [height, () => '[{"id":0,"result":{"syncheight":1.5}}]', 'syncheight is no whole number'],
      [height, () => '['.repeat(20), /nested/],
      [
        supply,
        (reply) => reply.replace(/"syncheight":\d+/, () => `"syncheight":${++k}`),
        'it follows the chain too fast',
      ],
      [
        history,
        (reply) => reply.replace('"fromamount":500', '"fromamount":"x"'),
        'fromamount is no whole number',
      ],
      [actions, (reply) => reply.replace('"txaction":2', '"txaction":9'), 'a line of a history is none'],
      [
        actions,
        (reply) => reply.replace(/"timestamp":"[^"]*"/, '"timestamp":"soon"'),
        'a line of a history is none',
      ],
      [
        actions,
        (reply) => reply.replaceAll(`"fromaddress":"${ALICE.address}"`, '"fromaddress":"FA1"'),
        'fromaddress is no address',
      ],
      [actions, (reply) => reply.replaceAll('"fromaddress"', '"other"'), 'fromaddress is no address'],
    ]
  for (const [way, change, message] of table) {
    const asked = await pegnetd(t, change)
    await t.rejects(way(asked), {
      code: 'E_LEDGER_PEGNETD',
      message: typeof message === 'string' ? new RegExp(message) : message,
    })
  }
  const empty = await pegnetd(t, () => '[{"id":0,"result":{"actions":5}}]')
  t.same(await empty.history(ALICE.address, 0), [], 'what is no list has no lines')
})

t.test('a wallet that asks it learns what the tables say', async (t) => {
  const asked = await pegnetd(t, (reply) => reply)
  const remote = remoteSource(asked, 'pegnetd', rules)
  const { source } = tables
  t.equal(await remote.height(), TIP)
  t.same(await remote.prices(), await source.prices())
  for (const { address } of [ALICE, BOB]) {
    const hex = readAddress(address) ?? ''
    t.same(await remote.balances(hex), await source.balances(hex))
    t.same(await remote.history(hex, {}), await source.history(hex, {}))
  }
  t.match(await asked.rates([BEGINS + 3, TIP]), [new Map([['pEUR', 120_000_000n]]), null])
  t.same(await asked.statusOf(ENTRIES.tooMuch.hash), { height: BEGINS + 2, status: -1 })
  t.equal(await asked.statusOf('ab'.repeat(32)), null)
  t.match(await asked.actions(BOB.address, 0), [
    { hash: ENTRIES.tooMuch.hash, kind: 'transfer', ticker: 'pXAU', refund: null },
    { hash: ENTRIES.transfer.hash, outputs: [{ amount: 15n }, { amount: 5n }] },
  ])
  t.match((await asked.actions(ALICE.address, 0)).at(-1), { kind: 'conversion', target: 'PEG', refund: 0n })
})
