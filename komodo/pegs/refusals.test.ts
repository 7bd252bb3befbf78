/** What is refused before anything is sent, and in which words: those of the table in docs/pegs.md. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

import { isCoded } from '../../base/index.js'
import type { GatewayInfo } from '../calls/gateways.js'
import type { KomodoClient } from '../client.js'
import { recordings } from '../fixtures/recordings.js'
import type { Rpc } from '../rpc.js'
import {
  encodeTransaction,
  KOMODO_VERSIONS,
  markerAddress,
  opScript,
  pubkeyAddress,
  saplingTransaction,
  txidOf,
} from '../tx/index.js'
import { pegFamily } from './capabilities.js'
import { mayDeposit } from './deposit.js'
import { USUAL_THRESHOLDS } from './formulas.js'
import { findPeg, type HolderView, type Peg, type PegToken } from './holder.js'
import { openJournal } from './journal.js'
import { preyOf } from './liquidate.js'
import { outcomeOf, type Operation } from './operations.js'
import type { Standing } from './standing.js'
import { tokensOf } from './trades.js'
import { mayWithdraw, withdrawTokens } from './withdraw.js'

const COIN = 100_000_000n
const ID = 'ab'.repeat(32)
const SAFE = '5a'.repeat(32)
const PUBKEY = `02${'a1'.repeat(32)}`
const signal = new AbortController().signal
const GATEWAY: GatewayInfo = {
  ...{ m: 1, n: 1, pubkeys: [`03${'b2'.repeat(32)}`], coin: 'KMD', oracleTxid: ID, tokenId: ID },
  ...{ deposit: pubkeyAddress(`03${'b2'.repeat(32)}`), remaining: 10n * COIN, versions: KOMODO_VERSIONS },
}
const TOKEN: PegToken = { tokenId: ID, name: 'KMD', price: '', bindTxid: ID, gateway: GATEWAY }
const PEG: Peg = { pegsTxid: ID, thresholds: USUAL_THRESHOLDS, tokens: [TOKEN] }
const VIEW: HolderView = {
  ...{
    price: 90_000_000n,
    market: 90_000_000n,
    blocksLeft: 0,
    unreadable: null,
    height: 3_000,
    coins: 0n,
    ratio: 0n,
  },
  ...{ account: { deposit: 10n * COIN, debt: 0n }, tokens: 5n * COIN, mostToGet: 720_000_000n },
}

type Answers = { readonly [K in keyof KomodoClient]?: (...given: never[]) => Promise<unknown> }
/** A daemon that answers what it is asked here, and nothing else. */
const daemon = (name: string, answers: Answers) => ({ name, ...answers }) as unknown as KomodoClient

/** What each hazard is refused with; nothing if it is not refused, or with another code. */
const refused = new Map<string, string>()

async function refuse(hazard: string, go: () => unknown, code = 'E_PEGS_REFUSED'): Promise<void> {
  refused.set(hazard, '')
  try {
    await go()
  } catch (error) {
    if (isCoded(error) && error.code === code) refused.set(hazard, error.message)
  }
}

t.test('accounts', async () => {
  const operate = (operation: Operation, view: Partial<HolderView> = {}, outputs: bigint[] = []) =>
    outcomeOf(operation, { ...VIEW, ...view }, outputs)
  const owing = { account: { deposit: 10n * COIN, debt: 7n * COIN } }
  await refuse('fund 0', () => operate({ do: 'fund', sat: 0n }))
  await refuse('fund more', () => operate({ do: 'fund', sat: 6n * COIN }))
  const unreadable = 'it must end with a weight, such as ",1"'
  await refuse('fund unpriced', () => operate({ do: 'fund', sat: COIN }, { price: 0n, unreadable }))
  await refuse('get 0', () => operate({ do: 'get', sat: 0n }))
  await refuse('get without', () => operate({ do: 'get', sat: COIN }, { account: null }))
  await refuse('get over', () => operate({ do: 'get', sat: 720_000_001n }))
  await refuse('get early', () => operate({ do: 'get', sat: COIN }, { price: 0n, blocksLeft: 12 }))
  await refuse('redeem nothing', () => operate({ do: 'redeem' }, { account: { deposit: 0n, debt: 0n } }))
  await refuse('redeem dust', () => operate({ do: 'redeem' }))
  await refuse('redeem poor', () => operate({ do: 'redeem' }, owing, [6n * COIN]))
  await refuse('redeem crumbs', () =>
    operate(
      { do: 'redeem' },
      owing,
      Array.from({ length: 100 }, () => COIN / 10n),
    ),
  )
})

