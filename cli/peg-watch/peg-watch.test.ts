/** `pegminer peg-watch` on the embedded network, and with what it cannot use. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PassThrough, Readable } from 'node:stream'
import axios from 'axios'
import t, { type Test } from 'tap'

import type { Io } from '../program/context.js'
import { runProgram } from '../program/program.js'

const dir = t.testdir()
/** As text. */
const PLAIN = { proxy: false, transformResponse: (text: unknown) => text } as const

const started = (
  words: readonly string[],
  io: Pick<Io, 'stdout' | 'stderr' | 'interrupted'>,
): Promise<number> =>
  runProgram(['peg-watch', ...words], {
    ...{ ...io, stdin: Readable.from([]) },
    env: { PEGMINER_DATA_DIR: dir, PEGMINER_CONFIG: 'off' },
  })

async function run(...words: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  let [out, err] = ['', '']
  stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const code = await started(words, { stdout, stderr, interrupted: new AbortController().signal })
  return { code, out, err: err.trim(), lines: err.trim().split('\n').length }
}

interface Told {
  readonly event: string
  readonly token?: string
  readonly scenario?: string | null
  readonly premium?: number
  readonly buy?: { readonly token: string }
  readonly sell?: { readonly token: string }
  readonly gain?: string
  readonly [key: string]: unknown
}

const eventsOf = (out: string): Told[] =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Told)

/**
 * Worked out in desk/peg-watch/peg-watch.test.ts, where prices stand still; here they move a little between block, books and
 * our own prices. At height 250000 no averages count.
 */
const CASES = {
  A: { cases: '-A---', trade: 'pEUR pUSD', gain: 19.85 },
  B: { cases: '-B---', trade: 'pEUR pUSD', gain: 34.88 },
  C: { cases: 'CCCCC', trade: 'pXBT pUSD', gain: 6.89 },
  D: { cases: 'DDDDD', trade: 'pXBT pUSD', gain: 430.32 },
  E: { cases: 'EEEEE', trade: 'PEG pXBT', gain: 1545.88 },
} as const

t.test('each case of the white paper', async (t) => {
  for (const [name, { cases, trade, gain }] of Object.entries(CASES)) {
    const words = ['--scenario', name, '--height', '250000', '--once', '--json']
    const { code, out, err } = await run(...words)
    t.match({ code, err }, { code: 0, err: '' }, name)
    const events = eventsOf(out)
    const scenarios = ['pUSD', 'pEUR', 'pJPY', 'pXAU', 'pXBT'].map(
      (token) => events.find((event) => event.token === token)?.scenario ?? '-',
    )
    t.equal(scenarios.join(''), cases, name)
    const found = events.find(
      ({ event, buy, sell }) => event === 'peg-watch.trade' && `${buy?.token} ${sell?.token}` === trade,
    )
    // Prices differ by some hundredths of a percent, of which the gain is a few percent.
    t.ok(Math.abs(Number(found?.gain) / gain - 1) < 0.1, `${name}: ${found?.gain} for ${gain}`)
    t.match(found, { closed: null, risk: { stretches: Number } })
  }
})

t.test('a script, a dead exchange, and what people see', async (t) => {
  const file = join(dir, 'script.yaml')
  writeFileSync(
    file,
    'tokens:\n  pUSD: { depth: 2000 }\n  pEUR: { premium: -8, depth: 1000 }\n  PEG: { at: gate }\n',
  )
  const { code, out } = await run('--script', file, '--once', '--trouble', 'gate:503')
  t.equal(code, 0)
  const lines = out.split('\n')
  t.match(lines[0], / token +oracle +next +bid +ask +premium +USD case/)
  t.match(out, / pEUR +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ +-(?:8\.0|7\.9)\d % +9\d\d +A$/m)
  t.notMatch(out, /^ PEG /m)
  t.match(out, /TRADE +\d\d\.\d\d USD \(\d\.\d\d %\): buy [\d.]+ pEUR at kraken/)
  t.match(out, /LACKS +gate: .*HTTP 503/)
  t.equal(lines.filter((line) => line.length > 80).length, 0, 'within 80 columns')
  const none = await run('--script', file, '--once', '--trouble', 'all:503')
  t.equal(none.code, 3, 'no exchange has answered')
  t.match(
    none.out,
    /^ MARKETS +no exchange has given an order book\n LACKS +kraken: .*HTTP 503.*\n LACKS +gate: .*\n$/,
  )
})

