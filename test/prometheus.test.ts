/** A real Prometheus scrapes a real miner and a real feed. Only where `PEGMINER_TEST_PROMETHEUS` names one. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

import { start, type Event, type Running } from './fixtures/program.js'
import { until } from './fixtures/until.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const prometheus = process.env['PEGMINER_TEST_PROMETHEUS'] ?? ''
const skip = prometheus === '' && 'set PEGMINER_TEST_PROMETHEUS to the path of a Prometheus to run it'

/** What may have no value on a healthy embedded network, and why. */
const SILENT: readonly (readonly [expression: RegExp, why: string])[] = [
  [/pegnet_bench_/, 'neither program is a benchmark'],
  [/pegnet_(miner_hold|watchdog_alarm)\{.*== 1/, 'nothing holds it, no alarm is on'],
  [/pegnet_watchdog_actions_total/, 'no action is set'],
  [/offset 1d/, 'needs a day'],
  [/pegnet_machine_temperature/, 'not every machine has a sensor'],
  [/pegnet_oracle_source_quota_month/, 'no source there has a quota'],
  [/pegnet_oracle_deviation_from_winners/, 'a block may lack the records that make winners'],
]

interface Answer {
  readonly status: string
  readonly error?: string
  readonly data: { readonly result: readonly object[] }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

t.test('rules and panels on real numbers', { skip, timeout: 900_000 }, async (t) => {
  const place = t.testdir()
  const run = async (words: readonly string[]): Promise<string> => {
    const running: Running = start([...words, '--metrics-port', '0', '--json'])
    t.teardown(async () => {
      running.child.kill('SIGINT')
      await running.ended
    })
    const { metrics } = (await running.event('start')) as Event & { metrics: string }
    return new URL(metrics).host
  }
  const feed = await run(['feed', '--network', 'dev', '--data-dir', join(place, 'feed')])
  const miner = await run([
    ...[
      'mine',
      '--network',
      'dev',
      '--bits',
      '12',
      '--block-seconds',
      '15',
      '--records',
      '3',
      '--rivals',
      '27',
    ],
    ...['--data-dir', join(place, 'mine'), '--dir', place],
  ])
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [join(ROOT, 'config/prometheus/pegminer.rules.yml')],
    scrape_configs: [{ job_name: 'pegminer', static_configs: [{ targets: [miner, feed] }] }],
  }
  // JSON is YAML too.
  writeFileSync(join(place, 'prometheus.yml'), JSON.stringify(config))
  const url = `http://127.0.0.1:${await freePort()}`
  const child = spawn(
    prometheus,
    [
      `--config.file=${join(place, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(place, 'tsdb')}`,
      `--web.listen-address=${new URL(url).host}`,
    ],
    { stdio: 'ignore' },
  )
  t.teardown(async () => {
    const ended = once(child, 'exit')
    child.kill()
    await ended
  })
  const query = async (expression: string): Promise<Answer> => {
    const reply = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: expression }).toString()}`)
    return (await reply.json()) as Answer
  }
  for (const expression of [
    'sum(up) == 2',
    'pegnet_miner_blocks_total >= 2',
    'pegnet_feed_withdrawals{state="done"} >= 1',
  ])
    await until(async () => {
      const found = await query(expression).catch(() => undefined)
      return (found?.data?.result.length ?? 0) > 0
    }, 500)

  const rules = (await (await fetch(`${url}/api/v1/rules`)).json()) as {
    data: { groups: { rules: { name: string; health: string; lastError?: string; state: string }[] }[] }
  }
  const all = rules.data.groups.flatMap((group) => group.rules)
  t.ok(all.length > 20)
  for (const { name, health, lastError } of all) t.equal(health, 'ok', `${name} ${lastError ?? ''}`)
  t.same(
    all.filter(({ state }) => state === 'firing').map(({ name }) => name),
    [],
    'nothing is wrong with a healthy run',
  )

  for (const file of readdirSync(join(ROOT, 'config/grafana'))) {
    const { panels } = JSON.parse(readFileSync(join(ROOT, 'config/grafana', file), 'utf8')) as {
      panels: { title: string; targets?: { expr: string }[] }[]
    }
    for (const { title, targets = [] } of panels)
      for (const { expr } of targets) {
        // As Grafana does where "All" is chosen.
        const { status, error, data } = await query(
          expr.replaceAll('$__rate_interval', '30s').replaceAll('$__range', '5m').replaceAll(/\$\w+/g, '.*'),
        )
        t.equal(status, 'success', `${file}, ${title}: ${error ?? expr}`)
        const silent = SILENT.some(([form]) => form.test(expr))
        t.ok(silent || data.result.length > 0, `${file}, ${title}: ${expr}`)
      }
  }
})
