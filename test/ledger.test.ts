/**
 * The ledger, whole: a recorded chain with its proofs checked and kills on the way, what is asked of it, also as pegnetd
 * is asked, and a chain that is followed.
 */
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'

import { goMinersBlocks } from '../factom/dev/fixtures/recordings.js'
import { unitsText } from '../base/index.js'
import { openChainDatabase } from '../chain/index.js'
import { RECORDED_FILE } from '../cli/ledger/files.js'
import { createFactomClient, decodeEntry } from '../factom/index.js'
import { judged, RECORDED, recordedCalls } from '../ledger/fixtures/recorded-chain.js'
import {
  addressText,
  createPegnetd,
  ledgerFollowing,
  openLedger,
  readAddress,
  remoteSource,
  rulesOf,
  stateHash,
  tablesSource,
} from '../ledger/index.js'
import { createHasher, lxrParams, openByteMap } from '../lxrhash/index.js'
import { createGradedHistory, HISTORY_FILE, openHistory, oprChainId } from '../oracle/index.js'
import { load } from '../oracle/grading/fixtures/load.js'
import { networkOf } from '../pegnet/index.js'
import { LEDGER_NAMES, type LedgerName } from '../telemetry/api-types.js'
import { misfits } from '../telemetry/fixtures/misfits.js'
import { LEDGER_SCHEMAS } from '../telemetry/ledger-schemas.js'
import { ChainNode } from './fixtures/chain-node.js'
import { askExplorer, watchLiving } from './fixtures/explorer.js'
import { askEach } from './fixtures/explorer-plans.js'
import { matchExactly } from './fixtures/match-exactly.js'
import { runHere } from './fixtures/in-process.js'
import { endMinutes, manualFlags } from './fixtures/minutes.js'
import { run, start, type Event } from './fixtures/program.js'

/** `npm run test:kills` has 30. */
const KILLS = Number(process.env['KILLS'] ?? 2)
const expected = judged()
const state = t.testdir()
const dataDir = join(state, 'recorded')
const maps = join(state, 'maps')
const json = (stdout: string): Event[] =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event)

/** Balances of a stage by address and ticker as the program writes them. */
function stageOf(height: number): Record<string, Record<string, string>> {
  const stage = expected.stages.find((known) => known.height === height)
  const ticker = (low: string) => (low === 'peg' ? 'PEG' : `p${low.slice(1).toUpperCase()}`)
  return Object.fromEntries(
    Object.entries(stage?.balances ?? {}).map(([address, own]) => [
      addressText(address),
      Object.fromEntries(Object.entries(own).map(([low, units]) => [ticker(low), units])),
    ]),
  )
}

t.test('a recorded chain, its proofs checked, killed on the way', { timeout: 600_000 }, async (t) => {
  const words = ['ledger', 'sync', '--from-file', RECORDED, '--bits', String(expected.byteMapBits)]
  const sync = [...words, '--dir', maps, '--data-dir', dataDir, '--json']
  let reached = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const running = start(sync)
    const { height } = await running.event('follow', ({ height }) => (height as number) > reached)
    reached = height as number
    await running.kill()
  }
  const { code, stdout } = await run(sync)
  t.equal(code, 0)
  const synced = json(stdout).at(-1)
  t.match(synced, { event: 'ledger.synced', network: 'MainNet', height: 295_200, skipped: {} })
  for (const height of [210_326, 258_789, 274_174, 295_200]) {
    const dump = await runHere([
      'ledger',
      'dump',
      '--height',
      String(height),
      '--data-dir',
      dataDir,
      '--json',
    ])
    const [state] = json(dump.stdout)
    t.match(state, { event: 'ledger.state', height })
    t.same(state?.['balances'], stageOf(height), `balances after block ${height}`)
    t.same(state?.['rates'], expected.rates[height] ?? {})
    if (height === 295_200) t.equal(state?.['hash'], synced?.['hash'], 'as if it had never been killed')
  }
})