t.test('exchanges and liquidations', async (t) => {
  const around = { view: { account: null, price: 90_000_000n }, pool: 0n, outputs: [10n * COIN] }
  await refuse('exchange dust', () => tokensOf(1n, around))
  await refuse('exchange own', () => tokensOf(COIN, { ...around, view: VIEW }))
  await refuse('exchange unpriced', () => tokensOf(COIN, { ...around, view: { account: null, price: 0n } }))
  await refuse('exchange pool', () => tokensOf(COIN, { ...around, pool: 2n * COIN }))
  t.equal(tokensOf(COIN, { ...around, pool: COIN }), 111_111_111n)
  const listed = { tokenId: ID, owner: 'other', exchanged: false, deposit: COIN }
  const accounts = [
    { ...listed, txid: SAFE, debt: COIN / 2n },
    { ...listed, txid: 'own', owner: PUBKEY, debt: 82_000_000n },
    { ...listed, txid: 'touched', exchanged: true, debt: 82_000_000n },
    { ...listed, txid: 'prey', debt: 82_000_000n },
    { ...listed, txid: 'lost', debt: 86_400_000n },
  ]
  const standing: Standing = { prices: new Map([[ID, VIEW]]), accounts, debt: 82n, value: 90n, open: true }
  const liquidator = { peg: PEG, token: TOKEN, pubkey: PUBKEY, account: VIEW.account }
  const unpriced = { ...standing, prices: new Map([[ID, { ...VIEW, price: 0n }]]) }
  await refuse('liquidate unpriced', () => preyOf(unpriced, liquidator, 'prey'))
  await refuse('liquidate without', () => preyOf(standing, { ...liquidator, account: null }, 'prey'))
  await refuse('liquidate safe', () => preyOf(standing, liquidator, SAFE))
  await refuse('liquidate own', () => preyOf(standing, liquidator, 'own'))
  await refuse('liquidate touched', () => preyOf(standing, liquidator, 'touched'))
  await refuse('liquidate global', () =>
    preyOf({ ...standing, debt: 62n, value: 100n, open: false }, liquidator, 'prey'),
  )
  await refuse('liquidate lost', () => preyOf(standing, liquidator, 'lost'))
  t.match(preyOf(standing, liquidator, 'prey'), { txid: 'prey', gain: { burn: 82_000_000n } })
})

t.test('deposits', async (t) => {
  const oracle = { name: 'KMD', registered: [{ publisher: GATEWAY.pubkeys[0] }] }
  const deposit = (sat: bigint, answers: Answers = {}, pubkey = PUBKEY, mine = true) => {
    const client = daemon('PEGUSD', {
      gatewayInfo: () => Promise.resolve(GATEWAY),
      oracleInfo: () => Promise.resolve(oracle),
      ...answers,
    })
    const reference = daemon('KMD', { address: () => Promise.resolve({ mine }) })
    return mayDeposit({ client, reference, token: TOKEN, pubkey, signal }, sat)
  }
  const says = (more: object): Answers => ({ oracleInfo: () => Promise.resolve({ ...oracle, ...more }) })
  await refuse('deposit little', () => deposit(99_999n))
  await refuse('deposit own', () => deposit(COIN, {}, GATEWAY.pubkeys[0]))
  await refuse('deposit much', () => deposit(11n * COIN))
  await refuse('deposit oracle', () => deposit(COIN, says({ name: 'BTC' })))
  await refuse('deposit publisher', () => deposit(COIN, says({ registered: [] })))
  await refuse('deposit key', () => deposit(COIN, {}, PUBKEY, false), 'E_PEGS_DAEMON')
  await t.resolves(deposit(COIN))
})

