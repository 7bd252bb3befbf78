/** What the check list says of daemons that are not as they should be: a row each, without a daemon. */
import t from 'tap'

import { errorsOf } from '../../base/index.js'
import { KOMODO_ERRORS, pubkeyAddress, type KomodoClient } from '../../komodo/index.js'
import { checkGateway, type Checked } from './checks.js'
import { readFeedConfig, type GatewaySettings } from './config.js'

const fail = errorsOf(KOMODO_ERRORS)
const [KEY, OTHER] = [`02${'11'.repeat(32)}`, `03${'22'.repeat(32)}`]
const [ORACLE, BIND, BATON] = ['aa'.repeat(32), 'bb'.repeat(32), 'cc'.repeat(32)]
const ADDRESS = pubkeyAddress(KEY)

function settings(more: object = {}): GatewaySettings {
  const found = readFeedConfig({
    gateways: [{ name: 'g', asset: 'PEGS', oracleTxid: ORACLE, bindTxid: BIND, pubkey: KEY, ...more }],
  })
  if ('problems' in found) throw new Error(JSON.stringify(found.problems))
  const [gateway] = found.value.gateways
  if (gateway === undefined) throw new Error('there is one')
  return gateway
}

/** What both daemons tell where all is well; a row changes some of it. */
const WELL = {
  node: { pubkey: KEY as string | null, balance: 100_000_000n },
  chain: { blocks: 100, headers: 100 },
  known: (method: string) => !method.startsWith('gatewayswithdraw'),
  oracle: { txid: ORACLE, name: 'KMD', format: 'Ihh' },
  own: { publisher: KEY, batonTxid: BATON as string | null, dataFee: 1_000_000n, funds: 5_000_000n },
  baton: { orphaned: false, confirmations: 5 },
  gateway: { oracleTxid: ORACLE, coin: 'KMD', m: 1, n: 1, pubkeys: [KEY], deposit: ADDRESS },
  address: { mine: true, watched: false, redeemScript: false },
  /** Of the reference daemon, whose deposit address is that of another key here. */
  deposit: { mine: true, watched: false, redeemScript: false },
}
type Told = typeof WELL

type Calls = Readonly<Record<string, () => unknown>>

function clients(told: Told, calls: Calls) {
  const daemon = (name: string) =>
    ({
      name,
      rpc: {
        call: (_: string, [method]: string[]) =>
          Promise.resolve(told.known(method ?? '') ? method : 'help: unknown command'),
      },
      nodeInfo: () => Promise.resolve(told.node),
      chainInfo: () => Promise.resolve(told.chain),
      oracleInfo: () => Promise.resolve({ ...told.oracle, registered: [told.own] }),
      transaction: () => Promise.resolve(told.baton),
      gatewayInfo: () => Promise.resolve(told.gateway),
      address: (asked: string) =>
        Promise.resolve(name === 'KMD' && asked !== ADDRESS ? told.deposit : told.address),
      ...Object.fromEntries(
        Object.entries(calls).map(([call, answer]) => [
          call,
          () => new Promise((resolve) => resolve(answer())),
        ]),
      ),
    }) as unknown as KomodoClient
  return { asset: daemon('PEGS'), reference: daemon('KMD') }
}

async function check(changed: Partial<Told>, calls: Calls = {}, more: object = {}): Promise<Checked> {
  return checkGateway(settings(more), clients({ ...WELL, ...changed }, calls), { mend: false })
}

t.test('all is well', async (t) => {
  const { lines, setup, complete } = await check({})
  t.same(
    lines.map(({ name, result }) => `${name} ${result}`),
    [
      'asset daemon ok',
      'reference daemon ok',
      'methods ok',
      'oracle ok',
      'publisher ok',
      'key ok',
      'gateway ok',
      'signing ok',
      'coins ok',
    ],
  )
  t.match(setup, { format: 'Ihh', gateway: { deposit: ADDRESS } })
  t.equal(complete, true)
  const headers = await check({}, {}, { bindTxid: null })
  t.match(headers.lines.at(-1), { name: 'coins' })
  t.equal(headers.setup?.gateway, null, 'without a gateway headers only')
})

