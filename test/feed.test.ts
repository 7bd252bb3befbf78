/** Whole runs of `pegminer feed`: on the embedded network, and against daemons of its own, killed and started again. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'

import { startDevKomodo } from '../komodo/dev/index.js'
import { decodeTransaction, opOf } from '../komodo/index.js'
import { reachable } from '../oracle/feed/fixtures/rig.js'
import { runHere } from './fixtures/in-process.js'
import { run, start, type Event } from './fixtures/program.js'
import { matchExactly } from './fixtures/match-exactly.js'
import { until } from './fixtures/until.js'

const folder = mkdtempSync(join(tmpdir(), 'feed-program-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const heightsOf = (events: readonly Event[]): number[] =>
  events.filter(({ event }) => event === 'header').map(({ height }) => height as number)
const isRow = (heights: readonly number[]): boolean =>
  heights.every((height, k) => k === 0 || height === (heights[k - 1] ?? 0) + 1)

/** `FEED_BLOCKS=30` by hand: two seconds for each. */
const BLOCKS = process.env['FEED_BLOCKS'] ?? '13'

t.test('on the embedded network: headers and a withdrawal', async (t) => {
  const running = start([
    ...['feed', '--network', 'dev', '--blocks', BLOCKS, '--json', '--metrics-port', '0'],
    ...['--data-dir', join(folder, 'dev')],
  ])
  t.teardown(() => running.kill())
  const { metrics } = (await running.event('start')) as Event & { metrics: string }
  const { height } = (await running.event('header')) as Event & { height: number }
  const answer = await fetch(metrics.replace('/metrics', '/api/v1/feed'))
  const { gateways, recent } = (await answer.json()) as { gateways: object[]; recent: { height: number }[] }
  matchExactly(t, gateways, [
    { name: 'dev', reference: 'KMD', daemons: { reference: 'up' }, headers: { gaps: 0 } },
  ])
  t.equal(recent.at(-1)?.height, height)
  const { code, stderr } = await running.ended
  t.equal(code, 0, stderr)
  const heights = heightsOf(running.events)
  t.ok(heights.length >= Number(BLOCKS) && isRow(heights), heights.join(' '))
  const states = running.events.filter(({ event }) => event === 'withdrawal').map(({ state }) => state)
  t.same(states, ['seen', 'signed', 'broadcast', 'marked', 'done'])
  t.match(running.events.at(-1), { event: 'stopped', reason: 'blocks', withdrawals: 1 })
})

