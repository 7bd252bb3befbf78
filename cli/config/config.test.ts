import { PassThrough, Readable } from 'node:stream'
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

import {
  configSchema,
  importGoIni,
  parseConfigFile,
  readFlags,
  resolveAll,
  SETTING_KEYS,
} from '../../config/index.js'
import { SECTION_NAMES } from '../program/commands.js'
import { runProgram } from '../program/program.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

const COINBASE = 'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q'
const SECRET = 'Es2XT3jSxi1xqrDvS5JERM3W3jh1awRHuyoahn3hbQLyfEi1jvbq'

function sink() {
  const stream = new PassThrough()
  let text = ''
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return Object.assign(stream, { text: () => text })
}

interface Run {
  readonly env?: Readonly<Record<string, string>>
  /** What a user types on a terminal: a line after each question. */
  readonly answers?: readonly string[]
}

async function run(words: string[], { env = {}, answers }: Run = {}) {
  const [stdout, stderr] = [sink(), sink()]
  const stdin = answers ? Object.assign(new PassThrough(), { isTTY: true }) : Readable.from([])
  if (answers) {
    const rest = [...answers]
    stderr.on('data', (chunk: Buffer) => {
      if (chunk.toString().endsWith(': ')) (stdin as PassThrough).write(`${rest.shift() ?? ''}\n`)
    })
  }
  const interrupted = new AbortController().signal
  const code = await runProgram(['config', ...words], { stdin, stdout, stderr, env, interrupted })
  await new Promise((resolve) => setImmediate(resolve))
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

t.test('init, check, show: the whole way', async (t) => {
  const dir = t.testdir({ 'ec.key': `${SECRET}\n` })
  chmodSync(join(dir, 'ec.key'), 0o600)
  const file = join(dir, 'pegminer.yaml')
  const made = await run(['init', file, '--network', 'MainNet'])
  t.match(made, { code: 0, stdout: /written; pegminer config check --config .* tells what it lacks/ })
  t.equal(statSync(file).mode & 0o777, 0o600, 'nobody else may read it')
  const before = readFileSync(file, 'utf8')
  t.match(await run(['init', file]), { code: 2, stderr: /E_CONFIG_EXISTS/ })
  t.equal(readFileSync(file, 'utf8'), before, 'a file that is there is left as it is')
  t.match(await run(['init', join(dir, 'none', 'x.yaml')]), {
    code: 2,
    stderr: /E_CONFIG_FILE.* cannot be written/,
  })

  const lacking = await run(['check', '--config', file])
  t.equal(lacking.code, 2)
  t.same(
    lacking.stderr.match(/needs \S+/g),
    ['needs --coinbase,', 'needs --identity,', 'needs PEGMINER_MINER_EC_SECRET'],
    'what the network needs and the file leaves open',
  )
  writeFileSync(
    file,
    before
      .replace('identity: # to be filled in', 'identity: me')
      .replace('coinbase: # to be filled in', `coinbase: ${COINBASE}`)
      .replace('ecSecretFile: # to be filled in', 'ecSecretFile: ec.key'),
  )
  t.match(await run(['check', '--config', file]), {
    code: 0,
    stdout: /fine; 4 settings.*; network MainNet\n$/,
  })
  const shown = await run(['show', '--config', file, '--json'], { env: { PEGMINER_MINER_THREADS: '3' } })
  const settings = shown.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { key: string; value: string; origin: string; place: string })
  const of = (key: string) => settings.find((setting) => setting.key === key)
  t.match(of('miner.identity'), { value: 'me', origin: 'file', place: /pegminer.yaml:\d+$/ })
  t.match(of('miner.threads'), { value: '3', origin: 'environment', place: 'PEGMINER_MINER_THREADS' })
  t.match(of('miner.nice'), { value: '0', origin: 'default' })
  t.match(of('miner.ecSecret'), { value: '(secret)', origin: 'file' })
  t.notMatch(shown.stdout + shown.stderr, SECRET.slice(0, 12))
  t.match(await run(['show', '--config', file]), { code: 0, stdout: /miner.identity +\S+:\d+ +me\n/ })
})

