/** Every command line of the documents is run as it stands: small, on the embedded network, in this process. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import t from 'tap'

import { COMMANDS } from '../cli/program/commands.js'
import type { runProgram } from '../cli/program/program.js'
import { readFlags } from '../config/index.js'
import { hasNatsServer } from '../miner/farm/index.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const DOCS = ['README.md', ...pages('docs'), ...pages('docs/settings')]

/** Where a run could not end by itself, or nothing more would be learnt: what it has printed by then. */
const UNTIL = {
  block: /^\d\d:\d\d:\d\d {2}block /m,
  mine: /^ STATUS /m,
  dev: /factomd|http/,
  feed: /^\d\d:\d\d:\d\d {2}\S+ {2}header /m,
  stress: /Ctrl-C ends it/,
} as const

interface Run {
  /** Printed before the run is interrupted. */
  readonly until?: RegExp
  /** Exit code. Default 0, or 130 with `until`. */
  readonly code?: number
}

/** Without a nats-server it says so. */
const FARM: Run = hasNatsServer() ? { until: UNTIL.mine } : { code: 2 }

/** What is run, in this order, and how it ends. */
const RUNS: Readonly<Record<string, Run>> = {
  'pegminer mine --network dev --block-seconds 20 --rivals 30 --blocks 3': { until: UNTIL.block },
  'pegminer mine --network dev --block-seconds 20 --rivals 30': { until: UNTIL.mine },
  'pegminer mine --network dev --trouble random': { until: UNTIL.mine },
  'pegminer farm coordinator --network dev': FARM,
  'pegminer mine': { until: UNTIL.mine },
  'pegminer mine --network dev --rivals 30 --stake FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q': {
    until: UNTIL.mine,
  },
  'pegminer history --own': {},
  'pegminer mine --watchdog-test': {},
  'head -c 24 /dev/urandom | base64 > token': {},
  'chmod 600 token': {},
  'PEGMINER_TELEMETRY_TOKEN_FILE=token pegminer mine': { until: UNTIL.mine },
  'pegminer dev --port 8088': { until: UNTIL.dev },
  'pegminer feed --network dev': { until: UNTIL.feed },
  'pegminer grade --trust-claims 206422.json': {},
  'echo 666f6f | pegminer hash --bits 20': {},
  'pegminer pegs simulate --path 0:0.9,2d:0.9,4d:0.5 --days 10 --accounts 200 --out peg-crash': {},
  'pegminer pegs simulate --path walk:8 --thresholds 85,60,50': {},
  'pegminer pegs price-stub --prices BTC_USD=oracle/BTC_GBP=oracle/BTC_EUR=oracle/ETH_BTC=oracle/KMD_BTC=0.00008':
    {
      until: /--dport 443/,
    },
  'pegminer pegs price-stub --prices BTC_USD=11250/BTC_GBP=9000/BTC_EUR=10000/KMD_BTC=0:0.00008,1h:0.00006/ETH_BTC=0.02':
    {
      until: /--dport 443/,
    },
  'pegminer bench': {},
  'pegminer bench --bits 20,24,26,28,30 --threads 1,2 --out results': {},
  'pegminer bench --bits 30 --compare results/bench.json': {},
  'pegminer bench --stress': { until: UNTIL.stress },
  'pegminer config init --network MainNet': {},
  'pegminer config check': {},
  'pegminer config import ~/.pegnet/defaultconfig.ini > pegminer.yaml': {},
  'pegminer config show': {},
  'PEGMINER_MINER_THREADS=50% pegminer config show --config /etc/pegminer/pegminer.yaml': {},
  'pegminer bytemap build': {},
  'pegminer bytemap build --force': {},
  'pegminer bytemap verify': {},
  'pegminer prices explain XBT': {},
  'pegminer prices doctor': {},
  'pegminer prices sources': {},
  'pegminer prices --trouble kraken:liar': {},
  'pegminer peg-watch --network dev --scenario C --once': {},
  'pegminer peg-watch --network dev --scenario A --paper paper.json --once': {},
  'pegminer peg-watch --network dev --scenario D --height 250000 --once': {},
}

/** Lines that are no whole commands. */
const LEFT_OPEN = /…|\b(TXID|FILE|FROM TO|ASSET|COMMAND)\b|--(compare|out)$/