t.test('against daemons: flags, file, old command line; kill -9; two feeds; rulings', async (t) => {
  const chains = await startDevKomodo({
    dataDir: join(folder, 'chains'),
    manual: true,
    subscriptions: 3,
  })
  t.teardown(() => chains.close())
  const { oracleTxid, bindTxid, pubkey, asset, reference } = chains
  const env = {
    HOME: folder,
    PEGMINER_FEED_ASSET_PASSWORD: asset.password,
    PEGMINER_FEED_REFERENCE_PASSWORD: reference.password,
  }
  const common = ['--poll', '1', '--metrics-port', 'off', '--data-dir', join(folder, 'state'), '--json']
  const daemons = [
    ...['--asset-url', asset.url, '--asset-user', asset.user],
    ...['--reference-url', reference.url, '--reference-user', reference.user],
  ]
  const old = [
    'feed',
    chains.assetName,
    oracleTxid,
    pubkey,
    'Ihh',
    bindTxid,
    './komodo-cli',
    ...daemons,
    ...common,
  ]
  const timer = setInterval(() => chains.control.mine('asset'), 400)
  t.teardown(() => clearInterval(timer))

  const flags = [
    ...['feed', '--asset', chains.assetName, '--oracle', oracleTxid, '--bind', bindTxid, '--pubkey', pubkey],
    ...daemons,
    ...common,
  ]
  const checked = await run([flags[0]!, 'check', ...flags.slice(1)], '', env)
  t.equal(checked.code, 0, checked.stdout)
  t.match(checked.stdout, /"event":"checked".*"ok":true/)
  const wrong = await run(['feed', 'check', ...flags.slice(1), '--oracle', bindTxid], '', env)
  t.equal(wrong.code, 1)
  t.match(wrong.stdout, /"name":"oracle","result":"fail"/)

  const dry = await run([...flags, '--dry-run', '--once'], '', env)
  t.equal(dry.code, 0, dry.stderr)
  t.match(dry.stdout, /"event":"header".*"dryRun":true/)
  t.same(await reachable(chains), [])

  const first = start(old, env)
  t.teardown(() => first.kill())
  matchExactly(t, await first.event('start'), { configuration: { feed: { gateways: [{ oracleTxid }] } } })
  await first.event('header', ({ height }) => (height as number) > 0)
  const second = await run(flags, '', env)
  t.equal(second.code, 2, 'another feed with the same key')
  t.match(second.stdout, /E_FEED_LOCKED/)
  await first.kill()

  const yaml = join(folder, 'pegminer.yaml')
  const daemon = ({ url, user, password }: typeof asset): string =>
    `{ url: '${url}', user: ${user}, password: '${password}'`
  writeFileSync(
    yaml,
    [
      'feed:',
      '  gateways:',
      `    - asset: ${daemon(asset)}, name: ${chains.assetName} }`,
      `      reference: ${daemon(reference)}, name: KMD }`,
      `      oracleTxid: ${oracleTxid}`,
      `      bindTxid: ${bindTxid}`,
      `      pubkey: '${pubkey}'`,
      '      withdrawals: { approveAbove: 1 }',
      '',
    ].join('\n'),
    { mode: 0o600 },
  )
  const withFile = ['--config', yaml, ...common]
  const third = start(['feed', ...withFile], env)
  t.teardown(() => third.kill())
  await third.event('state', ({ state }) => state === 'idle')
  const withdrawTxid = chains.control.withdraw({ amount: 200_000_000n })
  await third.event('withdrawal', ({ state }) => state === 'held')
  const status = await run(['feed', 'status', ...withFile], '', env)
  t.match(status.stdout, new RegExp(`"withdrawtxid":"${withdrawTxid}","state":"held"`))
  const approved = await run(['feed', 'approve', withdrawTxid, ...withFile], '', env)
  t.equal(approved.code, 0, approved.stderr)
  await third.event('withdrawal', ({ state }) => state === 'broadcast')
  await third.kill() // between the payout and its mark
  chains.control.mine('reference')
  const fourth = start(['feed', ...withFile], env)
  t.teardown(() => fourth.kill())
  await fourth.event('withdrawal', ({ state }) => state === 'done')
  const unwanted = chains.control.withdraw({ amount: 300_000_000n })
  await fourth.event('withdrawal', (one) => one['withdrawtxid'] === unwanted && one['state'] === 'held')
  await fourth.event('notice', ({ code }) => code === 'E_FEED_BLOCKED')
  const asked = await run(['feed', 'settle', unwanted, ...withFile], '', env)
  t.equal(asked.code, 2, 'asked once')
  t.match(asked.stderr, /give --yes to release/)
  const settled = await run(['feed', 'settle', unwanted, '--yes', ...withFile], '', env)
  t.equal(settled.code, 0, settled.stderr)
  await fourth.event('withdrawal', (one) => one['withdrawtxid'] === unwanted && one['state'] === 'settled')
  t.not((await run(['feed', 'settle', unwanted, '--yes', ...withFile], '', env)).code, 0, 'it is over')
  fourth.child.kill('SIGINT')
  t.equal((await fourth.ended).code, 130)

  const heights = (await reachable(chains)).map(({ height }) => height)
  t.ok(isRow(heights), `once, in order: ${heights.join(' ')}`)
  const back = await run(['feed', 'backfill', '5', '6', ...withFile], '', env)
  t.equal(back.code, 0, back.stderr)
  const all = (await reachable(chains)).map(({ height }) => height)
  t.ok(all.includes(5) && all.includes(6))
  const secrets = [first, third, fourth].map(({ events }) => JSON.stringify(events)).join('')
  t.notOk(secrets.includes(asset.password), 'no password in any event')
})

