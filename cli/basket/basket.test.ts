/** `pegminer basket` and `simulate` with what they cannot use: each says so in one line. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import t, { type Test } from 'tap'

import { openResources } from '../program/resources.js'
import { runProgram } from '../program/program.js'
import { writeAttackPlot } from '../simulate/plot.js'
import { studyOf } from '../simulate/simulate.js'
import { costText, scenarioText, tableHead, tableLine } from '../simulate/view.js'
import { PRESETS, type AttackResult, type Basket, type KeepEvent, type Simulation } from '../../desk/index.js'
import type { BasketContext } from './context.js'
import { createMeasures } from './measure.js'
import { summaryFacts } from './view.js'

const dir = t.testdir()
const COIN = 100_000_000n

async function get(url: string) {
  const reply = await fetch(url)
  return { status: reply.status, body: await reply.text() }
}

async function run(...words: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  let err = ''
  stdout.resume()
  stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const interrupted = new AbortController().signal
  const env = { PEGMINER_DATA_DIR: dir, PEGMINER_CONFIG: 'off' }
  const code = await runProgram(words, { stdin: Readable.from([]), stdout, stderr, env, interrupted })
  return { code, err: err.trim(), lines: err.trim().split('\n').length }
}

const refused = async (t: Test, words: readonly string[], wanted: RegExp) => {
  const { code, err, lines } = await run(...words)
  t.match({ code, err, lines }, { code: 2, err: wanted, lines: 1 }, words.join(' '))
}

t.test('a basket that cannot be', async (t) => {
  const file = (text: string): string => {
    const name = join(dir, 'basket.yaml')
    writeFileSync(name, text)
    return name
  }
  await refused(t, ['basket'], /E_CONFIG_ARGUMENT: say what to do/)
  await refused(t, ['basket', 'paln'], /E_CONFIG_ARGUMENT: unknown word "paln"/)
  await refused(t, ['basket', 'plan', join(dir, 'none.yaml')], /there is no such file/)
  await refused(t, ['basket', 'plan', file('holdings: [')], /E_CONFIG_FILE: .*basket.yaml:1: /)
  await refused(
    t,
    ['basket', 'plan', file('band: 5\nholdings:\n  pUSD: 1\n  pEU: 1\n')],
    /E_CONFIG_SECTION: .*basket.yaml:4: holdings.pEU: there is no such token/,
  )
  await refused(
    t,
    ['basket', 'run', file('holdings: { pUSD: 1 }\nschedule: 99 * * * *\n')],
    /basket.yaml:2: schedule: is no cron/,
  )
  const good = file('holdings: { pUSD: 1, pEUR: 1 }\nband: 5\n')
  await refused(t, ['basket', 'simulate', good, '--csv', '--json'], /--csv or --json/)
  for (const word of ['plan', 'run', 'simulate']) {
    const { err, lines } = await run('basket', word, good)
    t.match(
      { err, lines },
      { err: /E_LEDGER_NONE: there is no ledger in /, lines: 1 },
      `${word} without a ledger`,
    )
  }
  const { err, lines } = await run('basket', 'plan', good, '--pegnetd', 'http://127.0.0.1:9')
  t.match({ err, lines }, { err: /E_WALLET_(ADDRESS|LEDGER|FILE|NONE)/, lines: 1 }, 'nobody answers there')
})

t.test('what is measured of a basket', async (t) => {
  const resources = openResources()
  t.teardown(() => resources.close())
  const basket = { band: 0.05, run: { send: true, mostADay: 1000n * COIN } } as Basket
  const measures = createMeasures('dev', basket, { spentToday: () => 250n * COIN })
  const text = await measures.serve(
    {
      settings: { 'telemetry.port': 0, 'telemetry.host': '127.0.0.1', 'telemetry.hosts': [] },
      ...{ origins: { 'telemetry.port': 'flag' }, output: { json: false }, log: {} },
    } as unknown as BasketContext,
    resources,
  )
  const [url = ''] = /http:\/\/[^/]+/.exec(text) ?? []
  const ready = async () => {
    const { status, body } = await get(`${url}/ready`)
    return { status, checks: body }
  }
  t.match(await ready(), { status: 503, checks: /none yet/ })
  measures.hear({ kind: 'waiting', reason: 'the ledger lacks 2 blocks' })
  t.match(await ready(), { status: 503, checks: /the ledger lacks 2 blocks/ })
  const line = (ticker: string, held: bigint, wanted: bigint, owed: bigint) => ({
    ...{ ticker, held: held * COIN, rate: COIN, worth: held * COIN * COIN },
    ...{ wanted: wanted * COIN * COIN, owed: owed * COIN * COIN },
  })
  const look = (owed: bigint) => {
    const lines = [line('pUSD', 60n, 50n, 0n), line('pEUR', 40n, 50n, owed)]
    measures.hear({ kind: 'looked', height: 7, decision: { lines, drift: 0.1, moves: [], held: [] } })
  }
  look(45n)
  t.match(await ready(), { status: 503, checks: /5\.00 USD missing/ })
  look(40n)
  t.match(await ready(), { status: 200 })
  const move = { ticker: 'pUSD', target: 'pEUR', amount: 1n, result: 1n, cost: 0 }
  const earlier = (fate: object) =>
    measures.hear({ kind: 'earlier', earlier: { fate } } as unknown as KeepEvent)
  measures.hear({ kind: 'sent', move, hash: '', state: 'acknowledged' })
  measures.hear({ kind: 'sent', move, hash: '', state: 'missed' })
  measures.hear({ kind: 'limited', move, left: 0n })
  for (const kind of ['open', 'waiting', 'passed', 'executed', 'refused']) earlier({ kind })
  const { body } = await get(`${url}/metrics`)
  const found = Object.fromEntries(
    [...body.matchAll(/^pegnet_basket_(\S+) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]),
  )
  const { look_timestamp_seconds: at, ...rest } = found
  t.ok(Math.abs((at ?? 0) - Date.now() / 1000) < 60)
  t.same(rest, {
    ...{ height: 7, drift: 0.1, band: 0.05, missing_usd: 0, spent_usd: 250, limit_usd: 1000 },
    ...{ 'held_usd{token="pUSD"}': 60, 'held_usd{token="pEUR"}': 40 },
    ...{ 'wanted_usd{token="pUSD"}': 50, 'wanted_usd{token="pEUR"}': 50 },
    ...{ 'conversions_total{fate="sent"}': 1, 'conversions_total{fate="missed"}': 1 },
    ...{ 'conversions_total{fate="limited"}': 1, 'conversions_total{fate="executed"}': 1 },
    'conversions_total{fate="refused"}': 1,
  })
})

t.test('conversions that the bank cut short are counted', (t) => {
  const step = { worth: COIN, holding: COIN, executed: [{ refund: 1n }, { refund: 0n }, { refund: 2n }] }
  const summary = { first: step, last: step, lost: 0n }
  t.match(summaryFacts({ steps: [step], summary } as unknown as Simulation), { banked: 2 })
  t.end()
})

t.test('an attack that cannot be', async (t) => {
  await refused(t, ['simulate'], /say what to simulate/)
  await refused(t, ['simulate', 'attack', 'majorty'], /there is no preset "majorty"; there are majority/)
  await refused(t, ['simulate', 'attack', '--share', '100'], /--share/)
  await refused(
    t,
    ['simulate', 'attack', '--asset', 'NGN', '--height', '222270'],
    /version 3 have no price of NGN/,
  )
  await refused(t, ['simulate', 'attack', '--vary', 'share'], /--vary needs --values/)
  await refused(t, ['simulate', 'attack', '--values', '1,2'], /--values needs --vary/)
  await refused(
    t,
    ['simulate', 'attack', '--vary', 'records', '--values', '1.5'],
    /records is 1.5: it must be a whole number from 1 to 50/,
  )
  await refused(t, ['simulate', 'attack', '--lying-stakers', '3'], /3 staking records lie, but there are 0/)
  await refused(t, ['simulate', 'attack', 'majority', '--csv', '--json'], /--csv or --json/)
  t.end()
})

t.test('what is said about an attack', (t) => {
  const settings = { 'simulate.share': 40, 'simulate.asset': 'Peg', 'simulate.lie': 2 } as never
  const study = studyOf({ settings, positionals: ['attack'] })
  t.match(study, { axis: null, scenario: { liars: { share: 0.4, by: 0.02, asset: 'PEG' } } })
  t.equal(
    scenarioText(study.scenario, null),
    'the rules of height 300000; 40 honest miners; liars with 40 % of the hashes; 2 % off at PEG; up to 50 records of theirs; no staking records; moved: by 1 % or more',
  )
  const even = (value: number) => ({ value, low: value - 0.01, high: value + 0.01 })
  const result: AttackResult = {
    ...{ scenario: study.scenario, blocks: 100, hashes: 2.4e9, places: even(6), shift: even(0.01) },
    ...{ first: even(0.25), moved: even(0.25), stopped: even(0), closed: even(0), reward: even(0.24) },
  }
  const line = tableLine(40, result)
  t.match(line, /^ +40 +25\.0 % +25\.0 % 24\.0–26\.0 +0\.0 % +0\.0 % +6\.00 +24\.0 % +1\.00 %$/)
  t.equal(line.length, tableHead('share').length, 'columns stand below their names')
  t.ok(line.length <= 80)
  const [cost] = costText({ axis: 'share', values: [40] }, [result], 100_000)
  // 2.4e9 hashes in 480 s by machines of 100 kH/s.
  t.equal(
    cost,
    'share 40 %: 2.40e9 hashes a block, as 50 such machines make, 9.60e9 hashes for each block with a moved price',
  )
  t.match(costText({ axis: 'share', values: [40] }, [result], null)[1], /give --hashrate/)
  const file = join(dir, 'attack.svg')
  for (const { claim } of Object.values(PRESETS)) {
    writeAttackPlot(file, { ...study, claim, axis: 'share', values: [40] }, [result])
    const [, size, title] = /<text[^>]*font-size="(\d+)"[^>]*>([^<]+)</.exec(readFileSync(file, 'utf8')) ?? []
    t.equal(title, claim)
    t.ok(29 + claim.length * Number(size) * 0.62 < 760, `${size}: ${claim}`)
  }
  t.end()
})
