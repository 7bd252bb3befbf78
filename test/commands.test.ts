/** The commands `hash` and `bytemap`, usage errors, broken pipes: as a user meets them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

import { runHere } from './fixtures/in-process.js'
import { MAIN, run, start, type Event } from './fixtures/program.js'

const dir = t.testdir()
const HASHES = {
  // LXRHash with a ByteMap of 2^12 bytes, from the Go reference (see lxrhash/fixtures).
  empty: '43cf047108b0da3eec281d5b5d0766c4d2aff0e50b1bb813bb02f1634d0c2501',
  '00ff': '4b073c39fc9478c9e555cffa3fcf9ae28b444a8f160a69d4175bdc85bb44b68e',
}
const hash = (...words: string[]): string[] => ['hash', '--bits', '12', '--dir', dir, ...words]

t.test('hash: arguments and lines', async (t) => {
  const fromArguments = await runHere(hash('00ff', '', '00FF'))
  t.equal(fromArguments.code, 0)
  t.equal(fromArguments.stdout, `${HASHES['00ff']}\n${HASHES.empty}\n${HASHES['00ff']}\n`)

  const fromLines = await run(hash(), '00ff\r\n\n  00FF ')
  t.same(fromLines, { code: 0, stdout: fromArguments.stdout, stderr: '' }, 'an empty line is the empty input')
  t.equal((await runHere(hash(), '')).stdout, '', 'no input, no hash')

  const json = await runHere(hash('--json', '00ff'))
  const events = json.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event)
  t.match(events.at(-1), { event: 'hash', input: '00ff', hash: HASHES['00ff'], time: /^\d{4}-.*Z$/ })
  t.equal((await runHere(hash('--hash-bits', '12', '00'))).stdout.trim().length, 4, '12 bits are 2 bytes')
})

t.test('hash: a long input comes out whole', async (t) => {
  const count = 5000
  const lines = Array.from({ length: count }, (_, k) => k.toString(16).padStart(8, '0'))
  const { code, stdout } = await runHere(hash(), lines.join('\n'))
  const hashes = stdout.trim().split('\n')
  t.equal(code, 0)
  t.equal(hashes.length, count)
  t.equal(new Set(hashes).size, count)
})

t.test('hash: what is not hex', async (t) => {
  const cases: [words: string[], input: string, message: RegExp][] = [
    [[], '00\n\nxyz\n01\n', /^pegminer: E_CLI_HEX: line 3 is not hex: "xyz" \(2 lines before it done\)\n$/],
    [[], 'abc', /^pegminer: E_CLI_HEX: line 1 has an odd number of hex digits \(3\): "abc"\n$/],
    [[], '0x00', /^pegminer: E_CLI_HEX: line 1 is not hex/],
    [['00', 'é0'], '', /^pegminer: E_CLI_HEX: argument 2 is not hex/],
    [
      ['--bits', '7', '00'],
      '',
      /^pegminer: E_CONFIG_VALUE: --bits must be a whole number from 8 to 31, not "7"\n$/,
    ],
    [['--bits', '40', '00'], '', /^pegminer: E_CONFIG_VALUE: --bits .* not "40"\n$/],
    [['--passes', '0', '00'], '', /^pegminer: E_CONFIG_VALUE: --passes /],
    [
      ['--seed', 'xyz', '00'],
      '',
      /^pegminer: E_CONFIG_VALUE: --seed must be up to 16 hex digits, not "xyz"\n$/,
    ],
    [['--bit', '8'], '', /^pegminer: E_CONFIG_FLAG: unknown flag "--bit"; did you mean --bits\?\n$/],
  ]
  for (const [words, input, message] of cases) {
    const { code, stderr, stdout } = await runHere(hash(...words), input)
    t.equal(code, 2, `${words.join(' ')} ${JSON.stringify(input)}`)
    t.match(stderr, message)
    t.notMatch(stderr, /\n.*at /, 'no stack')
    t.equal(stdout.split('\n').length - 1, input.startsWith('00\n') ? 2 : 0, 'what came before is printed')
  }
  const json = await runHere(hash('--json'), 'zz')
  t.match(JSON.parse(json.stdout.trim().split('\n').at(-1) ?? ''), { event: 'error', code: 'E_CLI_HEX' })
})

t.test('bytemap: build, info, verify', async (t) => {
  const maps = t.testdir()
  const bytemap = (...words: string[]) => runHere(['bytemap', ...words, '--dir', maps])
  const sha256 = 'e1369a997f98c3d4dbcf85e0c52b759f7daa57654190665ca62baf05037ea957'
  const missing = await bytemap('info', '--bits', '20', '--json')
  t.match(JSON.parse(missing.stdout), { event: 'bytemap', phase: 'missing', bits: 20, sha256 })
  t.match(await bytemap('verify', '--bits', '20'), {
    code: 1,
    stderr: /^pegminer: E_LXR_FILE_MISSING: .*\n$/,
  })

  const built = await bytemap('build', '--bits', '20')
  t.equal(built.code, 0)
  t.match(
    built.stdout,
    / FILE .*lxrhash-seed-fafaececfafaecec-passes-5-size-20\.dat\n SIZE +2\^20 bytes \(1 MiB\)/,
  )
  t.match(built.stdout, ` SHA-256     ${sha256}\n`)
  t.notMatch(built.stdout + built.stderr, '\u001b', 'no colours and no bar where there is no terminal')
  for (const action of ['info', 'verify', 'build']) {
    const { code, stdout } = await bytemap(action, '--bits', '20', '--json')
    t.equal(code, 0)
    const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Event
    t.match(
      last,
      { phase: 'ready', origin: 'opened', seed: 'fafaececfafaecec', passes: 5, bytes: 1048576, sha256 },
      action,
    )
  }
  const own = await bytemap('build', '--bits', '10', '--seed', 'ff', '--passes', '1', '--json')
  t.match(JSON.parse(own.stdout.trim().split('\n').at(-1) ?? ''), {
    phase: 'ready',
    origin: 'built',
    seed: '00000000000000ff',
    passes: 1,
  })

  const file = join(maps, 'lxrhash-seed-fafaececfafaecec-passes-5-size-20.dat')
  const bytes = readFileSync(file)
  bytes[777] = (bytes[777] ?? 0) ^ 1
  writeFileSync(file, bytes)
  for (const words of [
    ['bytemap', 'verify'],
    ['bytemap', 'info'],
    ['bytemap', 'build'],
    ['hash', '00'],
  ]) {
    const { code, stdout, stderr } = await runHere([...words, '--bits', '20', '--dir', maps])
    t.match(
      { code, stdout, stderr },
      { code: 1, stdout: '', stderr: /^pegminer: E_LXR_FILE_DAMAGED: .*--force.*\n$/ },
      words.join(' '),
    )
  }
  t.same(readFileSync(file), bytes, 'a damaged file is left as it is')
  truncateSync(file, 1000)
  t.match(await bytemap('verify', '--bits', '20'), { code: 1, stderr: /^pegminer: E_LXR_FILE_LENGTH: .*\n$/ })
  t.equal((await bytemap('build', '--bits', '20', '--force')).code, 0)
  t.equal((await bytemap('verify', '--bits', '20')).code, 0, 'mended')
})

t.test('bytemap: directories that cannot be used', async (t) => {
  const place = t.testdir({ file: 'no directory' })
  const build = (where: string) => runHere(['bytemap', 'build', '--bits', '12', '--dir', where])
  for (const where of [join(place, 'file'), join(place, 'file', 'below')]) {
    const { code, stdout, stderr } = await build(where)
    t.ok(code === 1 || code === 2, `exit code ${code}`)
    t.match({ stdout, stderr }, { stdout: '', stderr: /^pegminer: E_LXR_(DIRECTORY|FILE_READ): .*\n$/ })
  }
  if (process.getuid?.() !== 0) {
    const closed = join(place, 'closed')
    mkdirSync(closed)
    chmodSync(closed, 0o500)
    t.match(await build(closed), { code: 2, stderr: /^pegminer: E_LXR_DIRECTORY: .*\n$/ })
    chmodSync(closed, 0o700)
  }
})

t.test('bytemap: a file that cannot grow leaves nothing behind', async (t) => {
  const maps = t.testdir()
  // The shell's limit on the size of files (64 KiB) stands in for a full disk.
  const words = ['bytemap', 'build', '--bits', '20', '--dir', maps]
  const child = spawn('bash', ['-c', 'ulimit -f 64 && exec "$@"', 'bash', process.execPath, MAIN, ...words])
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number]
  t.equal(code, 1)
  t.match(stderr, /^pegminer: E_LXR_(FILE_WRITE|DISK_FULL): .*\n$/)
  t.same(readdirSync(maps), [])
})

t.test('bytemap: Ctrl-C leaves no half file', async (t) => {
  const maps = t.testdir()
  const building = start(['bytemap', 'build', '--bits', '26', '--dir', maps, '--json'])
  t.teardown(() => building.kill())
  await building.event('bytemap')
  building.child.kill('SIGINT')
  t.match(await building.ended, { code: 130, stderr: '' })
  t.same(readdirSync(maps), [])
})

t.test('a reader that goes away is no error', async (t) => {
  const hashing = start(hash())
  t.teardown(() => hashing.kill())
  const lines = '00\n'.repeat(20_000)
  hashing.child.stdin.write(lines)
  await once(hashing.child.stdout, 'data')
  hashing.child.stdout.destroy()
  hashing.child.stdin.end(lines)
  t.match(await hashing.ended, { code: 0, stderr: '' })
})

t.test(
  'an output that cannot be written is one',
  { skip: existsSync('/dev/full') ? false : 'no /dev/full' },
  async (t) => {
    const child = spawn('bash', [
      '-c',
      'exec "$@" > /dev/full',
      'bash',
      process.execPath,
      MAIN,
      ...hash('00'),
    ])
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    const [code] = (await once(child, 'close')) as [number]
    t.equal(code, 1)
    t.match(stderr, /^pegminer: E_CLI_OUTPUT: .*ENOSPC.*\n$/)
  },
)

t.test('usage', async (t) => {
  const help = await runHere(['--help'])
  t.equal(help.code, 0)
  const commands = [...help.stdout.matchAll(/^ {2}([a-z-]+) {2,}\S/gm)].map(([, name]) => String(name))
  t.strictSame(
    [...new Set(commands)],
    [
      'mine',
      'farm',
      'stake',
      'init',
      'fund',
      'feed',
      'pegs',
      'prices',
      'grade',
      'history',
      'ledger',
      'explorer',
      'wallet',
      'basket',
      'peg-watch',
      'simulate',
      'dev',
      'bench',
      'hash',
      'bytemap',
      'config',
      'completion',
    ],
  )
  const helps = await Promise.all(commands.map((name) => runHere([name, '--help'])))
  for (const { code, stdout } of helps)
    t.match({ code, stdout }, { code: 0, stdout: /^pegminer [a-z-]+: [^]*Examples\n/ })
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  t.equal((await run(['--version'])).stdout, `${version}\n`)
  t.match(await runHere(['hsah']), {
    code: 2,
    stdout: '',
    stderr: 'pegminer: E_CLI_COMMAND: unknown command "hsah"; did you mean hash?\n',
  })

  const secret = `Es${'2'.repeat(50)}`
  const real = await runHere(['mine', '--network', 'MainNet', '--metrics-port', 'x'], '', {
    PEGMINER_MINER_EC_SECRET: `${secret}2`,
  })
  t.equal(real.code, 2)
  t.match(real.stderr.trim().split('\n'), [
    /E_CONFIG_VALUE: PEGMINER_MINER_EC_SECRET /,
    /E_CONFIG_VALUE: --metrics-port /,
  ])
  t.notMatch(real.stdout + real.stderr, secret)
})
