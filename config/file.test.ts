import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'

import {
  checkSection,
  configFileName,
  configSchema,
  exampleConfig,
  parseConfigFile,
  problemsOf,
  readConfigFile,
  readFlags,
  resolveAll,
  SETTING_KEYS,
  trustedFile,
  unknownKeys,
  type Environment,
  type SectionValidator,
  type SettingKey,
} from './index.js'
import { resolveSettings } from './fixtures/resolve-settings.js'
import { othersCanRead, strangerWith, strangerWithLink } from './rights.js'
import { matchExactly } from '../test/fixtures/match-exactly.js'

const KEYS = ['miner.threads', 'miner.identity', 'lxrhash.seed', 'bench.bits', 'data.dir'] as const

const fileOf = (text: string, sections: readonly string[] = []) =>
  parseConfigFile(text, { name: 'pegminer.yaml', sections })

const resolve = <K extends SettingKey>(
  keys: readonly K[],
  text: string,
  words: string[] = [],
  env: Environment = {},
) => resolveAll(keys, { flags: readFlags(words, keys), env, file: fileOf(text) })

/** What is wrong with a file's text, as `code: message`. */
const wrong = (text: string, sections: readonly string[] = []): string[] =>
  resolveAll(['output.json'], {
    flags: readFlags([], []),
    env: {},
    file: fileOf(text, sections),
  }).problems.map(({ code, message }) => `${code}: ${message}`)

t.test('precedence: flag, environment, file, default', (t) => {
  const keys = ['miner.threads', 'miner.identity', 'miner.machineId', 'miner.nice'] as const
  const text = 'miner:\n  threads: 4\n  identity: file\n  machineId: 3\n'
  const { settings, origins, places, problems } = resolve(keys, text, ['--threads', '1'], {
    PEGMINER_MINER_IDENTITY: 'env',
    PEGMINER_MINER_THREADS: '2',
  })
  t.same(problems, [])
  t.same(settings, {
    'miner.threads': { count: 1 },
    'miner.identity': 'env',
    'miner.machineId': 3,
    'miner.nice': 0,
  })
  t.same(places, {
    'miner.threads': '--threads',
    'miner.identity': 'PEGMINER_MINER_IDENTITY',
    'miner.machineId': 'pegminer.yaml:4',
    'miner.nice': '',
  })
  t.same(Object.values(origins), ['flag', 'environment', 'file', 'default'])
  t.end()
})

t.test('forms of values', (t) => {
  const { settings, problems } = resolve(
    KEYS,
    [
      '# a comment',
      'miner: { threads: 50%, identity: "007" }',
      'lxrhash:',
      '  seed: 0012345678901234',
      'bench:',
      '  bits:',
      '    - 16',
      '    - 20',
      'data:',
      '  dir: state # below the folder of the file',
    ].join('\r\n'),
  )
  t.same(problems, [])
  t.same(settings, {
    'miner.threads': { percent: 50 },
    'miner.identity': '007',
    'lxrhash.seed': 0x0012345678901234n,
    'bench.bits': [16, 20],
    'data.dir': join(process.cwd(), 'state'),
  })
  const list = (text: string) => resolve(KEYS, `bench:\n  bits: ${text}\n`)
  t.same(list('[8, 9]').settings['bench.bits'], [8, 9])
  t.same(list('8,9').settings['bench.bits'], [8, 9])
  t.same(list('').settings['bench.bits'], undefined, 'nothing is as if the line were not there')
  t.same(list('~').settings['bench.bits'], undefined)
  const dir = (text: string) => resolve(KEYS, `data: { dir: ${text} }`).settings['data.dir']
  t.equal(dir("'~/x'"), join(homedir(), 'x'))
  t.equal(dir('/x'), '/x')
  for (const empty of ['', '---\n', '# nothing\n', 'miner:\n', '\uFEFFminer:\n', '{}'])
    t.same(wrong(empty), [], JSON.stringify(empty))
  t.end()
})