t.test('withdrawals', async (t) => {
  const other = 'cd'.repeat(32)
  const withdraw = (sat: bigint, answers: Answers = {}, token = TOKEN) => {
    const client = daemon('PEGUSD', {
      tokenBalance: () => Promise.resolve(5n * COIN),
      unspent: () => Promise.resolve([{ sat: 20_000n, spendable: true }]),
      gatewayList: () => Promise.resolve([other, ID]),
      gatewayInfo: () => Promise.resolve(GATEWAY),
      pendingWithdrawals: () => Promise.resolve({ items: [] }),
      ...answers,
    })
    return mayWithdraw({ client, token, pubkey: PUBKEY, signal }, sat)
  }
  const pending = (at: string): Answers => ({
    pendingWithdrawals: (_: never, bindTxid: string) =>
      Promise.resolve({ items: bindTxid === at ? [{ withdrawTxid: 'ef'.repeat(32) }] : [] }),
  })
  const own = { ...TOKEN, gateway: { ...GATEWAY, pubkeys: [PUBKEY] } }
  await refuse('withdraw little', () => withdraw(20_999n))
  await refuse('withdraw much', () => withdraw(6n * COIN))
  await refuse('withdraw own', () => withdraw(COIN, {}, own))
  await refuse('withdraw poor', () => withdraw(COIN, { unspent: () => Promise.resolve([]) }))
  await refuse('withdraw twice', () => withdraw(COIN, pending(ID)))
  await refuse('withdraw beside', () => withdraw(COIN, pending(other)))
  await t.resolves(withdraw(COIN))
  const broken = {
    gatewayInfo: (id: string) => (id === ID ? Promise.resolve(GATEWAY) : Promise.reject(new Error('M.'))),
  }
  await t.resolves(withdraw(COIN, broken), 'a gateway that cannot be read stops none')
})

t.test('a withdrawal that the daemon built with the key of another user', async (t) => {
  const call = recordings('komodod-pegs')['payout-hijack']?.find(
    ({ request }) => request?.method === 'gatewayswithdraw',
  )
  const [bindTxid = '', , pubkey = ''] = (call?.request?.params ?? []) as string[]
  const { hex } = (JSON.parse(call?.reply ?? '{}') as { result: { hex: string } }).result
  const sent: string[] = []
  const client = daemon('PEGUSD', {
    tokenBalance: () => Promise.resolve(5n * COIN),
    unspent: () => Promise.resolve([{ sat: 20_000n, spendable: true }]),
    gatewayList: () => Promise.resolve([bindTxid]),
    gatewayInfo: () => Promise.resolve(GATEWAY),
    // The other withdrawal came between this look and the call.
    pendingWithdrawals: () => Promise.resolve({ items: [] }),
    chainInfo: () => Promise.resolve({ blocks: 300 }),
    gatewayWithdraw: () => Promise.resolve(hex),
    send: (signed: string) => Promise.resolve(void sent.push(signed)),
  })
  const withdrawing = {
    ...{ client, reference: daemon('KMD', {}), pubkey, signal, token: { ...TOKEN, bindTxid } },
    ...{ journal: openJournal(join(t.testdir(), 'withdraw.json'), 'withdraw'), step: () => undefined },
    ...{ pause: () => Promise.resolve(), tell: () => undefined },
  }
  await refuse('withdraw hijacked', () => withdrawTokens(withdrawing, COIN))
  t.same([sent, withdrawing.journal.state.writes], [[], {}], 'nothing was sent or written down')
})