t.test('what is wrong, and what to do about it', async (t) => {
  const { own, gateway } = WELL
  const table: readonly (readonly [
    changed: Partial<Told>,
    name: string,
    result: string,
    found: RegExp | string,
    remedy?: RegExp | string,
  ])[] = [
    [
      { known: () => false },
      'methods',
      'fail',
      'it lacks oraclesinfo, oraclesdata, oraclesaddress, gatewaysinfo',
      /use a daemon with/,
    ],
    [
      {
        known: (method) =>
          !/gateways(deposit|claim|partial|complete|mark|pending|processed|signing|withdraw)/.test(method),
      },
      'methods',
      'ok',
      'headers only: no gateway signing',
    ],
    [{ oracle: { ...WELL.oracle, format: 'S' } }, 'oracle', 'fail', 'its format is S', /of the format Ihh/],
    [
      { own: { ...own, publisher: OTHER } },
      'publisher',
      'wait',
      /is not registered, or not confirmed yet/,
      /pegminer feed register/,
    ],
    [
      { baton: { orphaned: true, confirmations: 0 } },
      'publisher',
      'fail',
      `its baton ${BATON} stands in a block that is lost: the address index is damaged`,
      /-reindex/,
    ],
    [{ own: { ...own, batonTxid: null } }, 'publisher', 'ok', /^fee 0.01/],
    [{ own: { ...own, dataFee: 10_000n } }, 'publisher', 'warn', /^fee 0.0001/, /the fee is small/],
    [{ own: { ...own, funds: 0n } }, 'publisher', 'warn', /funds 0/, /oraclessubscribe/],
    [
      { own: { ...own, funds: 0n }, baton: { orphaned: false, confirmations: 0 } },
      'publisher',
      'ok',
      /headers are under way/,
    ],
    [
      { node: { ...WELL.node, pubkey: null } },
      'key',
      'fail',
      'the asset daemon runs without -pubkey',
      `start it with -pubkey=${KEY}`,
    ],
    [
      { node: { ...WELL.node, pubkey: OTHER } },
      'key',
      'fail',
      `the asset daemon's -pubkey is ${OTHER}`,
      `start it with -pubkey=${KEY}`,
    ],
    [
      { address: { ...WELL.address, mine: false } },
      'key',
      'fail',
      `its wallet lacks the key of ${ADDRESS}`,
      /importprivkey/,
    ],
    [
      { address: { ...WELL.address, mine: false } },
      'signing',
      'warn',
      /lacks the key of .*: withdrawals cannot be signed/,
      /dumpprivkey/,
    ],
    [
      { gateway: { ...gateway, oracleTxid: BATON } },
      'gateway',
      'fail',
      'it is bound to another oracle',
      `oracleTxid must be ${BATON}`,
    ],
    [
      { gateway: { ...gateway, coin: 'BTC' } },
      'gateway',
      'fail',
      "its coin is BTC, the oracle's name KMD",
      /an oracle of the same name/,
    ],
    [{ gateway: { ...gateway, m: 2 } }, 'gateway', 'fail', 'its keys do not fit M and N', 'check the daemon'],
    [{ gateway: { ...gateway, n: 2 } }, 'gateway', 'fail', 'its keys do not fit M and N', 'check the daemon'],
    [
      { gateway: { ...gateway, deposit: pubkeyAddress(OTHER) } },
      'gateway',
      'fail',
      /its keys make/,
      /do not use this daemon/,
    ],
    [
      { gateway: { ...gateway, pubkeys: [OTHER], deposit: pubkeyAddress(OTHER) } },
      'gateway',
      'ok',
      /; this key is no signer$/,
      '',
    ],
    [
      { node: { ...WELL.node, balance: 1_000n } },
      'coins',
      'warn',
      '0.00001000 in the wallet',
      `send coins to ${ADDRESS}: each header costs 0.0001`,
    ],
    [
      { chain: { blocks: 10, headers: 100 } },
      'asset daemon',
      'wait',
      'PEGS at block 10, 90 behind',
      'it syncs: headers are published when it is done',
    ],
  ]
  for (const [changed, name, result, found, remedy = /^/] of table) {
    const { lines, setup } = await check(changed)
    const line = lines.find((one) => one.name === name)
    t.match(line, { name, result, found, remedy }, `${name}: ${found}`)
    if (result === 'fail') t.equal(setup, null, 'nothing is begun')
  }
})

t.test('what daemons refuse', async (t) => {
  const table: readonly (readonly [
    call: string,
    error: Error,
    name: string,
    line: object,
    complete: boolean,
  ])[] = [
    [
      'nodeInfo',
      fail('E_KOMODO_AUTH', 'refused'),
      'asset daemon',
      { result: 'fail', found: 'refused', remedy: /user and password/ },
      false,
    ],
    [
      'nodeInfo',
      fail('E_KOMODO_WARMUP', 'it starts'),
      'reference daemon',
      { result: 'wait', found: 'it starts' },
      false,
    ],
    [
      'oracleInfo',
      fail('E_KOMODO_CC', 'no oracle'),
      'oracle',
      { result: 'fail', found: 'no oracle', remedy: /oraclescreate/ },
      false,
    ],
    [
      'gatewayInfo',
      fail('E_KOMODO_RPC', 'no gateway'),
      'gateway',
      { result: 'fail', found: 'no gateway', remedy: /gatewaysbind/ },
      false,
    ],
  ]
  for (const [call, error, name, line, complete] of table) {
    const found = await check(
      {},
      {
        [call]: () => {
          throw error
        },
      },
    )
    t.match(
      found.lines.find((one) => one.name === name),
      line,
      `${call} ${error.message}`,
    )
    t.same([found.setup, found.complete], [null, complete])
  }
  // What is no word about the gateway ends the check.
  for (const [call, code] of [
    ['nodeInfo', 'E_KOMODO_ABORTED'],
    ['oracleInfo', 'E_KOMODO_TIMEOUT'],
  ] as const)
    await t.rejects(
      check(
        {},
        {
          [call]: () => {
            throw fail(code, 'over')
          },
        },
      ),
      { code },
    )
})