t.test('what it is asked, and how it answers', async (t) => {
  const ask = async (...words: string[]) => {
    const { code, stdout, stderr } = await runHere(['ledger', ...words, '--data-dir', dataDir])
    return { code, text: stdout + stderr, events: words.includes('--json') ? json(stdout) : [] }
  }
  const address = 'FA2jsVXb6kpZtFVqGh3TNugqCi6Jkqist9exCr3aJbH6RBW8izY7'
  const { events: balances } = await ask('balances', address, '--json')
  matchExactly(t, balances, [
    { event: 'ledger.balances', address, balances: { PEG: '61487884191892', pCAD: '18' } },
  ])
  t.match((await ask('balances', address, '--height', '206422')).text, /PEG +450/)
  const { events: issued } = await ask('issuance', '--json')
  matchExactly(t, issued, [
    { event: 'ledger.issuance', height: 295_200, issuance: { PEG: '5779926275049504' } },
  ])
  const { events: rates } = await ask('rates', '--height', '214290', '--json')
  matchExactly(t, rates, [{ event: 'ledger.rates', height: 214_290, rates: { PEG: '22558268' } }])
  t.match((await ask('rates', '--height', '240000')).text, /block 240000 has no rates/)
  const { events: bank } = await ask('bank', '--height', '231622', '--json')
  matchExactly(t, bank, [{ event: 'ledger.bank', amount: '500000000000', used: '35384611686' }])
  t.match((await ask('bank')).text, /block 295200 has no bank/)
  const { events: rich } = await ask('richlist', 'PEG', '--count', '3', '--json')
  matchExactly(t, rich, [
    { event: 'ledger.richlist', ticker: 'PEG', holders: [{ units: '808070000000000' }, {}, {}] },
  ])
  const { events: history } = await ask('history', address, '--from', '206422', '--to', '213300', '--json')
  t.match(history[0], { event: 'ledger.action', kind: 'coinbase', height: 206_422, result: '45000000000' })
  t.ok(history.some(({ kind }) => kind === 'burn'))
  t.match((await ask('history', address, '--count', '4')).text, /coinbase {4}\+ 360 PEG/)
  const wrong: readonly (readonly [words: string[], text: RegExp])[] = [
    [[], /say what to do/],
    [['balance'], /did you mean balances/],
    [['balances'], /say whose/],
    [['balances', 'FA1'], /is no address/],
    [['issuance', 'x'], /unexpected argument/],
    [['richlist', 'pusd'], /did you mean pUSD/],
    [['sync', '--trust-claims'], /--trust-claims is for --from-file/],
    [['sync', '--from-file', join(state, 'none')], /E_LEDGER_FILE/],
  ]
  for (const [words, text] of wrong) {
    const { code, text: said } = await ask(...words)
    t.equal(code, 2, words.join(' '))
    t.match(said.replace(/\s+/g, ' '), text)
  }
  t.equal((await ask('dump', '--height', '295201')).code, 1)
})

/** What differs from program to program. */
const withoutOwn = (text: string): string =>
  text
    .replace(/"factomheight":-?\d+/g, '"factomheight":0')
    .replace(/"(buildversion|buildcommit|sqliteversion|golang)":"[^"]*"/g, '"$1":""')

interface Worth {
  readonly address: string
  readonly pusd: number
}

/**
 * The reference sorts holders by their worth without an order of equals: those are compared as a set, and of those at
 * the end of a list that `count` has cut, only how many.
 */
function withEqualsSorted(text: string, request: string): string {
  if (!request.includes('get-global-rich-list')) return text
  return text.replace(/\[.*\]/, (list) => {
    const rows = JSON.parse(list) as Worth[]
    const cutAt = request.includes('"count"') ? rows.at(-1)?.pusd : undefined
    const known = rows.map((row) => (row.pusd === cutAt ? { ...row, address: '' } : row))
    return JSON.stringify(known.sort((a, b) => b.pusd - a.pusd || (a.address < b.address ? -1 : 1)))
  })
}

const comparable = (text: string, request: string): string => withEqualsSorted(withoutOwn(text), request)

t.test('the API, asked as pegnetd was, answers the same', async (t) => {
  const ports = ['--rpc-port', '0', '--metrics-port', '0']
  const running = start(['ledger', 'serve', ...ports, '--data-dir', dataDir, '--json'])
  t.teardown(() => running.kill())
  const { url, api } = await running.event('ledger.serving')
  t.match(url, /^http:\/\/127\.0\.0\.1:\d+\/v1$/)
  const calls = recordedCalls()
  t.equal(calls.length, 90)
  for (const { label, request, status, contentType, reply, replyLength } of calls) {
    const answered = await fetch(url as string, { method: 'POST', body: request })
    const text = await answered.text()
    t.equal(answered.status, status, `${label}: status`)
    t.equal(answered.headers.get('content-type'), contentType, `${label}: type`)
    if (replyLength === undefined) t.equal(comparable(text, request), comparable(reply, request), label)
    else {
      t.equal(text.slice(0, reply.length - 1), reply.slice(0, -1), `${label}: begins alike`)
      t.equal(text.length, replyLength, `${label}: length`)
    }
  }
  await t.test('and another ledger is compared with it', (t) => compare(t, url as string))
  await t.test('and a wallet that asks it learns what the tables say', (t) => askAsWallet(t, url as string))
  await t.test('and the API for people and dashboards', (t) => askReads(t, api as string))
  running.child.kill('SIGINT')
  t.equal((await running.ended).code, 130)
})