/** What cannot be run here; our own commands among them are read with their flags. */
const NOT_RUN: readonly (readonly [line: RegExp, why: string])[] = [
  [/--network MainNet/, 'needs a factomd, or the internet'],
  [/es\.key/, 'needs a key of the reader'],
  [/^npm ci( --omit=dev)? && npm (start|test)$/, 'installs everything; continuous integration does it'],
  [/^docker /, 'needs a docker engine'],
  [/^ssh |^curl /, 'needs another machine, or a port that may be taken'],
  [/^komodo-cli /, 'needs a komodod; not ours'],
  [/^pegminer pegs .* --network dev$/, 'cli/pegs/running.test.ts runs each, in their order'],
  [
    /^pegminer pegs (launch-args|create|create --dry-run|resume|watch|accounts|price|worst|fund|redeem)$/,
    'needs a komodod with pegs; cli/pegs/daemons.test.ts runs each on embedded ones',
  ],
  [/^pegminer bench --tune$/, 'measures for minutes; cli/bench.test.ts begins it'],
  [
    /^pegminer (explorer( plot)?|ledger (serve|sync|status|richlist)|wallet history|mine --network dev)$/,
    'runs until it is ended, or lacks what test/ledger.test.ts and test/wallet.test.ts give it',
  ],
  [/^pegminer farm (status|accounts)$/, 'needs a coordinator that runs; test/farm.test.ts asks one'],
  [
    /^pegminer basket /,
    'needs a ledger with balances; test/basket.test.ts and cli/basket/basket.test.ts run it',
  ],
  [
    /^pegminer simulate attack majority --blocks 500$/,
    'plays for a minute; cli/basket/basket.test.ts plays a few blocks',
  ],
  [
    /^pegminer peg-watch --once$/,
    'needs a ledger with prices; cli/peg-watch/peg-watch.test.ts runs it on made-up ones',
  ],
  [/^numactl /, 'needs a machine with several memory nodes'],
  [LEFT_OPEN, 'stands for what the reader has to put in'],
  [
    /^pegminer feed (check|status|register|approve|--dry-run --once|--once)/,
    'needs a gateway; test/feed.test.ts runs it',
  ],
  [/^pegminer fund --credits 1000$/, 'needs a private factomd; cli/cli.test.ts runs it on the embedded one'],
  [
    /^pegminer bench --bits (16,20,24 --threads 1,2|20,.* --out (docs\/benchmarks|results))$/,
    'as those that are run, in the real size',
  ],
]

const SMALL = {
  PEGMINER_NETWORK_NAME: 'dev',
  PEGMINER_TELEMETRY_PORT: 'off',
  PEGMINER_MINER_THREADS: '1',
  PEGMINER_LXRHASH_BITS: '10',
  PEGMINER_BENCH_BITS: '10',
  PEGMINER_BENCH_THREADS: '1',
  PEGMINER_BENCH_SECONDS: '1',
  PEGMINER_BENCH_REPEAT: '1',
  PEGMINER_PEGS_HTTP_PORT: '0',
  PEGMINER_PEGS_HTTPS_PORT: '0',
}

const GO_INI = `[Miner]
  Network=MainNet
  NumberOfMiners=2
  RecordsPerBlock=10
  FactomdLocation="localhost:8088"
  IdentityChain=prototype
`