t.test('everything that is wrong, in one run', async (t) => {
  const file = join(
    t.testdir({ 'p.yaml': 'network: { name: MainNet }\nminer:\n  nice: 99\n  coinbase: FA\nx: 1\n' }),
    'p.yaml',
  )
  const { code, stderr } = await run(['check', '--config', file], { env: { PEGMINER_BENCH_BITS: '7' } })
  t.equal(code, 2)
  const lines = stderr.trim().split('\n')
  t.equal(lines.length, 6)
  for (const part of [
    /p.yaml:5: "x"/,
    /p.yaml:3: miner.nice/,
    /p.yaml:4: miner.coinbase/,
    /PEGMINER_BENCH_BITS/,
  ])
    t.ok(
      lines.some((line) => part.test(line)),
      String(part),
    )
  t.equal(lines.filter((line) => /coinbase/.test(line)).length, 1, 'what is wrong is not missing too')
  t.match(await run(['check', '--config', `${file}x`]), { code: 2, stderr: /no such file/ })
  t.match(await run(['show', '--config', file]), {
    code: 2,
    stdout: /miner.nice/,
    stderr: /miner.nice must be/,
  })
  t.match(await run(['check', '--network', 'Moon']), {
    code: 2,
    stderr: /^pegminer: .*--network must be one of.*\n$/,
  })
  t.match(await run([]), { code: 2, stderr: /say what to do: check, show, init, import/ })
  t.match(await run(['chek']), { code: 2, stderr: /did you mean check\?/ })
  t.match(await run(['check', 'x']), { code: 2, stderr: /unexpected argument "x"/ })
})