/** Whatever a wallet needs to know is the same by the API and by the tables. */
async function askAsWallet(t: Test, url: string): Promise<void> {
  const rules = rulesOf(networkOf('MainNet'))
  const tables = tablesSource(openLedger(join(dataDir, RECORDED_FILE)), 'tables', rules)
  const remote = remoteSource(createPegnetd(url, new AbortController().signal), url, rules)
  t.teardown(() => (tables.close(), remote.close()))
  t.equal(await remote.height(), 295_200)
  const prices = await remote.prices()
  t.same(prices, await tables.prices())
  t.ok([...(prices?.averages.values() ?? [])].some((average) => average > 0n))
  const addresses = Object.keys(expected.stages.at(-1)?.balances ?? {})
  for (const address of KILLS > 3 ? addresses : addresses.filter((_, k) => k % 6 === 0)) {
    t.same(await remote.balances(address), await tables.balances(address))
    const [theirs, ours] = [await remote.history(address, {}), await tables.history(address, {})]
    t.same(theirs, ours, `${ours.length} lines`)
    t.same(
      await remote.history(address, { from: 274_036, last: 3 }),
      await tables.history(address, { from: 274_036, last: 3 }),
    )
    const hash = ours.at(-1)?.hash ?? ''
    t.same(await remote.statusOf(hash), await tables.statusOf(hash))
  }
  t.equal(await remote.statusOf('ab'.repeat(32)), null)
  const nothing = remoteSource(
    createPegnetd('http://127.0.0.1:1/v1', new AbortController().signal),
    '',
    rules,
  )
  await t.rejects(nothing.height(), { code: 'E_LEDGER_PEGNETD' })
}

/** The same ledger has no difference; one in which a reward and a balance are other ones has. */
async function compare(t: Test, url: string): Promise<void> {
  const diff = async (dir: string, pegnetd: string) => {
    const { code, stdout } = await runHere([
      'ledger',
      'diff',
      '--pegnetd',
      pegnetd,
      '--data-dir',
      dir,
      '--json',
    ])
    return { code, ...json(stdout).at(-1) }
  }
  t.match(await diff(dataDir, url), {
    code: 0,
    event: 'ledger.diff',
    height: 295_200,
    addresses: 54,
    count: 0,
  })
  const changed = join(state, 'changed')
  mkdirSync(changed)
  cpSync(join(dataDir, RECORDED_FILE), join(changed, RECORDED_FILE))
  const change = (sql: string): void => {
    const db = openChainDatabase({ file: join(changed, RECORDED_FILE), schemas: [] })
    db.run(sql)
    db.close()
  }
  const whose = '(SELECT id FROM ledger_accounts ORDER BY id LIMIT 1 OFFSET 9)'
  change(`UPDATE ledger_balances SET amount = amount + 7 WHERE account = ${whose} AND ticker = 'PEG'`)
  const balance = await diff(changed, url)
  t.match(balance, { code: 5, count: 1, first: null, differences: [{ ticker: 'PEG' }] })
  const [{ ours = '', theirs = '' } = {}] = (balance as Partial<Event>)['differences'] as {
    ours: string
    theirs: string
  }[]
  t.equal(BigInt(ours) - BigInt(theirs), 7n)
  change(`UPDATE ledger_actions SET result = result + 7 WHERE kind = 'coinbase' AND batch = (
    SELECT max(batch) FROM ledger_lookup WHERE address = (SELECT address FROM ledger_accounts WHERE id = ${whose})
      AND batch IN (SELECT id FROM ledger_batches WHERE height <= 258795))`)
  const { first } = (await diff(changed, url)) as unknown as { first: { height: number } }
  t.ok(first.height > 206_422 && first.height <= 258_795, `block ${first.height}`)
  for (const other of [url.replace(/:\d+/, ':1'), url.replace('/v1', '/v2')])
    t.match(await runHere(['ledger', 'diff', '--pegnetd', other, '--data-dir', dataDir]), {
      ...{ code: 1, stderr: /E_LEDGER_PEGNETD/ },
    })
}

