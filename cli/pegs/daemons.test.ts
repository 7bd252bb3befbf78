/**
 * The commands of the document for a chain of one's own, against daemons that are reached by address and password: the
 * plan, the costs, the creation up to the restart, `pegminer feed` by the configuration that was written, and a holder's
 * way from a deposit until the coins have arrived.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import t from 'tap'
import { stringify } from 'yaml'

import { startDevKomodo, type DaemonAccess } from '../../komodo/dev/index.js'
import { until } from '../../test/fixtures/until.js'
import { runProgram } from '../program/program.js'

type Event = Readonly<Record<string, unknown>>

t.test('a plan, two daemons, a feed: from launch-args to KMD that have arrived', async (t) => {
  const folder = t.testdir({ data: {}, feed: {}, holder: {} })
  const dev = await startDevKomodo({
    dataDir: join(folder, 'komodo'),
    blockSeconds: { asset: 0.2, reference: 0.6 },
    pegs: { empty: true },
  })
  const over = new AbortController()
  t.teardown(() => dev.close())
  const start = (words: readonly string[], interrupted = new AbortController().signal) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    let [text, said] = ['', '']
    stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const io = { stdin: Readable.from([]), stdout, stderr, env: {}, interrupted }
    return runProgram([...words, '--json'], io).then((code) => {
      const events = text.split('\n').slice(0, -1)
      return { code, said, events: events.map((line) => JSON.parse(line) as Event) }
    })
  }
  const planOf = (
    name: string,
    access: Record<'asset' | 'reference', DaemonAccess>,
    more: object,
  ): string => {
    const file = join(folder, name)
    const daemons = {
      asset: { name: 'PEGSDEV', ...access.asset },
      reference: { name: 'KMD', ...access.reference },
    }
    writeFileSync(file, stringify({ ...daemons, blockSeconds: 1, ...more }), { mode: 0o600 })
    return file
  }
  const gateway = { token: 'KMD', supply: '100000', price: 'KMD_BTC,BTC_USD,*,1', subscriptions: 10 }
  const own = planOf('pegs.yaml', dev, { pubkey: dev.pubkey, amount: '100000', gateways: [gateway] })
  const create = (...words: string[]) => start(['pegs', ...words, '--data-dir', join(folder, 'data')])

  t.match((await create('launch-args', own)).events[0], { command: /-ac_import=PEGSCC .*-ac_blocktime=1/ })
  const costs = await create('create', own, '--dry-run')
  t.match(costs.events, [{ event: 'pegs.plan', total: '200010.00310000', dryRun: true }])
  const asked = await create('create', own)
  t.equal(asked.code, 1, asked.said)
  t.match(
    asked.said,
    /E_PEGS_OPERATOR: stop every node of the chain and start it with: .* -earlytxid=[0-9a-f]{64}/,
  )
  const pegsTxid = String(asked.events.findLast(({ event }) => event === 'pegs.state')?.['pegstxid'])
  const height = dev.control.height('asset')
  t.ok(height < 99, `mining stands at ${height}`)
  await dev.control.restart('asset', 0, { earlyTxid: pegsTxid })
  const journals = join(folder, 'data', 'pegs', 'PEGSDEV')
  const resumed = create('resume', own, '--yes')
  await until(() => readdirSync(journals).includes('feed.yaml'), 50)
  const feedFile = join(journals, 'feed.yaml')
  t.equal(statSync(feedFile).mode & 0o077, 0, 'none but its owner can read the password')
  const flags = [
    '--config',
    feedFile,
    '--data-dir',
    join(folder, 'feed'),
    '--poll',
    '1',
    '--metrics-port',
    'off',
  ]
  const feed = start(['feed', ...flags], over.signal)
  const ready = await Promise.race([resumed, feed])
  t.match(ready.events.at(-1), { event: 'pegs.state', state: 'READY', pegstxid: pegsTxid }, ready.said)
  t.match((await create('status', own)).events, [{ state: 'READY', pegstxid: pegsTxid }])

  const { user, control } = dev
  for (let k = 0; k < 3; k++) control.pay('asset', user.address, 10_000_000n)
  const plan = planOf('holder.yaml', user, { pubkey: user.pubkey, pegsTxid })
  const use = async (...words: string[]) => {
    const done = await start(['pegs', ...words, '--plan', plan, '--data-dir', join(folder, 'holder')])
    t.equal(done.code, 0, `${words.join(' ')} ${done.said}`)
    return done.events
  }
  t.match((await use('price'))[0], { price: '0.90000000' })
  t.match((await use('deposit', '10')).at(-1), { step: 'tokens' })
  t.match((await use('fund', '10')).at(-1), { deposit: '10.00000000' })
  t.match((await use('get', '7.11')).at(-1), { coins: '7.11000000', debt: '7.11000000' })
  t.match((await use('accounts'))[0], { ratio: '79.00%' })
  t.match((await use('watch', '--once'))[0], { event: 'pegs.watch', ratio: '79.00%' })
  t.match(await use('worst'), [])
  t.match((await use('redeem')).at(-1), { tokens: '10.00000000' })
  const withdraw = ['pegs', 'withdraw', '5', '--plan', plan, '--data-dir', join(folder, 'holder')]
  const hung = await start(withdraw)
  t.match(hung.said, /E_PEGS_OPERATOR: PEGSDEV hangs, .*: kill it with SIGKILL, start it again/)
  await control.restart('asset', dev.operators.length)
  const before = control.balance('reference', user.address)
  t.match((await use('withdraw', '5')).at(-1), { event: 'pegs.paid', amount: '4.99980000' })
  t.equal(control.balance('reference', user.address) - before, 499_980_000n, 'paid once')
  over.abort()
  t.equal((await feed).code, 130)
  const written = readFileSync(join(journals, 'creation.json'), 'utf8')
  t.notMatch(written, new RegExp(dev.asset.password), 'no password in the journal')
})