t.test('the example is right with every comment taken away', async (t) => {
  const dir = t.testdir()
  for (const network of ['dev', 'local', 'TestNet', 'MainNet']) {
    const name = join(dir, `${network}.yaml`)
    await run(['init', name, '--network', network])
    const text = readFileSync(name, 'utf8')
    const bare = text.replace(/^ {2}# (\w+:(?: \S+)?)$/gm, '  $1')
    t.not(bare, text)
    for (const [what, yaml] of Object.entries({ text, bare })) {
      const file = parseConfigFile(yaml, { name: what })
      const { problems } = resolveAll(SETTING_KEYS, { flags: readFlags([], []), env: {}, file })
      t.same(problems, [], `${network}, ${what}`)
    }
    t.ok(
      text.split('\n').every((line) => line.length <= 80 || !line.startsWith(' ')),
      'lines that fit a terminal',
    )
  }
})

t.test('init asks on a terminal', async (t) => {
  const file = join(t.testdir(), 'pegminer.yaml')
  const { code, stderr } = await run(['init', file], {
    answers: ['Moon', 'testnet', 'ftp://x', '', 'bad name', 'me', COINBASE, '/run/ec.key', '50%'],
  })
  t.equal(code, 0)
  t.match(stderr, /must be one of dev, local, TestNet, MainNet/)
  t.match(stderr, /must be an address such as/)
  t.match(stderr, /must be letters, digits and commas/)
  t.match(stderr, /\nNetwork to mine on; .*\n.*\n {2}dev\|local\|TestNet\|MainNet \[dev\]: /)
  t.match(stderr, 'there is no such file yet', 'a key that is still to come')
  // What is typed ends the line of a question; nothing is typed here.
  for (const line of stderr.replace(/^ {2}\S+(?: \[\S+\])?: /gm, '').split('\n'))
    t.ok(line.length <= 80, line)
  const text = readFileSync(file, 'utf8')
  for (const line of [
    'name: testnet',
    'identity: me',
    `coinbase: ${COINBASE}`,
    'ecSecretFile: /run/ec.key',
    'threads: 50%',
  ])
    t.ok(text.includes(`  ${line}\n`), line)
  const dev = join(t.testdir(), 'pegminer.yaml')
  t.match(await run(['init', dev], { answers: ['', ''] }), { code: 0 })
  t.match(readFileSync(dev, 'utf8'), /\n {2}name: dev\n/)
  const quiet = join(t.testdir(), 'pegminer.yaml')
  t.match(
    await run(['init', quiet, '--json'], { answers: [] }),
    { code: 0, stderr: '' },
    'a program is not asked',
  )
  t.ok(existsSync(quiet))
})

const INI = `
[Debug]
  Logging=true
[API]
  APIPort=8099
[Miner]
  FactomdLocation="factomd:8088" ; inside docker
  WalletdLocation="localhost:8089"
  WalletdPass="hunter2"
  NumberOfMiners=4
  RecordsPerBlock=5
  SubmissionCutOff=-1
  MiningCoordinatorHost=localhost
  Protocol=PegNet
  Network=TestNet-pM7
  ECAddress=EC3TsJHUs8bzbbVnratBafub6toRYdgzgbR7kWwCW4tqbmyySRmg
  CoinbaseAddress=${COINBASE}
  IdentityChain=prototype
  New=1
[Oracle]
  1ForgeKey=CHANGEME
[Staker]
  CoinbaseAddress=${COINBASE}
[OracleDataSources]
  FixedUSD=0
  Kitco=-1
  CoinGecko=4
[OracleAssetDataSourcesPriority]
  XBT=CoinGecko
`

t.test('import of the ini of the Go miner', async (t) => {
  const { values, notes, oracle } = importGoIni(INI)
  t.same(values, {
    'factom.url': 'factomd:8088',
    'miner.threads': '4',
    'miner.records': '5',
    'miner.cutoff': '0',
    'network.name': 'TestNet',
    'miner.coinbase': COINBASE,
    'factom.ecAddress': 'EC3TsJHUs8bzbbVnratBafub6toRYdgzgbR7kWwCW4tqbmyySRmg',
    'factom.walletd': 'localhost:8089',
  })
  t.same(oracle, {
    Oracle: { '1ForgeKey': 'CHANGEME' },
    OracleDataSources: { FixedUSD: '0', Kitco: '-1', CoinGecko: '4' },
    OracleAssetDataSourcesPriority: { XBT: 'CoinGecko' },
  })
  for (const part of [
    /IdentityChain was never filled in/,
    /WalletdPass: a secret, .*PEGMINER_FACTOM_WALLETD_PASSWORD/,
    /Miner.New: unknown/,
    /APIPort: .*telemetry.port/,
    /CoordinatorHost: .*pegminer farm/,
    /\[Staker\]: pegminer stake .*PEGMINER_STAKE_SECRETS_FILE/,
  ])
    t.ok(
      notes.some((note) => part.test(note)),
      String(part),
    )
  t.notMatch(notes.join(), /hunter2/, 'no password')
  matchExactly(t, importGoIni('[Miner]\nNumberOfMiners=4').notes, [
    /WalletdLocation is not given: .*ecSecretFile/,
  ])
  t.throws(() => importGoIni('hello'), /no section \[Miner\]/)
  matchExactly(t, importGoIni('[__proto__]\na=1\n[Miner]\nNumberOfMiners=0').notes, [
    /miner.threads must be/,
    /WalletdLocation/,
  ])
  t.equal(({} as { a?: unknown }).a, undefined)

  const dir = t.testdir({ 'go.ini': INI, 'bad.ini': 'x', 'big.ini': 'x'.repeat(300_000) })
  const imported = await run(['import', join(dir, 'go.ini')])
  t.equal(imported.code, 0)
  const file = parseConfigFile(imported.stdout, { name: 'x', sections: SECTION_NAMES })
  t.match(file.sectionOf('prices'), {
    sources: { coingecko: { preset: 'coingecko' } },
    assets: { XBT: { routes: Array } },
  })
  writeFileSync(join(dir, 'pegminer.yaml'), imported.stdout)
  t.match(
    (await run(['check', '--config', join(dir, 'pegminer.yaml')])).stderr,
    /^(pegminer: E_CONFIG_MISSING: .*\n)+$/,
    'only what the ini left open is missing',
  )
  const { problems, settings } = resolveAll(SETTING_KEYS, { flags: readFlags([], []), env: {}, file })
  t.same(problems, [])
  matchExactly(t, settings, {
    'miner.threads': { count: 4 },
    'network.name': 'TestNet',
    'factom.url': ['http://factomd:8088'],
  })
  t.match(await run(['import', join(dir, 'go.ini'), '--json']), { code: 0, stdout: /^\{"event":"imported"/ })
  for (const name of ['bad.ini', 'big.ini', 'none'])
    t.match(await run(['import', join(dir, name)]), { code: 2, stderr: /E_CONFIG_IMPORT/ }, name)
  t.match(await run(['import']), { code: 2, stderr: /say which file to import/ })
})

t.test('the schema knows what the file may hold', (t) => {
  const { properties } = configSchema(['prices', 'feed.gateways']) as {
    properties: Record<string, { properties: Record<string, unknown>; additionalProperties: boolean }>
  }
  t.equal(properties['config'], undefined)
  matchExactly(t, properties['miner']?.properties, {
    machineId: { type: 'integer', minimum: 0, maximum: 255, description: String },
    ecSecretFile: { type: 'string' },
    threads: { type: ['string', 'number', 'boolean'] },
  })
  matchExactly(t, properties['bench']?.properties['bits'], {
    anyOf: [{ type: 'integer' }, {}, { type: 'array' }],
  })
  for (const [group, key] of [
    ['factom', 'url'],
    ['miner', 'affinity'],
    ['network', 'activations'],
  ] as const)
    matchExactly(
      t,
      properties[group]?.properties[key],
      { anyOf: [{}, { type: 'array' }] },
      `${key} may be a list`,
    )
  t.equal(properties['prices']?.additionalProperties, true)
  t.equal(properties['miner']?.additionalProperties, false)
  t.ok(properties['feed']?.properties['gateways'])
  t.end()
})