/** Each answer is what its description says, and tells what the reference has told. */
async function askReads(t: Test, api: string): Promise<void> {
  const text = async (words: string) => {
    const reply = await fetch(`${api}/ledger/${words}`)
    return { status: reply.status, type: reply.headers.get('content-type'), body: await reply.text() }
  }
  const of = async (words: string): Promise<Record<string, unknown>> => {
    const { status, body } = await text(words)
    t.equal(status, 200, words)
    const name = words.split('?', 1)[0] as LedgerName
    const found = JSON.parse(body) as Record<string, unknown>
    t.same(misfits(LEDGER_SCHEMAS[name] as Record<string, unknown>, found), [], words)
    return found
  }
  const address = 'FA2jsVXb6kpZtFVqGh3TNugqCi6Jkqist9exCr3aJbH6RBW8izY7'
  const own = `address=${address}`
  t.match(await of('status'), { network: 'MainNet', height: 295_200 })
  t.match(await of(`balances?${own}`), {
    balances: [{ ticker: 'PEG', amount: '614878.84191892', usd: '2651.29607847' }],
  })
  t.match(await of(`balances?${own}&height=206422`), {
    usd: null,
    balances: [{ ticker: 'PEG', amount: '450', usd: null }],
  })
  t.match(await of('supply'), { supply: [{ ticker: 'PEG', amount: '57799262.75049504' }] })
  const { points } = (await of('supply?ticker=PEG&points=1000')) as {
    points: { height: number; amount: string }[]
  }
  t.equal(points.length, 1000)
  t.match([points[0], points.at(-1)], [{ height: 206_422 }, { height: 295_200, amount: '57799262.75049504' }])
  for (const { height, balances } of expected.stages.slice(0, 3)) {
    const all = Object.values(balances).reduce((sum, { peg = '0' }) => sum + BigInt(peg), 0n)
    t.match(await of(`supply?ticker=PEG&from=${height}&to=${height}`), {
      points: [{ height, amount: unitsText(all) }],
    })
  }
  t.match(await of('prices'), { height: 295_200, prices: [{ ticker: 'PEG', usd: '0.0043119' }] })
  const range = 'from=214288&to=214292'
  t.match(await of(`prices?ticker=PEG&${range}`), {
    points: [{}, {}, { height: 214_290, usd: '0.22558268' }],
  })
  const seen: string[] = []
  for (let next: string | null = ''; next !== null;) {
    const before = next === '' ? '' : `&before=${next}`
    const page = await of(`history?${own}&to=213300&limit=9${before}`)
    for (const { hash, index } of page['actions'] as { hash: string; index: number }[])
      seen.push(`${index}-${hash}`)
    next = page['next'] as string | null
  }
  const query = openLedger(join(dataDir, RECORDED_FILE))
  const lines = query.historyOf(readAddress(address) as string, { to: 213_300 })
  query.close()
  t.ok(lines.length > 20)
  t.same(seen, lines.map(({ index, hash }) => `${index}-${hash}`).reverse(), 'page by page, nothing twice')
  t.match(await of(`history?${own}&kind=burn&limit=1`), { actions: [{ kind: 'burn', ticker: 'FCT' }] })
  t.match(await of('history?height=231622&limit=1'), { actions: [{ height: 231_622 }] })
  t.match(await of('richlist?limit=1'), { holders: [{ amount: null, usd: '34843.17033' }] })
  t.match(await of('richlist?ticker=PEG&limit=1'), { holders: [{ amount: '8080700' }] })
  t.match(await of('bank?from=231622&to=231622'), { banks: [{ amount: '5000', used: '353.84611686' }] })
  t.match(await of('blocks?before=295201&limit=1'), {
    blocks: [{ height: 295_200, rated: true }],
    more: true,
  })
  const csv = await text(`history?${own}&format=csv&limit=1`)
  t.match(csv, { status: 200, type: /^text\/csv/, body: /^height,time,hash.*\n295200,2021-04-27T.*\n$/ })
  t.match((await text('supply?ticker=PEG&from=295200&format=csv')).body, /\n295200,.*,57799262\.75049504\n$/)
  for (const words of [
    ...['balances', 'balances?address=FA1', `balances?${own}&height=295201`, 'supply?ticker=peg'],
    ...[
      'supply?ticker=PEG&points=1001',
      'prices?ticker=PEG&from=2&to=1',
      'history',
      `history?${own}&height=1`,
    ],
    ...['history?hash=ab', `history?${own}&kind=x`, `history?${own}&before=1`, `history?${own}&limit=1001`],
    ...['richlist?limit=0', 'bank?from=-1', 'blocks?limit=101', 'richlist?format=xml'],
  ])
    t.match(await text(words), { status: 400, body: /"error":"./ }, words)
  t.equal((await text('other')).status, 404)
  const described = (await (await fetch(`${api}/openapi.json`)).json()) as { paths: object }
  t.same(
    Object.keys(described.paths).sort(),
    ['events', 'summary', ...LEDGER_NAMES.map((name) => `ledger/${name}`)]
      .map((name) => `/api/v1/${name}`)
      .sort(),
  )
  t.match(await (await fetch(`${api}/summary`)).json(), { program: 'ledger', height: 295_200, alerts: [] })
  const base = api.replace('/api/v1', '')
  t.match(await (await fetch(`${base}/metrics`)).text(), /\npegnet_ledger_supply\{ticker="PEG"\} 57799262\.7/)
  t.match(await (await fetch(`${base}/ready`)).json(), { ok: true, checks: [{ name: 'ledger' }] })
}

t.test('each question of the explorer', askEach)

t.test('the explorer shows it', (t) => askExplorer(t, dataDir))

t.test('the explorer has a living network of its own', { timeout: 300_000 }, (t) =>
  watchLiving(t, { dataDir: join(state, 'living'), maps }),
)

t.test('a chain that is followed: a block at a time, or all at once', async (t) => {
  const served = await ChainNode.of(goMinersBlocks()).serve()
  t.teardown(() => served.close())
  const byteMap = await openByteMap(lxrParams({ bits: 16 }), { dir: maps, slots: 1 })
  const hasher = createHasher(byteMap, 0)
  const difficulty = (hash: Uint8Array, nonce: Uint8Array) => hasher.difficulty(hash, nonce)
  const network = networkOf('local')
  const follow = async (t: Test, name: string, heights: readonly number[]) => {
    const client = createFactomClient({ url: served.url })
    t.teardown(() => client.close())
    const dir = join(state, name)
    for (const height of heights) {
      const following = ledgerFollowing({ network, difficulty })
      const history = createGradedHistory({ client, network, difficulty, dir, ...following })
      await history.sync(height)
      history.close()
    }
    const query = openLedger(join(dir, HISTORY_FILE))
    t.teardown(() => query.close())
    return query
  }
  const whole = await follow(t, 'whole', [10])
  const pieces = await follow(t, 'pieces', [0, 1, 4, 5, 9, 10])
  for (let height = 0; height <= 10; height++)
    t.equal(stateHash(pieces.balancesAt(height)), stateHash(whole.balancesAt(height)), `block ${height}`)
  const { graded, rates } = load('go-miners-opr') as {
    graded: { height: number; order: { address: string; payout: string | number }[] }[]
    rates: Record<string, Record<string, string | number>>
  }
  const paid = graded.flatMap(({ order }) => order).reduce((sum, { payout }) => sum + BigInt(payout), 0n)
  const range = { from: 0, to: 10, limit: 100 }
  const spent = [7, 8]
    .flatMap((height) => whole.pageBefore({ height }, { kinds: ['conversion', 'transfer'] }, range))
    .filter(({ action }) => action.status > 0 && action.ticker === 'PEG')
    .map(({ action }) => action)
  const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n)
  const converted = sum(spent.filter(({ kind }) => kind === 'conversion').map(({ amount }) => amount))
  const sink = readAddress('FA2BURNBABYBURNoooooooooooooooooooooooooooooooDGvNXy')
  const outputs = spent.flatMap((action) => action.outputs).filter(({ address }) => address === sink)
  const destroyed = sum(outputs.map(({ amount }) => amount))
  t.equal(whole.issuance().get('PEG'), paid - converted - destroyed, 'each winner was paid')
  t.equal(destroyed, 100_000_000n, 'and 1 PEG was destroyed')
  for (const [height, expected] of Object.entries(rates)) {
    const ours = whole.ratesAt(Number(height)) ?? new Map<string, bigint>()
    const theirs = Object.entries(expected).map(([ticker, rate]) => [ticker, BigInt(rate)] as const)
    t.same(new Map([...ours].sort()), new Map(theirs.sort()), `rates of block ${height}`)
  }
})

t.test('a chain that is followed from a checkpoint on', async (t) => {
  const node = ChainNode.of(goMinersBlocks())
  node.saved = 6
  const served = await node.serve()
  t.teardown(() => served.close())
  const chain = ['--network', 'local', '--factomd', served.url, '--bits', '16', '--dir', maps, '--json']
  const dirOf = (name: string) => join(state, `checkpoint-${name}`)
  const ask = async (name: string, ...words: string[]) => {
    const { code, stdout, stderr } = await runHere(['ledger', ...words, '--data-dir', dirOf(name)])
    return { code, stderr, events: json(stdout) }
  }
  const sync = (name: string, ...words: string[]) => ask(name, 'sync', ...words, ...chain)
  await sync('first')
  const file = join(state, 'checkpoint.json.gz')
  const onDev = ['--network', 'local', '--json']
  const [made] = (await ask('first', 'checkpoint', file, ...onDev)).events
  t.match(made, { event: 'ledger.checkpoint', network: 'local', height: 6 })
  node.saved = 10
  await sync('first')
  const second = await sync('second', '--from-checkpoint', file)
  const [read] = second.events
  t.match(read, { event: 'ledger.checkpoint.read', hash: made?.['hash'], digest: made?.['digest'] })
  t.match(second.events.at(-1), { event: 'ledger.synced', height: 10 })
  t.equal((await sync('second', '--from-checkpoint', file)).code, 0, 'the same again changes nothing')
  const [whole, later] = ['first', 'second'].map((name) => openLedger(join(dirOf(name), HISTORY_FILE)))
  if (!whole || !later) throw new Error('both were followed')
  for (const height of [6, 7, 8, 9, 10])
    t.equal(stateHash(later.balancesAt(height)), stateHash(whole.balancesAt(height)), `block ${height}`)
  const records = (query: typeof whole, height: number) => query.gradedAt(height)
  t.ok(records(whole, 8).length > 0)
  for (const height of [7, 8, 9, 10]) t.same(records(later, height), records(whole, height))
  whole.close()
  later.close()
  const [theirs, ours] = ['first', 'second'].map((name) => openHistory(join(dirOf(name), HISTORY_FILE)))
  t.same(ours?.blocks({ from: 7 }), theirs?.blocks({ from: 7 }), 'records are graded by the same winners')
  theirs?.close()
  ours?.close()

  const refused = async (code: RegExp, name: string, ...words: string[]) => {
    const { code: exit, stderr } = await ask(name, ...words)
    t.ok(exit === 1 || exit === 2, words.join(' '))
    t.match(stderr.replace(/\s+/g, ' '), code)
  }
  await refused(
    /E_LEDGER_NONE.*checkpoint after block 6/,
    'second',
    'issuance',
    '--height',
    '5',
    '--network',
    'local',
  )
  await refused(/E_LEDGER_OTHER/, 'first', 'sync', '--from-checkpoint', file, ...chain)
  await refused(/E_LEDGER_CHECKPOINT/, 'third', 'sync', '--from-checkpoint', join(state, 'none'), ...chain)
  await refused(/leave --height out/, 'first', 'checkpoint', file, '--height', '5', '--network', 'local')
  forkAt(4, node)
  await refused(/E_HISTORY_OTHER/, 'second', 'sync', ...chain)
  const kept = openLedger(join(dirOf('second'), HISTORY_FILE))
  t.equal(kept.about().height, 10, 'a node with another chain takes nothing away')
  kept.close()
})

/** The same chain, but above this height without its transactions. */
function forkAt(height: number, node: ChainNode): void {
  const oracle = oprChainId(networkOf('local'))
  const blocks = goMinersBlocks().slice(height + 1)
  node.cut(height)
  for (const { height: next, entryBlocks } of blocks) {
    const entries = entryBlocks.flatMap((block) => block.entries).map((raw) => decodeEntry(raw))
    node.save(next, ...entries.filter(({ chainId }) => chainId === oracle))
  }
}

t.test('what serves the ledger follows the chain, also where the node changes its mind', async (t) => {
  const node = ChainNode.of(goMinersBlocks())
  node.saved = 6
  node.blockSeconds = 2
  const away = { yes: false }
  const served = await node.serve(() => (away.yes ? { error: { code: -32603, message: 'away' } } : null))
  t.teardown(() => served.close())
  const chain = ['--network', 'local', '--factomd', served.url, '--bits', '16', '--dir', maps, '--json']
  const dir = join(state, 'served')
  const running = start([
    'ledger',
    'serve',
    '--rpc-port',
    '0',
    '--metrics-port',
    '0',
    '--data-dir',
    dir,
    ...chain,
  ])
  t.teardown(() => running.kill())
  const { url } = await running.event('ledger.serving')
  const reaches = (height: number) => running.event('ledger.block', (event) => event['height'] === height)
  const ask = async (method: string) => {
    const body = `{"jsonrpc":"2.0","id":1,"method":"${method}"}`
    return (await (await fetch(url as string, { method: 'POST', body })).json()) as { result: unknown }
  }
  await running.event('followed', ({ height }) => height === 6)
  node.saved = 8
  await reaches(8)
  t.match(await ask('get-sync-status'), { result: { syncheight: 8, factomheight: 8 } }, 'what it follows')
  const before = openLedger(join(dir, HISTORY_FILE))
  const wasHeld = stateHash(before.balancesAt(8))
  before.close()
  away.yes = true
  await running.event('notice', ({ code }) => code === 'E_FACTOM_RPC_INTERNAL')
  forkAt(7, node)
  away.yes = false
  await reaches(10)
  t.match(
    await ask('get-sync-status'),
    { result: { syncheight: 10 } },
    'and goes on after a node that was away',
  )
  running.child.kill('SIGINT')
  t.equal((await running.ended).code, 130)

  const fresh = join(state, 'fresh')
  const synced = await runHere(['ledger', 'sync', '--data-dir', fresh, ...chain])
  t.match(json(synced.stdout).at(-1), { event: 'ledger.synced', height: 10 })
  const [followed, anew] = [dir, fresh].map((folder) => openLedger(join(folder, HISTORY_FILE)))
  for (let height = 0; height <= 10; height++)
    t.equal(stateHash(followed!.balancesAt(height)), stateHash(anew!.balancesAt(height)), `block ${height}`)
  t.not(stateHash(followed!.balancesAt(8)), wasHeld, 'the transactions of the blocks that are gone')
  followed?.close()
  anew?.close()
})

t.test('on the network dev the rewards are in the ledger', { timeout: 600_000 }, async (t) => {
  const dir = join(state, 'dev')
  const miner = start([
    ...['mine', '--network', 'dev', ...manualFlags(state), '--blocks', '3'],
    ...['--threads', '1', '--bits', '10', '--dir', maps, '--data-dir', dir, '--metrics-port', '0', '--json'],
  ])
  t.teardown(() => miner.kill())
  const minutes = endMinutes(miner)
  const paid = (event: Event): boolean => event['gradable'] === true
  await miner.event('graded', paid)
  const serving = start([
    ...['ledger', 'serve', '--rpc-port', '0', '--metrics-port', 'off', '--data-dir', dir, '--json'],
  ])
  t.teardown(() => serving.kill())
  const { url } = await serving.event('ledger.serving')
  const issued = async (): Promise<unknown> => {
    const body = '{"jsonrpc":"2.0","id":1,"method":"get-pegnet-issuance"}'
    const reply = await (await fetch(url as string, { method: 'POST', body })).json()
    return (reply as { result: { issuance: { PEG: unknown } } }).result.issuance.PEG
  }
  t.ok(await issued())
  await minutes
  t.equal((await miner.ended).code, 0)
  const query = openLedger(join(dir, HISTORY_FILE))
  t.teardown(() => query.close())
  const graded = miner.events.filter(({ event, gradable }) => event === 'graded' && gradable === true)
  t.ok(graded.length > 0, 'a block with winners')
  t.equal(query.issuance().get('PEG'), BigInt(graded.length) * 900_000_000_000n)
  t.equal(await issued(), graded.length * 900_000_000_000, 'what serves beside the miner follows it')
  serving.child.kill('SIGINT')
  t.equal((await serving.ended).code, 130)
  const asked = await runHere([
    'ledger',
    'balances',
    'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q',
    '--data-dir',
    dir,
  ])
  t.match(asked.stdout, /PEG +\d/, 'those of the miner')
})