t.test('pegs and daemons', async (t) => {
  const op = { op: 'pegs-create', bindTxids: [ID, 'cd'.repeat(32)] } as const
  const hex = encodeTransaction(
    saplingTransaction([], [{ value: 0n, script: opScript(op) }], { expiryHeight: 0 }),
  )
  const chain = (answers: Answers) =>
    findPeg(
      daemon('PEGUSD', {
        transaction: () => Promise.resolve({ hex, height: 9, confirmations: 1, orphaned: false }),
        gatewayInfo: () => Promise.resolve(GATEWAY),
        tokenInfo: () => Promise.resolve({ name: 'KMD', description: 'KMD_BTC,1' }),
        ...answers,
      }),
      txidOf(hex),
      { signal },
    )
  await refuse('twins', () => chain({}))
  const thief = { ...GATEWAY, deposit: markerAddress(ID) }
  await refuse('thief', () => chain({ gatewayInfo: () => Promise.resolve(thief) }), 'E_PEGS_DIFFERS')
  await refuse('no peg', () => chain({ transaction: () => Promise.resolve(null) }))
  const listed = (kind: 'komodod' | 'komodod-pegs', recording: string): string => {
    const call = recordings(kind)[recording]?.find(
      ({ request }) => request?.method === 'help' && request.params?.length === 0,
    )
    return (JSON.parse(call?.reply ?? '{}') as { result: string }).result
  }
  const family = (help: string, role: 'creator' | 'user' = 'creator') =>
    pegFamily({ name: 'X', call: () => Promise.resolve(help) } as unknown as Rpc, role, {})
  const pegs = listed('komodod-pegs', 'setup')
  t.equal(await family(pegs), 'A', 'the recorded daemon of 2020')
  t.equal(await family(pegs, 'user'), 'A')
  t.equal(await family(`${pegs}\npegsclose pegstxid tokenid`), 'hybrid')
  const byAmount = pegs.replace('pegsredeem pegstxid tokenid', 'pegsredeem pegstxid tokenid amount')
  await refuse('daemon hybrid', () => family(`${byAmount}\npegsclose pegstxid tokenid`), 'E_PEGS_DAEMON')
  await refuse('daemon B', () => family(pegs.replace(/^gatewaysclaim.*$/m, '')), 'E_PEGS_DAEMON')
  await refuse('daemon today', () => family(listed('komodod', 'general')), 'E_PEGS_DAEMON')
  const methods = [
    'tokencreate',
    'tokenbalance',
    'gatewaysdeposit',
    'pegsinfo',
    'pegsget',
    'pegscreate',
    'prices',
    'oraclessubscribe',
  ]
  for (const method of methods)
    await t.rejects(family(pegs.replace(new RegExp(`^${method}\\b.*$`, 'm'), '')), {
      code: 'E_PEGS_DAEMON',
      message: new RegExp(`^X lacks ${method}: `),
    })
})

t.test('the table of the document has each of them, word for word', (t) => {
  const doc = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'pegs.md'), 'utf8')
  const section = doc.slice(doc.indexOf('## What is refused'))
  const rows = [...section.matchAll(/^\| .*? \| (.+?) \|$/gm)].map(([, text = '']) => text).slice(2)
  const said = [...refused.values()].map((text) =>
    text.replaceAll(/0[23][0-9a-f]{64}/g, 'KEY').replaceAll(/[0-9a-f]{64}/g, 'ID'),
  )
  t.same(
    [...refused].filter(([, text]) => text === ''),
    [],
    'each is refused',
  )
  t.same(
    said.filter((text) => !rows.some((row) => text === row || text.startsWith(row.replace(/…$/, '')))),
    [],
  )
  t.equal(rows.length, new Set(said).size, 'and no other')
  t.end()
})
