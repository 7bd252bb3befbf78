import { chmodSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'

import { networkOf, withActivations, type Activations } from '../pegnet/index.js'
import {
  envNameOf,
  flagNamesOf,
  nearest,
  problemsOf,
  readFlags,
  SETTING_KEYS,
  settingOf,
  type Environment,
  type SettingKey,
} from './index.js'
import { resolveSettings } from './fixtures/resolve-settings.js'
import { matchExactly } from '../test/fixtures/match-exactly.js'

const resolve = <K extends SettingKey>(keys: readonly K[], words: string[], env: Environment = {}) =>
  resolveSettings(keys, { flags: readFlags(words, keys), env })

/** The problems of a call that must fail, as `code: message`. */
function problems(keys: readonly SettingKey[], words: string[], env: Environment = {}): string[] {
  try {
    resolve(keys, words, env)
  } catch (error) {
    return (problemsOf(error) ?? []).map(({ code, message }) => `${code}: ${message}`)
  }
  throw new Error('nothing was wrong')
}

t.test('the table', (t) => {
  t.equal(envNameOf('miner.machineId'), 'PEGMINER_MINER_MACHINE_ID')
  t.equal(envNameOf('miner.ecSecret'), 'PEGMINER_MINER_EC_SECRET')
  for (const key of SETTING_KEYS) {
    const spec = settingOf(key)
    t.notMatch(spec.description, /\.$|^[A-Z][a-z]/, `${key}: a clause, not a sentence`)
    t.ok(spec.default !== undefined || spec.defaultText !== undefined, `${key}: says its default`)
  }
  t.strictSame(flagNamesOf('miner.ecSecret'), [], 'a secret has no flag')
  t.end()
})

t.test('precedence: flag, environment, default', (t) => {
  const keys = ['miner.machineId', 'network.rivals', 'output.json', 'network.name'] as const
  const { settings, origins } = resolve(keys, ['--machine-id', '7', '--json'], {
    PEGMINER_MINER_MACHINE_ID: '8',
    PEGMINER_NETWORK_RIVALS: '30',
    PEGMINER_OUTPUT_JSON: '',
  })
  t.strictSame(settings, {
    'miner.machineId': 7,
    'network.rivals': 30,
    'output.json': true,
    'network.name': 'dev',
  })
  t.strictSame(origins, {
    'miner.machineId': 'flag',
    'network.rivals': 'environment',
    'output.json': 'flag',
    'network.name': 'default',
  })
  t.end()
})

t.test('forms of flags', (t) => {
  const keys = [
    'miner.threads',
    'miner.cutoff',
    'output.color',
    'output.json',
    'network.name',
    'lxrhash.seed',
  ] as const
  const of = (...words: string[]) => resolve(keys, words).settings
  t.same(of('-t', '4')['miner.threads'], { count: 4 })
  t.same(of('-t4')['miner.threads'], { count: 4 })
  t.same(of('--threads=50%')['miner.threads'], { percent: 50 })
  t.same(of('--threads', 'AUTO')['miner.threads'], { percent: 100 })
  t.equal(of('--miner.cutoff', '5')['miner.cutoff'], 5, 'the long name works too')
  t.equal(of('--cutoff', '-1')['miner.cutoff'], -1, 'a negative number is a value')
  t.equal(of('--cutoff', '5', '--cutoff', '6')['miner.cutoff'], 6, 'the last one counts')
  t.equal(of('--no-color')['output.color'], false)
  t.equal(of()['output.color'], undefined)
  t.equal(of('--json=off')['output.json'], false)
  t.equal(of('--network', 'testnet')['network.name'], 'TestNet')
  t.equal(of('--seed', '0xFF')['lxrhash.seed'], 255n)
  const flags = readFlags(['00', '--json', '--', '--bits', '-h'], keys)
  t.same(flags.positionals, ['00', '--bits', '-h'], 'words after -- are arguments')
  t.equal(flags.help, false)
  t.equal(readFlags(['-h'], keys).help, true)
  t.end()
})

t.test('lists', (t) => {
  const lists = (...words: string[]) => resolve(['bench.bits', 'bench.threads'], words).settings
  t.same(lists('--bits', '16,20', '-t', '1,50%,auto'), {
    'bench.bits': [16, 20],
    'bench.threads': [{ count: 1 }, { percent: 50 }, { percent: 100 }],
  })
  for (const bad of ['16,', ',', '16 20', Array.from({ length: 33 }, () => '8').join(',')])
    matchExactly(
      t,
      problems(['bench.bits'], [`--bits=${bad}`]),
      [/E_CONFIG_VALUE: --bits must be .* several/],
      bad,
    )
  t.end()
})

t.test('processors', (t) => {
  const cpus = (text: string) => resolve(['miner.affinity'], ['--affinity', text]).settings['miner.affinity']
  t.equal(resolve(['miner.affinity'], []).settings['miner.affinity'], 'off')
  t.equal(cpus('AUTO'), 'auto')
  t.same(cpus('0,2,4-7,2'), [0, 2, 4, 5, 6, 7])
  for (const wrong of ['', '1,', '3-1', '1024', '0-1024', '1 2', 'x', '99999'])
    matchExactly(
      t,
      problems(['miner.affinity'], [`--affinity=${wrong}`]),
      [/E_CONFIG_VALUE.*processors/],
      wrong,
    )
  t.end()
})

t.test('addresses of servers', (t) => {
  const url = (...words: string[]) => resolve(['factom.url'], words).settings['factom.url']
  t.same(url(), ['http://localhost:8088'])
  t.same(url('--factomd', 'http://node:8088/v2'), ['http://node:8088/v2'])
  t.same(url('--factomd', 'HTTPS://user:pass@node'), ['HTTPS://user:pass@node'])
  t.same(url('--factomd', 'localhost:8088'), ['http://localhost:8088'])
  t.same(url('--factomd', 'a', '--factomd=https://b/v2', '--factom.url', 'c, d'), [
    'http://a',
    'https://b/v2',
    'http://c',
    'http://d',
  ])
  const many = Array.from({ length: 17 }, (_, k) => `--factomd=n${k}`)
  matchExactly(t, problems(['factom.url'], many), [/E_CONFIG_VALUE: --factomd must be/])
  for (const bad of ['ftp://node', 'http://', 'http:///v2', 'http://a b', 'http://node:99999', '/v2', ''])
    matchExactly(
      t,
      problems(['factom.url'], [`--factomd=${bad}`]),
      [/E_CONFIG_VALUE: --factomd must be/],
      `"${bad}"`,
    )
  t.end()
})

t.test('paths', (t) => {
  const dir = (text: string) => resolve(['data.dir'], ['--data-dir', text]).settings['data.dir']
  t.equal(dir('~/x'), join(homedir(), 'x'))
  t.equal(dir('~'), homedir())
  t.equal(dir('a~'), join(process.cwd(), 'a~'))
  matchExactly(t, problems(['data.dir'], ['--data-dir=']), [/E_CONFIG_VALUE: --data-dir must be a path/])
  t.end()
})

t.test('everything that is wrong is said at once', (t) => {
  const keys = ['lxrhash.bits', 'miner.threads', 'factom.url', 'telemetry.port', 'miner.machineId'] as const
  const found = problems(
    keys,
    [
      '--bits',
      '7',
      '--thread',
      '2',
      '--threads',
      '--metrics-port',
      'none',
      '--factomd',
      'http://u:pass word',
    ],
    { PEGMINER_MINER_MACHINE_ID: '256' },
  )
  t.same(found, [
    'E_CONFIG_FLAG: unknown flag "--thread"; did you mean --threads?',
    'E_CONFIG_FLAG: --threads needs a value: a number from 1 to 256, a share such as 50%, or auto',
    'E_CONFIG_VALUE: --bits must be a whole number from 8 to 31, not "7"',
    'E_CONFIG_VALUE: --factomd must be an address such as http://localhost:8088, or several with commas between them',
    'E_CONFIG_VALUE: --metrics-port must be a port from 0 (any free one) to 65535, or off, not "none"',
    'E_CONFIG_VALUE: PEGMINER_MINER_MACHINE_ID must be a whole number from 0 to 255, not "256"',
  ])
  matchExactly(t, problems(keys, ['--rivals', '3']), [/--rivals does not belong to this command/])
  matchExactly(t, problems(keys, ['-x']), [/unknown flag "-x"; see --help/])
  matchExactly(t, problems(keys, ['--xylophone']), [/unknown flag "--xylophone"; see --help/])
  for (const bad of ['', ' 8', '8.0', '1e1', '0x8', '8 ', '٨', '999999999999999999'])
    matchExactly(t, problems(keys, [`--bits=${bad}`]), [/E_CONFIG_VALUE: --bits/], `bits "${bad}"`)
  for (const bad of ['0', '257', '0%', '101%', '%', 'all'])
    matchExactly(t, problems(keys, ['--threads', bad]), [/E_CONFIG_VALUE: --threads/], `threads "${bad}"`)
  const long = problems(keys, ['--bits', '9'.repeat(5000)])
  t.ok(long[0] !== undefined && long[0].length < 200, 'a long value is cut')
  t.notMatch(String(problems(keys, ['--bits', 'a\nb'])), /\n/, 'a message stays on one line')
  t.end()
})

t.test('secrets', (t) => {
  const keys = ['miner.ecSecret'] as const
  const secret = 'Es2Rf7iM6PdsqfYCo3D1tnAR65SkLENyWJG1deUzpRMQmbh9F3eG'
  const dir = t.testdir({ key: `${secret}\n`, large: 'x'.repeat(5000), open: secret, group: secret })
  for (const [name, mode] of [
    ['key', 0o600],
    ['open', 0o604],
    ['group', 0o640],
  ] as const)
    chmodSync(join(dir, name), mode)
  t.equal(resolve(keys, [], { PEGMINER_MINER_EC_SECRET: secret }).settings['miner.ecSecret'], secret)
  t.equal(
    resolve(keys, [], { PEGMINER_MINER_EC_SECRET_FILE: join(dir, 'key') }).settings['miner.ecSecret'],
    secret,
  )
  chmodSync(join(dir, 'group'), 0o440)
  const fromSystemd = { PEGMINER_MINER_EC_SECRET_FILE: join(dir, 'group'), CREDENTIALS_DIRECTORY: `${dir}/` }
  if (process.getuid?.() === 0)
    t.equal(resolve(keys, [], fromSystemd).settings['miner.ecSecret'], secret, 'a credential of systemd')
  matchExactly(t, problems(keys, [], { ...fromSystemd, CREDENTIALS_DIRECTORY: '/none' }), [
    /other users can read it/,
  ])
  chmodSync(join(dir, 'group'), 0o640)

  const all = [
    problems(keys, ['--miner.ecSecret', secret]),
    problems(keys, [`--ec-secret=${secret}`]),
    problems(keys, [], { PEGMINER_MINER_EC_SECRET: `${secret}x` }),
    problems(keys, [], { PEGMINER_MINER_EC_SECRET: secret, PEGMINER_MINER_EC_SECRET_FILE: join(dir, 'key') }),
    problems(keys, [], { PEGMINER_MINER_EC_SECRET_FILE: join(dir, 'none') }),
    problems(keys, [], { PEGMINER_MINER_EC_SECRET_FILE: dir }),
    problems(keys, [], { PEGMINER_MINER_EC_SECRET_FILE: join(dir, 'large') }),
  ]
  matchExactly(t, all[0], [
    /E_CONFIG_SECRET: a secret is never a flag.* set PEGMINER_MINER_EC_SECRET or PEGMINER_MINER_EC_SECRET_FILE/,
  ])
  matchExactly(t, all[1], [/E_CONFIG_SECRET: a secret is never a flag/])
  matchExactly(t, all[2], [/E_CONFIG_VALUE: PEGMINER_MINER_EC_SECRET must be an entry-credit secret key/])
  matchExactly(t, all[3], [/E_CONFIG_SECRET: .* both set/])
  matchExactly(t, all[4], [/E_CONFIG_SECRET: .*there is no such file/])
  matchExactly(t, all[5], [/E_CONFIG_SECRET: .*not a small text file/])
  matchExactly(t, all[6], [/E_CONFIG_SECRET: .*not a small text file/])
  for (const name of ['open', 'group']) {
    const found = problems(keys, [], { PEGMINER_MINER_EC_SECRET_FILE: join(dir, name) })
    matchExactly(t, found, [new RegExp(`other users can read it.*: chmod 600 .*${name}$`)])
    all.push(found)
  }
  t.notMatch(JSON.stringify(all), secret.slice(0, 20), 'no message holds it')
  if (process.getuid?.() !== 0) {
    writeFileSync(join(dir, 'closed'), secret)
    chmodSync(join(dir, 'closed'), 0)
    matchExactly(t, problems(keys, [], { PEGMINER_MINER_EC_SECRET_FILE: join(dir, 'closed') }), [/EACCES/])
  }
  t.end()
})

t.test('a secret key is no identity', (t) => {
  const identity = (text: string): unknown => settingOf('miner.identity').type.parse(text)
  const secret = 'Es2XT3jSxi1xqrDvS5JERM3W3jh1awRHuyoahn3hbQLyfEi1jvbq'
  for (const text of [
    secret,
    'Fs3E9gV6DXsYzf7Fqx1fVBQPQXV695eP3k5XbmHEZVRLkMdD9qCK',
    `me,${secret}`,
    `sk1${'2'.repeat(50)}`,
  ])
    t.equal(identity(text), undefined, text.slice(0, 5))
  for (const text of ['Esme', 'mymachine1', 'a'.repeat(100), 'c0ffee'.repeat(10)])
    t.equal(identity(text), text)
  t.end()
})

t.test('misspelt variables', (t) => {
  const { warnings } = resolve(['output.json'], [], {
    PEGMINER_MINER_IDENTITI: 'x',
    PEGMINER_MINER_IDENTITY: 'x',
    PEGMINER_SERVICE_HOST: '10.0.0.1',
    PEGMINER_PORT_9468_TCP_ADDR: '10.0.0.1',
    HOME: '/',
  })
  t.same(warnings, [
    'the variable PEGMINER_MINER_IDENTITI has no effect; did you mean PEGMINER_MINER_IDENTITY?',
  ])
  t.end()
})

t.test('nearest', (t) => {
  const words = ['threads', 'bits', 'block-seconds', 'blocks']
  t.equal(nearest('thraeds', words), 'threads')
  t.equal(nearest('bit', words), 'bits')
  t.equal(nearest('block-sec', words), 'block-seconds', 'a beginning')
  t.equal(nearest('block', words), 'blocks')
  t.equal(nearest('xyz', words), undefined)
  t.equal(nearest('', words), undefined)
  t.end()
})

t.test('heights at which the versions of records begin', (t) => {
  const parse = (text: string) => settingOf('network.activations').type.parse(text) as Activations | undefined
  for (const text of ['', '2', '2@', '6@1', '3@0,2@1', '2@5,3@5', '2@5,3@4', '2@0,', '2@9999999999', '2@-1'])
    t.equal(parse(text), undefined, text)
  const four = withActivations(networkOf('dev'), parse('2@3,3@10,4@20,5@30') ?? [])
  const heights = [0, 3, 9, 10, 19, 20, 29, 30, 1e6]
  t.strictSame(
    heights.map((height) => four.oprVersionAt(height)),
    [2, 2, 2, 3, 3, 4, 4, 5, 5],
  )
  t.equal(four.activationHeight, 3)
  const main = withActivations(networkOf('dev'), parse('mainnet') ?? [])
  const turns = [206_421, 206_422, 210_330, 222_270, 231_620, 258_795, 258_796]
  t.strictSame(
    turns.map((height) => main.oprVersionAt(height)),
    turns.map((height) => networkOf('MainNet').oprVersionAt(height)),
  )
  t.end()
})