t.test('everything that is wrong is said at once, with its line', (t) => {
  const keys = ['miner.threads', 'lxrhash.bits', 'miner.machineId'] as const
  const text = [
    'miner:',
    '  threads: 0',
    '  treads: 3',
    '  nice: [1, 2]',
    '  identity: { a: 1 }',
    'lxrhash:',
    '  block-seconds: 4',
    'bench:',
    '  bits: [7]',
    'mner: {}',
    'threads: 4',
    'network: dev',
  ].join('\n')
  const { problems } = resolve(keys, text, ['--bits', '99', '--xx'], { PEGMINER_MINER_MACHINE_ID: 'x' })
  t.same(
    problems.map(({ code, message }) => `${code}: ${message}`),
    [
      'E_CONFIG_FLAG: unknown flag "--xx"; see --help',
      'E_CONFIG_KEY: pegminer.yaml:3: "miner.treads" is unknown; did you mean threads?',
      'E_CONFIG_VALUE: pegminer.yaml:5: miner.identity must be a value or a list of values',
      'E_CONFIG_KEY: pegminer.yaml:7: "lxrhash.block-seconds" is unknown; did you mean "blockSeconds:" below "network:"?',
      'E_CONFIG_KEY: pegminer.yaml:10: "mner" is unknown; did you mean miner?',
      'E_CONFIG_KEY: pegminer.yaml:11: "threads" is unknown; write "threads:" below "miner:"',
      'E_CONFIG_VALUE: pegminer.yaml:12: network must hold settings; write "name:" below "network:"',
      'E_CONFIG_VALUE: pegminer.yaml:2: miner.threads must be a number from 1 to 256, a share such as 50%, or auto, not "0"',
      'E_CONFIG_VALUE: --bits must be a whole number from 8 to 31, not "99"',
      'E_CONFIG_VALUE: PEGMINER_MINER_MACHINE_ID must be a whole number from 0 to 255, not "x"',
      'E_CONFIG_VALUE: pegminer.yaml:4: miner.nice must be a whole number from 0 to 19, not "1,2"',
      'E_CONFIG_VALUE: pegminer.yaml:9: bench.bits must be a whole number from 8 to 31, or several with commas between them, not "7"',
    ],
  )
  matchExactly(t, wrong('config: { file: x }'), [/"config" is unknown/], 'a file does not name another')
  const covered = resolve(keys, 'miner: { threads: 0 }', ['--threads', '2'])
  matchExactly(
    t,
    covered.problems,
    [{ message: /pegminer.yaml:1: miner.threads must be/ }],
    'a flag does not mend the file',
  )
  t.equal(covered.problems.length, 1)
  t.throws(() => resolveSettings(keys, { flags: readFlags([], keys), env: {}, file: fileOf('x: 1') }), {
    code: 'E_CONFIG_KEY',
  })
  t.end()
})

