import { request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { once } from 'node:events'
import t from 'tap'

import {
  CENSORED,
  createCensor,
  createLogger,
  createMetrics,
  liveChecks,
  METRIC_LIST,
  readyChecks,
  startTelemetry,
  type MinerNumbers,
  type TelemetryRoutes,
} from './index.js'
import { newSamples } from './metrics.js'
import type { AssetNumbers } from './sources.js'
import { matchExactly } from '../test/fixtures/match-exactly.js'

/** A made-up key of the right form. */
const SECRET = `Es${'7'.repeat(50)}`
const KNOWN = `Fs${'8'.repeat(50)}`

const asset = (units: bigint, status: AssetNumbers['status']): AssetNumbers => ({
  status,
  units,
  votes: [],
  rejected: [],
  spread: 0.001,
  ageMs: 2_000,
  deviation: null,
})
const miner: MinerNumbers = {
  state: 'mining',
  threads: [
    { slot: 0, hashes: 1_000n, beatAgeMs: 3 },
    { slot: 1, hashes: 2_000n, beatAgeMs: 20_000 },
  ],
  height: 12,
  minute: 3,
  entries: { committed: 25, revealed: 25, acknowledged: 24, landed: 24, missed: 1 },
  hits: 90,
  computeErrors: 0,
  restarts: 1,
  blocks: 2,
  places: 7,
  reward: 252_000_000_000n,
  bestDifficulty: 0xffff_0000_0000_0000n,
  jobSwitchMs: [0.02, 4],
  prices: {
    takenAt: 1_700_000_000_000,
    prices: new Map([
      ['USD', 100_000_000n],
      ['XBT', 6_512_345_000_000n],
    ]),
    assets: new Map([
      ['USD', asset(100_000_000n, 'policy')],
      [
        'XBT',
        {
          ...asset(6_512_345_000_000n, 'ok'),
          votes: [1, 2, 3],
          rejected: [{ reason: { code: 'outlier' } }],
          deviation: 0.02,
        },
      ],
      ['ZMW', asset(0n, 'failed')],
    ]),
    indices: new Map([['USDT/USD', asset(99_980_000n, 'ok')]]),
    outliers: new Map([['fiat', ['XBT', 'ETH']]]),
    missing: new Map([['ZMW', 'no source']]),
    complete: false,
    sources: [
      { name: 'kraken', ok: true, ageMs: 1_000 },
      { name: 'fiat', ok: false, ageMs: null },
    ],
  },
  skipped: null,
  entryCredits: 5_000,
  creditDays: 8.5,
  creditsSpent: 7,
  networkHashrate: 1000,
  expected: { place: 10, seconds: 120 },
  node: { state: 'ok' },
}
const NEW_MINER: MinerNumbers = {
  ...miner,
  state: 'waiting',
  threads: [],
  height: null,
  minute: null,
  prices: null,
  skipped: null,
  entryCredits: null,
  creditDays: null,
  node: { state: 'unknown' },
}

t.test('censor', (t) => {
  const censor = createCensor(['hunter22', 'abc'], [KNOWN])
  t.equal(censor(`key ${SECRET}.`), `key ${CENSORED}.`)
  t.equal(censor(`x=hunter22&y`), `x=${CENSORED}&y`)
  t.equal(censor('abc'), 'abc', 'what is shorter than 4 characters would censor half the text')
  t.equal(censor(KNOWN), KNOWN, 'a key that the world knows stays')
  t.equal(censor('at http://user:pa55@host:8088/v2'), `at http://${CENSORED}@host:8088/v2`)
  t.equal(censor('http://host/a@b'), 'http://host/a@b')
  t.equal(
    censor('FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q'),
    'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q',
  )
  t.end()
})

t.test('logger', (t) => {
  const lines: string[] = []
  const base = {
    write: (line: string) => lines.push(line),
    censor: createCensor([]),
    now: () => 1_700_000_000_000,
  }
  const pretty = createLogger({ ...base, level: () => 'info', format: 'pretty' })
  pretty.warn('price is old', { asset: 'XBT', ageMs: 3, why: 'two words', key: SECRET, big: 5n })
  pretty.info('tried again', { error: new Error('it broke'), left: undefined })
  pretty.debug('not shown')
  pretty.info('forged\nline \u001b[31m')
  createLogger({ ...base, level: () => 'debug', format: 'json' }).error('lost', {
    error: Object.assign(new Error('broken'), { code: 'E_X' }),
    prices: new Map([['XBT', 1n]]),
    url: 'http://a:b@host/',
  })
  createLogger({ ...base, level: () => 'error', format: 'json', time: false }).error('untimed')
  createLogger({ ...base, level: () => 'error', format: 'pretty', color: true, time: false }).error('red')
  t.same(lines, [
    `22:13:20  warn   price is old asset=XBT ageMs=3 why="two words" key=${CENSORED} big=5`,
    '22:13:20  info   tried again error="it broke" left=undefined',
    '22:13:20  info   forged line  [31m',
    `{"time":"2023-11-14T22:13:20.000Z","level":"error","message":"lost","error":{"code":"E_X","message":"broken"},` +
      `"prices":{"XBT":"1"},"url":"http://${CENSORED}@host/"}`,
    '{"level":"error","message":"untimed"}',
    '\u001b[31merror\u001b[39m  red',
  ])
  t.end()
})

t.test('metrics', async (t) => {
  const metrics = createMetrics({
    version: '1.2.3',
    network: 'dev',
    process: false,
    now: () => 1_700_000_010_000,
  })
  const first = await metrics.render()
  t.match(first, /pegnet_build_info\{version="1.2.3",node="[\d.]+",network="dev"\} 1/)
  t.notMatch(first, /^pegnet_(?!build_info)\w+({.*)? 1$/m, 'a program without a miner is no miner')
  t.notMatch(first, /^pegnet_factom_entry_credits /m, 'nothing is said of what was not measured')
  for (const { name, kind } of METRIC_LIST) t.match(first, `# TYPE ${name} ${kind}\n`, name)
  t.notMatch(first, 'process_cpu', 'own registry, without those of the process unless asked for')

  metrics.observe({ ...miner, entryCredits: null, entries: { ...miner.entries, missed: 0 } })
  const begun = await metrics.render()
  t.match(begun, /pegnet_miner_entries_total\{result="missed"\} 0/, 'known labels begin with 0')
  t.match(begun, /pegnet_miner_state\{state="waiting"\} 0/)
  t.notMatch(begun, /^pegnet_factom_entry_credits /m, 'nothing known is not nothing left')
  metrics.observe(miner)
  if (miner.prices) metrics.priceSnapshot(miner.prices, 400)
  const state = { circuit: 'open', skewMs: -500 } as const
  metrics.observePrices({ sources: () => [{ name: 'kraken', state, requests: 44, maxPerMonth: 1000 }] })
  metrics.factomCall({ method: 'ack', milliseconds: 30, result: 'ok' })
  metrics.pricePoll({ source: 'kraken', milliseconds: 300 })
  metrics.pricePoll({ source: 'kraken', milliseconds: 300, code: 'E_PRICES_TIMEOUT' })
  metrics.tree.miner.byteMapBytes.set(2 ** 24)
  await metrics.render()
  const text = await metrics.render()
  for (const line of [
    'pegnet_miner_hashes_total{thread="1"} 2000',
    'pegnet_miner_threads{state="working"} 1',
    'pegnet_miner_threads{state="stalled"} 1',
    'pegnet_miner_state{state="mining"} 1',
    'pegnet_miner_state{state="waiting"} 0',
    'pegnet_miner_entries_total{result="acknowledged"} 24',
    'pegnet_miner_reward_peg_total 2520',
    'pegnet_miner_winners_total 7',
    'pegnet_miner_bytemap_bytes 16777216',
    'pegnet_miner_job_switch_duration_seconds_count 2',
    'pegnet_miner_job_switch_duration_seconds_bucket{le="0.00003"} 1',
    'pegnet_oracle_price_usd{asset="XBT"} 65123.45',
    'pegnet_oracle_price_timestamp_seconds{asset="USD"} 1700000000',
    'pegnet_oracle_sources_used{asset="XBT"} 3',
    'pegnet_oracle_sources_used{asset="USD"} 0',
    'pegnet_oracle_asset_status{asset="XBT",status="ok"} 1',
    'pegnet_oracle_asset_status{asset="ZMW",status="failed"} 1',
    'pegnet_oracle_spread_ratio{asset="XBT"} 0.001',
    'pegnet_oracle_asset_age_seconds{asset="XBT"} 2',
    'pegnet_oracle_deviation_from_winners_ratio{asset="XBT"} 0.02',
    'pegnet_oracle_votes_rejected_total{asset="XBT",reason="outlier"} 1',
    'pegnet_oracle_source_outliers{source="fiat"} 2',
    'pegnet_oracle_source_outliers{source="kraken"} 0',
    'pegnet_oracle_stablecoin_usd{coin="USDT"} 0.9998',
    'pegnet_oracle_snapshots_total{result="incomplete"} 1',
    'pegnet_oracle_snapshot_duration_seconds_count 1',
    'pegnet_oracle_source_circuit_state{source="kraken"} 2',
    'pegnet_oracle_source_clock_skew_seconds{source="kraken"} -0.5',
    'pegnet_oracle_source_calls_month{source="kraken"} 44',
    'pegnet_oracle_source_quota_month{source="kraken"} 1000',
    'pegnet_oracle_prices_missing 1',
    'pegnet_oracle_source_up{source="fiat"} 0',
    'pegnet_oracle_source_timestamp_seconds{source="kraken"} 1700000009',
    'pegnet_oracle_requests_total{source="kraken",result="ok"} 1',
    'pegnet_oracle_requests_total{source="kraken",result="E_PRICES_TIMEOUT"} 1',
    'pegnet_oracle_request_duration_seconds_count{source="kraken"} 2',
    'pegnet_factom_height 12',
    'pegnet_factom_minute 3',
    'pegnet_factom_entry_credits 5000',
    'pegnet_factom_requests_total{method="ack",result="ok"} 1',
    'pegnet_factom_request_duration_seconds_bucket{le="0.05",method="ack"} 1',
  ])
    t.ok(text.split('\n').includes(line), line)

  metrics.observe({ ...miner, prices: null, threads: [] })
  t.match(await metrics.render(), 'pegnet_oracle_price_usd{asset="XBT"} 65123.45', 'the last prices stay')
  const other = await createMetrics({ version: '1', network: 'dev' }).render()
  t.match(other, 'process_cpu_seconds_total')
})

t.test('samples of a sliding list are counted once', (t) => {
  t.same(newSamples([], [1, 2]), [1, 2])
  t.same(newSamples([1, 2], [1, 2]), [])
  t.same(newSamples([1, 2], [1, 2, 3]), [3])
  t.same(newSamples([1, 2, 3], [3, 4, 5]), [4, 5])
  t.same(newSamples([1, 2, 3], [4, 5, 6]), [4, 5, 6])
  t.end()
})

t.test('health', (t) => {
  const failed = (checks: readonly { name: string; ok: boolean }[]) =>
    checks.filter(({ ok }) => !ok).map(({ name }) => name)
  t.same(failed(liveChecks(miner)), ['threads'])
  t.match(liveChecks(miner)[1], { found: 'stalled: 1' })
  t.same(failed(liveChecks({ ...miner, state: 'paused' })), [], 'a paused thread may be silent')
  t.same(failed(liveChecks({ ...NEW_MINER, state: 'stopped' })), ['running'])
  t.same(failed(readyChecks(miner)), ['prices'])
  const skipped = (blocks: number, code = 'E_MINER_PRICES') => ({
    ...{ ...miner, prices: null },
    skipped: { blocks, code, reason: 'EOS has no price' },
  })
  t.same(failed(readyChecks(skipped(1))), ['prices'], 'one block may be begun too late')
  t.same(failed(readyChecks(skipped(2))), ['prices', 'blocks'])
  t.match(readyChecks(skipped(7)).at(-1), { found: '7 skipped in a row: EOS has no price' })
  t.same(failed(readyChecks(skipped(7, 'E_MINER_NO_HITS'))), ['prices'], 'bad luck is no fault')
  t.same(failed(readyChecks(NEW_MINER)), ['node', 'clock', 'prices', 'entry credits'])
  t.same(failed(readyChecks({ ...miner, entryCredits: 0 })), ['prices', 'entry credits'])
  t.end()
})

interface Got {
  status: number
  headers: NodeJS.Dict<string | string[]>
  body: string
}

async function get(url: string, method = 'GET', body = ''): Promise<Got> {
  const sent = request(url, { method, agent: false })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return { status: response.statusCode ?? 0, headers: response.headers, body: text }
}

t.test('server', async (t) => {
  let numbers = NEW_MINER
  const metrics = createMetrics({ version: '1', network: 'dev', process: false })
  let broken = false
  const routes: TelemetryRoutes = {
    metrics: () => (broken ? Promise.reject(new Error('no numbers')) : metrics.render()),
    contentType: metrics.registry.contentType,
    live: () => liveChecks(numbers),
    ready: () => readyChecks(numbers),
  }
  const server = await startTelemetry(0, routes)
  let closed = false
  t.teardown(() => (closed ? undefined : server.close()))

  const scraped = await get(`${server.url}/metrics?x=1`)
  t.equal(scraped.status, 200)
  t.match(scraped.headers['content-type'], /^text\/plain; version=0\.0\.4/)
  t.match(scraped.body, 'pegnet_build_info')
  const head = await get(`${server.url}/metrics`, 'HEAD')
  t.equal(head.body, '')
  t.equal(Number(head.headers['content-length']), Buffer.byteLength(scraped.body))

  const runbook = await get(`${server.url}/runbook?x=1`)
  matchExactly(t, [runbook.status, runbook.headers['content-type']], [200, /^text\/html/])
  t.match(runbook.body, '<h2 id="minerdown">')

  t.equal((await get(`${server.url}/live`)).status, 200)
  const waiting = await get(`${server.url}/ready`)
  t.equal(waiting.status, 503)
  t.match(JSON.parse(waiting.body), {
    ok: false,
    checks: [
      { name: 'node', ok: false, found: 'unknown' },
      { name: 'clock', ok: false, found: 'no block yet' },
    ],
  })
  numbers = { ...miner, prices: { ...miner.prices!, complete: true, missing: new Map() } }
  t.equal((await get(`${server.url}/ready`)).status, 200)
  t.equal((await get(`${server.url}/live`)).status, 503, 'a stalled thread')

  t.equal((await get(`${server.url}/`)).status, 200)
  t.equal((await get(`${server.url}/etc/passwd`)).status, 404)
  const posted = await get(`${server.url}/metrics`, 'POST', 'x'.repeat(100_000))
  t.equal(posted.status, 405)
  t.equal(posted.headers['allow'], 'GET, HEAD')
  broken = true
  t.same((await get(`${server.url}/metrics`)).status, 500)
  broken = false

  const raw = connect(server.port, '127.0.0.1')
  raw.write('nonsense\r\n\r\n')
  const [reply] = (await once(raw, 'data')) as [Buffer]
  t.match(reply.toString(), /^HTTP\/1\.1 400/)
  raw.destroy()

  await t.rejects(startTelemetry(server.port, routes), { code: 'E_TELEMETRY_PORT', message: /in use/ })
  const idle = connect(server.port, '127.0.0.1')
  await once(idle, 'connect')
  await server.close()
  closed = true
  if (!idle.closed) await once(idle, 'close')
  t.pass('close ends idle connections')
})