const onlyByHand = process.env['FEED_KILLS'] === undefined && 'set FEED_KILLS=1 to run it'

t.test('kill -9 at the decisive moments of a 2-of-3 withdrawal', { skip: onlyByHand }, async (t) => {
  const chains = await startDevKomodo({
    dataDir: join(folder, 'kills'),
    manual: true,
    gateways: [{ m: 2, n: 3 }],
    subscriptions: 4,
  })
  t.teardown(() => chains.close())
  const { control, user } = chains
  const timer = setInterval(() => (control.mine('asset'), control.mine('reference')), 1_000)
  t.teardown(() => clearInterval(timer))
  const operators = [0, 1].map((k) => chains.operators[k]!)
  const startOne = (k: number): ReturnType<typeof start> => {
    const { asset, reference, pubkey } = operators[k]!
    const running = start(
      [
        ...['feed', '--asset', chains.assetName, '--oracle', chains.oracleTxid, '--bind', chains.bindTxid],
        ...['--pubkey', pubkey, '--asset-url', asset.url, '--asset-user', asset.user],
        ...['--reference-url', reference.url, '--reference-user', reference.user],
        ...['--poll', '1', '--metrics-port', 'off', '--data-dir', join(folder, `killed${k}`), '--json'],
      ],
      {
        HOME: folder,
        PEGMINER_FEED_ASSET_PASSWORD: asset.password,
        PEGMINER_FEED_REFERENCE_PASSWORD: reference.password,
      },
    )
    t.teardown(() => running.kill())
    return running
  }
  /** What is sent: that is done, and its sender never reads the reply. */
  const moments = new Set(['oracle-data', 'gateway-partial', 'gateway-complete', 'payout'])
  const dead = new Set<number>()
  const killed: string[] = []
  const programs = operators.map((_, k) => startOne(k))
  control.onCall(({ chain, operator, method, params, phase }) => {
    if (dead.has(operator)) return 'hang'
    if (method !== 'sendrawtransaction' || phase !== 'done') return undefined
    const moment = chain === 'reference' ? 'payout' : (opOf(decodeTransaction(params[0] as string))?.op ?? '')
    if (!moments.delete(moment)) return undefined
    dead.add(operator)
    killed.push(moment)
    void programs[operator]!.kill().then(() => {
      dead.delete(operator)
      programs[operator] = startOne(operator)
    })
    return 'hang'
  })
  const before = control.balance('reference', user.address)
  const withdrawTxid = control.withdraw({ amount: 200_000_000n })
  const isDone = (): boolean =>
    programs.some(({ events }) =>
      events.some(
        ({ event, withdrawtxid, state }) =>
          event === 'withdrawal' && withdrawtxid === withdrawTxid && state === 'done',
      ),
    )
  await until(() => isDone() && moments.size === 0 && dead.size === 0, 200)
  for (const program of programs) await program.event('state', ({ state }) => state === 'idle')
  clearInterval(timer)
  control.mine('asset')
  t.equal(killed.length, 4, killed.join(', '))
  t.equal(control.balance('reference', user.address) - before, 200_000_000n - 20_000n, 'paid once')
  for (const program of programs) await program.kill()
  for (const k of operators.keys()) {
    const heights = (await reachable(chains, { operator: k })).map(({ height }) => height)
    t.ok(heights.length > 10 && isRow(heights), `operator ${k}, once, in order: ${heights.join(' ')}`)
  }
})

t.test('wrong usage', async (t) => {
  const nothing = await runHere(['feed'])
  t.equal(nothing.code, 2)
  t.match(nothing.stderr, /--network dev/)
  t.equal((await runHere(['feed', 'approve', 'x'])).code, 2)
  t.equal((await runHere(['feed', 'settle', 'x'])).code, 2)
  t.equal((await runHere(['feed', 'backfill', '9', '3'])).code, 2)
})