t.test('what is not the YAML that we take', (t) => {
  const cases: [text: string, expected: RegExp][] = [
    ['miner:\n\tthreads: 1', /yaml:2: indent with spaces/],
    ['miner:\n  threads: [1', /yaml:2: not YAML/],
    ['miner: {}\nminer: {}', /yaml:2: "miner" stands here a second time; the first is on line 1/],
    ['miner:\n  nice: 1\n  nice: 2', /yaml:3: "nice" stands here a second time/],
    ['a: &x {}\nminer: *x', /yaml:2: aliases/],
    ['miner: !!map {}', /yaml:1: tags/],
    ['miner: { nice: !!int "3" }', /yaml:1: tags/],
    ['miner: !evil {}', /yaml:1: tags/],
    ['<<: { miner: {} }', /yaml:1: << is not allowed/],
    ['__proto__: { miner: {} }', /yaml:1: __proto__ is not allowed/],
    ['? [a]\n: b', /yaml:1: not YAML/],
    ['%YAML 1.1\n---\nminer: {}', /yaml:1: leave out the line/],
    ['%TAG !e! tag:example.com,2000:\n---\nminer: {}', /yaml:1: leave out the line/],
    ['miner: {}\n---\nminer: {}', /more than one document/],
    ['- miner', /yaml:1: the file must hold sections/],
    ['miner', /yaml:1: the file must hold sections/],
    ['\n'.repeat(9) + '['.repeat(100_000), /yaml:10: more than 64 brackets/],
    ['miner: ' + '{a: '.repeat(50_000), /more than 64 brackets/],
    ['- '.repeat(3000), /nested too deeply/],
    ['&a '.repeat(3000), /not YAML/],
  ]
  for (const [text, expected] of cases) {
    const [first, ...rest] = wrong(text)
    t.match(first, expected, JSON.stringify(text.slice(0, 40)))
    t.ok(rest.length < 6, 'and not a flood of others')
  }
  const many = wrong(Array.from({ length: 9000 }, (_, k) => `k${k}: 1`).join('\n'))
  t.equal(many.length, 9000, 'many keys take no quadratic time')
  t.end()
})

t.test('secrets', (t) => {
  const keys = ['miner.ecSecret'] as const
  const secret = 'Es2Rf7iM6PdsqfYCo3D1tnAR65SkLENyWJG1deUzpRMQmbh9F3eG'
  const dir = t.testdir({ keys: { 'ec.key': `${secret}\n` } })
  chmodSync(join(dir, 'keys', 'ec.key'), 0o600)
  const name = join(dir, 'pegminer.yaml')
  const read = (text: string, mode: number, env: Environment = {}) => {
    writeFileSync(name, text)
    chmodSync(name, mode)
    return resolveAll(keys, { flags: readFlags([], keys), env, file: readConfigFile(name) })
  }
  const beside = read('miner: { ecSecretFile: keys/ec.key }\n', 0o644)
  t.same(beside.problems, [])
  t.equal(beside.settings['miner.ecSecret'], secret, 'relative to the file')
  const inside = read(`miner: { ecSecret: ${secret} }\n`, 0o600)
  t.same(inside.problems, [])
  t.equal(inside.settings['miner.ecSecret'], secret)
  const bad = [
    read(`miner: { ecSecret: ${secret} }\n`, 0o640),
    read(`miner: { ecSecret: ${secret}x }\n`, 0o600),
    read(`miner: { ecSecret: ${secret}, ecSecretFile: keys/ec.key }\n`, 0o600),
    read('miner:\n  ecSecretFile: none\n', 0o600),
    read(`miner: { ecSecret: ${secret} }\n`, 0o644, { PEGMINER_MINER_EC_SECRET: secret }),
  ].map(({ problems }) => problems.map(({ message }) => message))
  matchExactly(t, bad, [
    [/:1: other users can read this file.*ecSecretFile.*chmod 600/],
    [/:1: miner.ecSecret must be an entry-credit secret key/],
    [/both there/],
    [/:2: miner.ecSecretFile: "none" cannot be used: there is no such file/],
    [/other users can read this file/],
  ])
  t.ok(
    bad.every(({ length }) => length === 1),
    'each is said once',
  )
  t.notMatch(JSON.stringify(bad), secret.slice(0, 20), 'no message holds it')
  const other = resolveAll(['output.json'], { flags: readFlags([], []), env: {}, file: readConfigFile(name) })
  matchExactly(
    t,
    other.problems,
    [{ code: 'E_CONFIG_SECRET' }],
    'a command that does not need it complains too',
  )
  t.end()
})

