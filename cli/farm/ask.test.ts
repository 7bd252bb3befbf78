/** What the page of a coordinator tells, as lines. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'

import { runHere } from '../../test/fixtures/in-process.js'
import { printTable } from './ask.js'

/** The port of a coordinator that answers so. */
async function coordinator(t: Test, status: number, answer: object): Promise<number> {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => void server.close())
  return (server.address() as AddressInfo).port
}

const status = (port: number) =>
  runHere(['farm', 'status', '--metrics-port', String(port)], '', { PEGMINER_CONFIG: 'off' })

const machine = {
  ...{
    worker: 'w1',
    state: 'mining',
    hashrate: { s10: 1500, s60: null, m15: null },
    threads: 2,
    lagMs: null,
  },
  ...{ lease: { seconds: 30 }, lastHitSeconds: null, faults: { a: 1, b: 2 }, version: '1.2.3', cpu: 'EPYC' },
  refused: null,
}

t.test('the machines of a farm', async (t) => {
  const old = { ...machine, worker: 'w2', lagMs: 12, lastHitSeconds: 59, refused: 'it is too old' }
  const long = { ...machine, worker: 'w3', lastHitSeconds: 65 }
  const farm = { active: true, here: 2, missing: 1, hashrate: 3000, machines: [machine, old, long] }
  const { code, stdout } = await status(await coordinator(t, 200, farm))
  t.equal(code, 0)
  const rows = stdout.split('\n').map((line) => line.trim().replace(/ {2,}/g, '|'))
  t.same(rows, [
    'worker|state|10 s|60 s|15 min|threads|lag|lease',
    'w1|mining|1.50 kH/s|n/a|n/a|2 threads|none|30 s',
    'w2|mining|1.50 kH/s|n/a|n/a|2 threads|12 ms|30 s',
    'w3|mining|1.50 kH/s|n/a|n/a|2 threads|none|30 s',
    'worker|last hit|bad|version|processor',
    'w1|none|3|1.2.3|EPYC',
    'w2|59 s ago|3|1.2.3|EPYC',
    'w3|1 min 05 s ago|3|1.2.3|EPYC',
    'w2 is refused: it is too old',
    '2 machines, 1 missing, 3 kH/s',
    '',
  ])
})

t.test('a coordinator that waits, one in trouble, and none', async (t) => {
  const waiting = { active: false, here: 0, missing: 0, hashrate: 0, machines: [] }
  t.match(await status(await coordinator(t, 200, waiting)), {
    ...{ code: 0, stdout: /^ This coordinator waits: another one is active, and knows the machines\.\n/ },
  })
  t.match(await status(await coordinator(t, 503, {})), {
    ...{
      code: 1,
      stderr: /E_FARM_STATUS: no coordinator at http:\/\/127\.0\.0\.1:\d+\/api\/v1\/farm: it answers 503/,
    },
  })
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  t.match(await status(port), { code: 1, stderr: /E_FARM_STATUS: no coordinator at .*ECONNREFUSED/ })
})

t.test('columns that have no room stand in a table below', (t) => {
  const lines: string[] = []
  const output = { width: 20, line: (text = '') => void lines.push(text) }
  printTable(output, ['name', 'first', 'second'], [['a', '12345678', 'x']])
  t.same(lines, [' name  first', ' a     12345678', ' name  second', ' a     x'])
  t.end()
})