function pages(folder: string): string[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`)
}

/** Lines of fenced blocks without remarks, and commands in running text that say more than a name. */
function linesOf(text: string): string[] {
  const fenced: string[] = []
  const rest = text.replaceAll(/^```(\w*)\n([\s\S]*?)^```$/gm, (_, language: string, body: string) => {
    const lines = body.replaceAll(/\\\n\s*/g, '').split('\n')
    if (language === 'sh') fenced.push(...lines)
    else if (language === '')
      fenced.push(...lines.filter((line) => /^(\$ )?(pegminer|komodo-cli) /.test(line)))
    return ''
  })
  const names = COMMANDS.map(({ name }) => name).join('|')
  const command = new RegExp(`^(\\w+=\\S+ |numactl \\S+ )*pegminer (${names}) `)
  const inline = [...rest.matchAll(/`([^`\n]+)`/g)]
    .map(([, code = '']) => code)
    .filter((code) => command.test(code))
  return [...fenced, ...inline]
    .map((line) =>
      line
        .replaceAll('\n', ' ')
        .replace(/^\$ /, '')
        .replace(/(^|\s)# .*$/, '')
        .trim(),
    )
    .filter((line) => line !== '' && !line.includes('\\|'))
}

const LINES = [...new Set(DOCS.flatMap((doc) => linesOf(readFileSync(join(ROOT, doc), 'utf8'))))]

t.test('each line is run, or there is a reason why not', (t) => {
  t.ok(LINES.length > 30)
  for (const line of LINES) t.ok(Object.hasOwn(RUNS, line) || NOT_RUN.some(([form]) => form.test(line)), line)
  t.same(
    Object.keys(RUNS).filter((line) => !LINES.includes(line)),
    [],
    'nothing is run that no document says',
  )
  for (const line of LINES) {
    const [, words = ''] = /(?:^|[|=\S] )pegminer ([^|>]*)/.exec(line) ?? []
    const [name, ...rest] = words.trim().split(/\s+/)
    const command = COMMANDS.find((spec) => spec.name === name)
    if (command === undefined || Object.hasOwn(RUNS, line) || LEFT_OPEN.test(line)) continue
    const { problems, positionals } = readFlags(rest, command.flagKeys ?? command.keys)
    t.same(problems, [], line)
    t.ok(positionals.length <= (command.arguments?.most ?? 0), `arguments of ${line}`)
  }
  t.end()
})

t.test('the lines', async (t) => {
  const place = t.testdir({
    home: { '.pegnet': { 'defaultconfig.ini': GO_INI } },
    etc: { 'pegminer.yaml': '{}' },
  })
  const block = join(ROOT, 'oracle/grading/fixtures/206422.json.gz')
  writeFileSync(join(place, '206422.json'), gunzipSync(readFileSync(block)))
  mkdirSync(join(place, 'maps'))
  const program = (await import(join(ROOT, 'dist/cli/program/program.js'))) as {
    runProgram: typeof runProgram
  }
  const before = { folder: process.cwd(), home: process.env['HOME'] }
  process.chdir(place)
  process.env['HOME'] = join(place, 'home')
  t.teardown(() => {
    process.chdir(before.folder)
    process.env['HOME'] = before.home
  })
  for (const [line, { until, code = until ? 130 : 0 }] of Object.entries(RUNS)) {
    const ran = await execute(small(line, place), { place, until, program })
    t.equal(ran.code, code, `${line}: ${ran.err.slice(-300)}${ran.code === code ? '' : ran.out.slice(-300)}`)
  }
})

/** Sizes and places that fit a test. */
function small(line: string, place: string): string {
  return line
    .replace(/bench --bits [\d,]+( --threads 1,2)?/, 'bench --bits 10')
    .replace('--port 8088', '--port 0 --wallet-port off')
    .replace('/etc/pegminer', join(place, 'etc'))
    .replace('~', join(place, 'home'))
}

interface ExampleRun {
  readonly place: string
  readonly until: RegExp | undefined
  readonly program: { runProgram: typeof runProgram }
}

/** A line of a shell as far as the documents use one: variables before, one pipe into us, one file behind. */
async function execute(line: string, { place, until, program }: ExampleRun) {
  const [, feeding, variables = '', words, file] =
    /^(?:(.*) \| )?((?:\w+=\S+ )*)pegminer ([^>]*?)(?: > (\S+))?$/.exec(line) ?? []
  if (words === undefined) {
    execFileSync('bash', ['-c', line], { cwd: place })
    return { code: 0, out: '', err: '' }
  }
  const input = feeding === undefined ? '' : execFileSync('bash', ['-c', feeding], { encoding: 'utf8' })
  const given = Object.fromEntries(
    variables
      .trim()
      .split(' ')
      .filter(Boolean)
      .map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
  )
  const interrupt = new AbortController()
  let [out, err] = ['', '']
  const stdout = new PassThrough()
  stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
    if (until?.test(out)) interrupt.abort()
  })
  const stderr = new PassThrough()
  stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const code = await program.runProgram(words.trim().split(/\s+/), {
    stdin: Readable.from([input]),
    stdout,
    stderr,
    env: { ...SMALL, PEGMINER_LXRHASH_DIR: join(place, 'maps'), ...given },
    interrupted: interrupt.signal,
  })
  if (file !== undefined) writeFileSync(join(place, file), out)
  return { code, out, err }
}