t.test('what belongs to a single run does not belong into the file', (t) => {
  matchExactly(t, wrong('confirm: { yes: true }\n'), [/^E_CONFIG_KEY: .*"confirm" is unknown/])
  matchExactly(t, wrong('history: { own: true }\n'), [/^E_CONFIG_KEY: .*"history" is unknown/])
  const schema = JSON.stringify(configSchema([]))
  const example = exampleConfig({ keys: SETTING_KEYS, values: {}, head: [] })
  for (const group of ['confirm', 'history', 'config']) {
    t.notMatch(schema, `"${group}":{`)
    t.notMatch(example, `\n${group}:`)
  }
  t.notMatch(example, 'file with the what')
  t.end()
})

t.test('files that others can change', (t) => {
  const me = { uid: 1000, gid: 100 }
  const cases: [rights: { uid: number; gid: number; mode: number }, RegExp | undefined][] = [
    [{ uid: 1000, gid: 5, mode: 0o100644 }, undefined],
    [{ uid: 0, gid: 0, mode: 0o100664 }, undefined],
    [{ uid: 1000, gid: 100, mode: 0o100664 }, undefined],
    [{ uid: 1001, gid: 100, mode: 0o100600 }, /belongs to another user \(number 1001\)/],
    [{ uid: 1000, gid: 100, mode: 0o100666 }, /^all users can change it/],
    [{ uid: 0, gid: 5, mode: 0o100664 }, /group of other users \(number 5\)/],
  ]
  for (const [rights, form] of cases) {
    const found = strangerWith(rights, me)
    if (form === undefined) t.equal(found, undefined, JSON.stringify(rights))
    else t.match(found, form, JSON.stringify(rights))
  }
  t.ok(strangerWith({ uid: 1000, gid: 0, mode: 0o600 }, { uid: 0, gid: 0 }), 'root is told too')

  const root = { uid: 0, gid: 0 }
  t.notOk(othersCanRead({ ...root, mode: 0o100440 }, true), 'a credential with the mask of an ACL')
  t.ok(othersCanRead({ ...root, mode: 0o100440 }, false), 'any other file of that mode')
  for (const mode of [0o100444, 0o100460, 0o100450]) t.ok(othersCanRead({ ...root, mode }, true))
  for (const owner of [{ uid: 1000 }, { gid: 100 }])
    t.ok(othersCanRead({ ...root, ...owner, mode: 0o100440 }, true), 'only what root owns came from systemd')
  t.notOk(othersCanRead({ ...me, mode: 0o100400 }, false))

  const dir = t.testdir({
    'a.yaml': 'miner: { threads: 3 }\nnothing: 1\n',
    link: t.fixture('symlink', 'a.yaml'),
  })
  const name = join(dir, 'a.yaml')
  t.equal(strangerWithLink(name, { uid: 4242, gid: 1 }), undefined, 'no link')
  t.match(strangerWithLink(join(dir, 'link'), { uid: 4242, gid: 4242 }) ?? 'root', /another user|root/)
  t.equal(trustedFile(readConfigFile(name)).textOf('miner.threads')?.text, '3')
  chmodSync(name, 0o666)
  const file = readConfigFile(name)
  t.match(file.stranger, /all users/)
  t.equal(file.textOf('miner.threads')?.text, '3', 'a file that is named is read')
  const found = trustedFile(file)
  t.equal(found.textOf('miner.threads'), undefined)
  matchExactly(t, found.problems, [
    { code: 'E_CONFIG_FILE', message: /is not used: all users.*--config off/ },
  ])
  t.equal(found.problems.length, 1, 'nothing of what it says is repeated')
  t.end()
})

t.test('files that cannot be read', (t) => {
  const dir = t.testdir({ large: `# ${'x'.repeat(300_000)}`, binary: Buffer.from([0x61, 0xff, 0xfe]) })
  mkdirSync(join(dir, 'folder'))
  const why = (name: string): string => readConfigFile(join(dir, name)).problems[0]?.message ?? 'nothing'
  t.match(why('none'), /no such file; pegminer config init/)
  t.match(why('folder'), /it is a folder/)
  t.match(why('large'), /more than 256 KiB/)
  t.match(why('binary'), /not UTF-8/)
  matchExactly(t, readConfigFile('/dev/null').problems, [{ message: /it is not a file/ }])
  t.end()
})

