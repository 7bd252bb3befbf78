/** `pegminer dev`, and a miner of its own on that network. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import axios from 'axios'
import t from 'tap'

import { createFactomClient } from '../factom/index.js'
import { start, type Event, type Running } from './fixtures/program.js'
import { matchExactly } from './fixtures/match-exactly.js'

/** A minute of these blocks is 1.2 s: enough to publish 25 records on a busy machine of two cores. */
const BLOCK_SECONDS = 12
const BITS = 16

t.test('dev: the embedded network alone', async (t) => {
  const dir = t.testdir()
  const maps = join(dir, 'maps')
  const running = start([
    ...['dev', '--port', '0', '--wallet-port', '0', '--block-seconds', String(BLOCK_SECONDS)],
    ...['--data-dir', dir, '--json'],
  ])
  t.teardown(() => running.kill())
  const network = (await running.event('dev')) as Event & {
    api: string
    exchange: string
    ecAddress: string
    ecSecret: string
    fctAddress: string
  }
  t.match(network, {
    ecAddress: /^EC/,
    ecSecret: /^Es/,
    fctAddress: /^FA/,
    fctSecret: /^Fs/,
    blockSeconds: BLOCK_SECONDS,
  })
  const client = createFactomClient({ url: network.api })
  t.teardown(() => client.close())
  t.ok((await client.entryCreditBalance(network.ecAddress)) > 0)
  matchExactly(t, await axios.get(`${network.exchange}/kraken/0/public/AssetPairs`, { proxy: false }), {
    status: 200,
    data: { error: [] },
  })

  const key = join(dir, 'ec.key')
  writeFileSync(key, `${network.ecSecret}\n`, { mode: 0o600 })
  const config = join(dir, 'pegminer.yaml')
  writeFileSync(config, 'miner: { identity: tinker }\n')
  const token = 'a-token-of-the-test'
  const startMiner = (): Running =>
    start(
      [
        ...['mine', '--network', 'local', '--factomd', network.api, '--exchange', network.exchange],
        ...['--records', '25', '--coinbase', network.fctAddress, '--bits', String(BITS), '--dir', maps],
        ...['--threads', '1'],
        ...['--config', config, '--data-dir', join(dir, 'miner'), '--metrics-port', '0', '--json'],
      ],
      { PEGMINER_MINER_EC_SECRET_FILE: key, PEGMINER_TELEMETRY_TOKEN: token },
    )
  const miner = startMiner()
  t.teardown(() => miner.kill())
  const { metrics } = (await miner.event('start')) as Event & { metrics: string }

  const port = new URL(network.api).port
  const second = start(['dev', '--port', port, '--data-dir', join(dir, 'other')])
  t.match(await second.ended, { code: /^[12]$/, stdout: '', stderr: /^pegminer: E_DEVCHAIN_PORT: .*\n$/ })
  for (const flag of ['--port', '--wallet-port', '--exchange-port']) {
    const unbuilt = join(dir, 'unbuilt')
    const taken = start([
      ...['mine', '--network', 'dev', flag, port, '--bits', '12', '--dir', unbuilt],
      ...['--data-dir', join(dir, 'taken'), '--metrics-port', 'off'],
    ])
    t.match(await taken.ended, { code: /^[12]$/, stderr: /^pegminer: E_DEVCHAIN_PORT: .*\n$/ }, flag)
    t.notOk(existsSync(unbuilt), 'said before a map is built')
  }
  const beside = start([
    ...['mine', '--network', 'dev', '--data-dir', dir, '--dir', join(dir, 'unbuilt')],
    ...['--metrics-port', 'off'],
  ])
  t.match(await beside.ended, { code: /^[12]$/, stderr: /^pegminer: E_DEVCHAIN_LOCKED: .*\n$/ })
  t.notOk(existsSync(join(dir, 'unbuilt')), 'and so is a folder that another process works on')
  const third = start(['dev', '--port', '0', '--data-dir', dir])
  t.match(await third.ended, { stdout: '', stderr: /^pegminer: E_DEVCHAIN_LOCKED: .*\n$/ })

  // A machine under load may come too late for the first blocks.
  const won = await miner.event('graded', ({ reward }) => reward === '9000')
  t.match(won, { winners: { length: 25 } }, 'a miner of its own on that network')
  writeFileSync(config, 'miner: { identity: tailor }\n')
  const reload = await miner.event('reload')
  matchExactly(t, reload, {
    ok: true,
    live: [{ key: 'miner.identity', from: 'tinker', to: 'tailor' }],
    restart: [],
  })
  const last = won['height'] as number
  await miner.event('graded', ({ height, reward }) => reward === '9000' && (height as number) > last)
  const twin = startMiner()
  t.match(await twin.ended, { code: 1 })
  t.match(
    twin.events.at(-1),
    { event: 'error', code: 'E_FACTOM_JOURNAL_LOCKED' },
    'one data directory, one miner',
  )
  const stop = (authorization: string) =>
    axios.post(new URL('/api/v1/stop', metrics).href, null, {
      headers: { authorization },
      proxy: false,
      validateStatus: null,
    })
  t.match(await stop('Bearer of another'), { status: 401 })
  t.match(await stop(`Bearer ${token}`), { status: 200 })
  t.match(await miner.ended, { code: 0 })
  t.match(miner.events.at(-1), { event: 'stopped', reason: 'asked' })
  const { stdout: said, stderr } = await miner.ended
  t.notMatch(said + stderr, new RegExp(`${network.ecSecret.slice(0, 20)}|${token}`))

  running.child.kill('SIGTERM')
  t.equal((await running.ended).code, 130)
  t.match(running.events.at(-1), { event: 'stopped', reason: 'interrupted' })
  const again = start(['dev', '--port', port, '--wallet-port', '0', '--data-dir', dir])
  t.teardown(() => again.kill())
  await again.printed(/Ctrl-C/)
  again.child.kill('SIGINT')
  const { code, stdout } = await again.ended
  t.equal(code, 130)
  t.match(stdout, new RegExp(` API +${network.api}`))
  t.match(stdout, network.ecSecret, 'the public test keys are shown')
})
