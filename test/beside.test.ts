/** Commands beside the program that holds the data: on the network dev they find its embedded network. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import t from 'tap'

import { HISTORY_FILE, openHistory } from '../oracle/index.js'
import { runHere } from './fixtures/in-process.js'
import { endMinutes, manualFlags } from './fixtures/minutes.js'
import { run, start, type Event } from './fixtures/program.js'

const folder = t.testdir()
const env = { HOME: folder }

t.test('grade and history beside a miner', async (t) => {
  const dataDir = join(folder, 'miner')
  const common = ['--network', 'dev', '--data-dir', dataDir, '--json']
  const bits = ['--bits', '10', '--dir', join(folder, 'maps')]
  const miner = start(
    [...['mine', ...common, ...bits, ...manualFlags(folder), '--threads', '1'], ...['--metrics-port', '0']],
    env,
  )
  t.teardown(() => miner.kill())
  const minutes = endMinutes(miner)
  const paid = await miner.event('graded', (event) => event['reward'] !== '0')
  const height = paid['height'] as number
  const graded = await runHere(['grade', '--height', String(height), ...common, ...bits], '', env)
  t.equal(graded.code, 0, graded.stderr)
  t.match(graded.stdout, /"event":"checked".*"winnersAgree":true/)
  const history = await runHere(['history', ...common], '', env)
  t.equal(history.code, 0, history.stderr)
  t.match(history.stdout, new RegExp(`"height":${height},.*"gradable":true`))

  const other = await runHere(
    ['grade', '--height', String(height), ...common, '--bits', '11', ...bits.slice(2)],
    '',
    env,
  )
  t.match(
    other.stdout,
    /E_HISTORY_OTHER/,
    'the history of the miner is not given up for a look with another ByteMap',
  )
  const query = openHistory(join(dataDir, HISTORY_FILE))
  t.ok(query.own({ from: height, to: height }).length > 0, 'our records are still in it')
  query.close()
  const more = await miner.event('graded', (event) => (event['height'] as number) > height)
  t.ok(more, 'and the miner goes on')
  miner.child.kill('SIGINT')
  t.equal((await miner.ended).code, 130)
  await minutes
  t.notOk(existsSync(join(dataDir, 'chain', 'running.json')), 'what ended is no longer to be found')
  const alone = await runHere(['grade', '--height', String(height), ...common, ...bits.slice(2)], '', env)
  t.equal(alone.code, 0, 'and without it, and without the size, which is noted beside the chain')

  const wrong = await runHere(['mine', ...common, ...bits.slice(2), '--bits', '11'], '', env)
  t.equal(wrong.code, 2)
  t.match(wrong.stdout, /E_CONFIG_NETWORK.*begun with --bits 10/, 'mining on with another one is refused')
})

t.test('status, backfill and approve beside a feed', async (t) => {
  const common = ['--network', 'dev', '--data-dir', join(folder, 'feed'), '--json']
  const feed = start(['feed', ...common, '--metrics-port', '0'], env)
  t.teardown(() => feed.kill())
  const { metrics } = (await feed.event('start')) as Event & { metrics: string }
  await feed.event('withdrawal', ({ state }) => state === 'done')
  const held = await feed.event('withdrawal', ({ state }) => state === 'held')
  const txid = held['withdrawtxid'] as string

  const status = await run(['feed', 'status', ...common], '', env)
  t.equal(status.code, 0, status.stderr)
  t.match(status.stdout, new RegExp(`"withdrawtxid":"${txid}","state":"held"`))
  t.match(status.stdout, /"published":\d+/, 'the chains were asked too')
  const check = await run(['feed', 'check', ...common], '', env)
  t.equal(check.code, 0, check.stdout)

  const back = await run(['feed', 'backfill', '5', '6', ...common], '', env)
  t.equal(back.code, 0, back.stderr)
  t.notMatch(back.stdout, '"event":"start"', 'the feed that runs takes them over')
  for (const height of [5, 6]) await feed.event('header', (event) => event['height'] === height)
  const { log } = (await (await fetch(metrics.replace('metrics', 'api/v1/log?limit=100'))).json()) as {
    log: { code: string }[]
  }
  t.equal(log.filter(({ code }) => code === 'start').length, 1, 'what only asks has not started')

  const asTold = ['feed', 'approve', txid, ...common.slice(2)]
  const approved = await run(asTold, '', env)
  t.equal(approved.code, 0, approved.stderr)
  await feed.event('withdrawal', (event) => event['withdrawtxid'] === txid && event['state'] === 'done')
  const late = await run(['feed', 'reject', ...asTold.slice(2)], '', env)
  t.equal(late.code, 2)
  t.match(late.stdout, /E_CLI_FEED.*nothing to decide on [0-9a-f]{64}: it is over \(done\)/)
  feed.child.kill('SIGINT')
  t.equal((await feed.ended).code, 130)
  t.match(
    await run(asTold, '', env),
    { code: 2, stdout: /there is no gateway/ },
    'dev only while its feed runs',
  )
})