t.test('which file', (t) => {
  const name = (words: string[], env: Environment = {}) =>
    configFileName({ flags: readFlags(words, ['config.file']), env })
  t.equal(name(['--config', 'a.yaml'], { PEGMINER_CONFIG: 'b.yaml' }), 'a.yaml')
  t.equal(name([], { PEGMINER_CONFIG: 'b.yaml' }), 'b.yaml')
  t.equal(name(['-c', 'off'], { PEGMINER_CONFIG: 'b.yaml' }), undefined)
  t.equal(name([]), undefined, 'none here')
  const before = process.cwd()
  process.chdir(t.testdir({ 'pegminer.yaml': '' }))
  t.teardown(() => process.chdir(before))
  t.equal(name([]), 'pegminer.yaml')
  t.end()
})

t.test('structured sections', (t) => {
  const text = [
    'prices:',
    '  exchange: http://localhost:1',
    '  sources:',
    '    kraken: { type: ccxt, interval: 60 }',
    '    other:',
    '      typ: http',
    '      routes: [a, b,',
    '        c]',
    'feed:',
    '  gateways: []',
  ].join('\n')
  const file = fileOf(text, ['prices', 'feed.gateways'])
  t.same(file.problems, [])
  t.same(file.sectionOf('prices'), {
    sources: {
      kraken: { type: 'ccxt', interval: 60 },
      other: { typ: 'http', routes: ['a', 'b', 'c'] },
    },
  })
  t.same(file.sectionOf('feed.gateways'), [])
  t.same(file.textOf('prices.exchange'), { text: 'http://localhost:1', line: 2 })

  const validate: SectionValidator<number> = (raw) => {
    const { sources } = raw as { sources: { other: object } }
    return {
      problems: [
        ...unknownKeys(sources.other, ['type', 'routes'], ['sources', 'other']),
        { path: ['sources', 'other', 'routes', 2], message: 'must be a market' },
        { path: ['sources', 'other', 'key'], message: 'is missing' },
        { path: [], message: 'too few sources' },
      ],
    }
  }
  const { problems, value } = checkSection('prices', validate, { file, env: {} })
  t.equal(value, undefined)
  t.same(
    problems.map(({ code, message }) => `${code}: ${message}`),
    [
      'E_CONFIG_SECTION: pegminer.yaml:6: prices.sources.other.typ: unknown key; did you mean type?',
      'E_CONFIG_SECTION: pegminer.yaml:8: prices.sources.other.routes[2]: must be a market',
      'E_CONFIG_SECTION: pegminer.yaml:5: prices.sources.other.key: is missing',
      'E_CONFIG_SECTION: pegminer.yaml:1: prices: too few sources',
    ],
  )
  const seen: unknown[] = []
  const good = checkSection('prices', (raw) => ({ value: seen.push(raw), secrets: ['s'] }), {
    file: undefined,
    env: {},
  })
  matchExactly(t, good, { value: 1, secrets: ['s'], problems: [] })
  t.same(seen, [undefined])
  t.equal(
    fileOf('prices: { exchange: x }', ['prices']).sectionOf('prices'),
    undefined,
    'settings are not the section',
  )
  matchExactly(t, wrong('prices: { sources: {} }'), [
    /^E_CONFIG_KEY: pegminer.yaml:1: "prices.sources" is unknown; known are exchange/,
  ])
  matchExactly(t, wrong('feed: { gatewayz: [] }', ['feed.gateways']), [
    /"feed.gatewayz" is unknown; did you mean gateways?\?/,
  ])
  t.same(wrong('feed: []', ['feed']), [], 'its own validator says what is wrong with it')
  t.same(problemsOf(new Error()), undefined)
  t.end()
})
