/** `pegminer peg-watch` on the embedded network, and with what it cannot use. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import t, { type Test } from 'tap'

import { runProgram } from '../program/program.js'

const dir = t.testdir()

async function run(...words: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  let [out, err] = ['', '']
  stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const interrupted = new AbortController().signal
  const env = { PEGMINER_DATA_DIR: dir, PEGMINER_CONFIG: 'off' }
  const code = await runProgram(['peg-watch', ...words], {
    ...{ stdin: Readable.from([]), stdout, stderr, env, interrupted },
  })
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
  t.match(out, / pEUR +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ +-8\.\d\d % +9\d\d +A$/m)
  t.notMatch(out, /^ PEG /m)
  t.match(out, /TRADE +\d\d\.\d\d USD \(\d\.\d\d %\): buy [\d.]+ pEUR at kraken/)
  t.match(out, /LACKS +gate: .*HTTP 503/)
  t.equal(lines.filter((line) => line.length > 80).length, 0, 'within 80 columns')
  const none = await run('--script', file, '--once', '--trouble', 'all:503')
  t.equal(none.code, 3, 'no exchange has answered')
  t.match(none.out, /LACKS +kraken: .*HTTP 503[^]*LACKS +gate: /)
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