t.test('what it serves while it runs, and the paper account it keeps', async (t) => {
  const end = new AbortController()
  const stdout = new PassThrough()
  const file = join(dir, 'paper.json')
  const words = ['--scenario', 'A', '--height', '250000', '--paper', file, '--metrics-port', '0', '--json']
  const code = started(words, { stdout, stderr: new PassThrough(), interrupted: end.signal })
  let url = ''
  for await (const line of createInterface({ input: stdout })) {
    const event = JSON.parse(line) as Told
    if (event.event === 'peg-watch.serving') url = String(event['url'])
    if (event.event === 'peg-watch') break
  }
  const get = async (path: string): Promise<string> =>
    String((await axios.get<unknown>(`${url}${path}`, PLAIN)).data)
  t.match(await get('/peg-watch'), /<title>Pegs and markets/)
  t.match(JSON.parse(await get('/ready')), { ok: true, checks: [{ name: 'looks' }, { name: 'exchanges' }] })
  t.match(await get('/metrics'), /^pegnet_peg_watch_premium\{token="pEUR"\} -0\.0[45]/m)
  const shown = JSON.parse(await get('/api/v1/peg-watch')) as {
    readonly tokens: Told[]
    readonly paper: object
  }
  t.match(
    shown.tokens.find(({ token }) => token === 'pEUR'),
    { scenario: 'A', rate: /^1\.\d+$/ },
  )
  t.match(shown.paper, { capital: '10000', open: 1, count: 0 })
  t.match(JSON.parse(readFileSync(file, 'utf8')), { subject: 'dev A', open: [{ buy: { token: 'pEUR' } }] })
  t.match(await run('--scenario', 'B', '--paper', file, '--once'), {
    code: 2,
    lines: 1,
    err: /E_PEG_WATCH_PAPER: process \d+ keeps/,
  })
  end.abort()
  t.equal(await code, 130)
})
const refused = async (t: Test, words: readonly string[], wanted: RegExp) => {
  const { code, err, lines } = await run(...words)
  t.match({ code, err, lines }, { code: 2, err: wanted, lines: 1 }, words.join(' '))
}

t.test('what cannot be watched', async (t) => {
  const file = (text: string): string => {
    const name = join(dir, 'wrong.yaml')
    writeFileSync(name, text)
    return name
  }
  await refused(t, ['--scenario', 'F'], /--scenario must be one of calm, A, B, C, D, E, not "F"/)
  await refused(t, ['--scenario', 'A', '--script', 'x'], /--scenario or --script, not both/)
  await refused(t, ['--scenario', 'A', '--network', 'MainNet'], /E_CONFIG_NETWORK: .*are for the network dev/)
  await refused(t, ['--height', '250000'], /--height needs --scenario or --script/)
  await refused(t, ['--script', join(dir, 'none.yaml')], /there is no such file/)
  await refused(t, ['--script', file('tokens: [')], /E_CONFIG_FILE: .*wrong.yaml:1: /)
  await refused(t, ['--script', file('tokens:\n  pEU: {}\n')], /wrong.yaml:2: tokens.pEU: there is no such/)
  const { err, lines } = await run('--once')
  t.match({ err, lines }, { err: /E_LEDGER_NONE: there is no ledger in /, lines: 1 }, 'no history')
  mkdirSync(join(dir, 'config'))
  const config = join(dir, 'config', 'pegminer.yaml')
  writeFileSync(config, 'pegWatch:\n  markets:\n    pUSD: gate\n')
  await refused(
    t,
    ['--scenario', 'A', '--config', config],
    /pegminer.yaml:3: pegWatch.markets.pUSD: must be a/,
  )
})
