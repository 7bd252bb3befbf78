import { EventEmitter } from 'node:events'
import { existsSync, chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import t from 'tap'

import { resolveSettings } from '../config/fixtures/resolve-settings.js'
import { flagNamesOf, problemsOf, readFlags, SETTING_KEYS } from '../config/index.js'
import type { MinerEvent } from '../miner/index.js'
import { createCensor, createLogger, painter } from '../telemetry/index.js'
import { COMMANDS } from './program/commands.js'
import { EXIT, type CommandSpec } from './program/context.js'
import type { Terminal } from './program/output.js'
import {
  bytesText,
  clockText,
  countText,
  durationText,
  unitsColumn,
  plural,
  rateText,
  tilde,
  wrap,
} from './view/format.js'
import { chosenCpus, memoryNodes, ownCpus, quotaCores } from './service/cpus.js'
import { forbidDumps, type DumpSystem } from './program/dumps.js'
import { fold } from './view/fold.js'
import { commandHelp, overviewHelp } from './program/help.js'
import { watchSignals } from './program/interrupt.js'
import { watchTerminals } from './program/terminals.js'
import { MINE_KEYS } from './program/keys.js'
import { linesOf } from './view/columns.js'
import { machineOf, threadsOf } from './service/machine.js'
import { planOf } from './mine/plan.js'
import { groupsOf } from './farm/ask.js'
import { createOutput, errorLine, foldedFor, wantsColor, widthOf } from './program/output.js'
import { runProgram } from './program/program.js'
import { barText, createProgress } from './view/progress.js'
import { openResources } from './program/resources.js'
import { createEventView } from './view/stream.js'
import { matchExactly } from '../test/fixtures/match-exactly.js'

const COINBASE = 'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q'
const SECRET = 'Es2XT3jSxi1xqrDvS5JERM3W3jh1awRHuyoahn3hbQLyfEi1jvbq'

/** A stream that keeps what is written to it. */
function sink(properties: { isTTY?: boolean; columns?: number } = {}): Terminal & { text: () => string } {
  const stream = new PassThrough()
  let text = ''
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return Object.assign(stream, properties, { text: () => text })
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

t.test('numbers as people read them', (t) => {
  t.same(
    [0, 12, 999.4, 999.6, 41_234, 1_000_000, 12_345_678].map((rate) => rateText(rate)),
    ['0 H/s', '12 H/s', '999 H/s', '1.00 kH/s', '41.2 kH/s', '1 MH/s', '12.3 MH/s'],
  )
  t.same([512, 4096, 2 ** 24, 1.5 * 2 ** 30, 2 ** 31].map(bytesText), [
    '512 B',
    '4 KiB',
    '16 MiB',
    '1.50 GiB',
    '2 GiB',
  ])
  t.same(
    [111_600_000_000n, 50_000_000n, 1n].map((units) => unitsColumn(units, 15)),
    ['  1116         ', '     0.5       ', '     0.00000001'],
  )
  t.same([0, 999, 999.6, 1000, 59_940, 59_960, 125_000, 3_600_000, 90_061_000, Infinity].map(durationText), [
    '0 ms',
    '999 ms',
    '1.0 s',
    '1.0 s',
    '59.9 s',
    '1 min 00 s',
    '2 min 05 s',
    '1 h 00 min',
    '25 h 01 min',
    'unknown',
  ])
  t.equal(countText(1_234_567n), '1,234,567')
  t.equal(plural(1, 'record'), '1 record')
  t.equal(plural(2000, 'record'), '2,000 records')
  t.equal(clockText(1_700_000_000_000), '22:13:20')
  t.same(wrap('aa bb cccccccc d', 5), ['aa bb', 'cccccccc', 'd'])
  t.equal(tilde('/home/a/x', '/home/a'), '~/x')
  t.equal(tilde('/home/ab', '/home/a'), '/home/ab')
  t.end()
})

t.test('lines of a stream', async (t) => {
  const all = async (chunks: readonly string[], most = 10): Promise<string[]> => {
    const lines: string[] = []
    for await (const line of linesOf(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), most))
      lines.push(line)
    return lines
  }
  t.same(await all(['a', 'b\n\r', '\nc\r\n', 'd']), ['ab', '', 'c', 'd'])
  t.same(await all(['a\n']), ['a'], 'the last line feed ends a line and begins none')
  t.same(await all([]), [])
  t.same(await all(['0123456789\n']), ['0123456789'])
  await t.rejects(all(['0123456789a\n']), { code: 'E_CLI_LINE', message: /line 1/ })
  await t.rejects(
    all(['a\n', 'x'.repeat(8), 'x'.repeat(8)]),
    { code: 'E_CLI_LINE', message: /line 2/ },
    'without waiting for its end',
  )
})

t.test('machine', (t) => {
  t.equal(threadsOf({ count: 5 }, 2), 5)
  t.equal(threadsOf({ percent: 50 }, 8), 4)
  t.equal(threadsOf({ percent: 1 }, 8), 1)
  const machine = machineOf()
  t.ok(machine.cores >= 1 && machine.memory >= machine.freeMemory)
  t.end()
})

t.test('processors', (t) => {
  const cores = (files: Record<string, string>): number => quotaCores((file) => files[file])
  const max = '/sys/fs/cgroup/cpu.max'
  t.equal(cores({}), Infinity, 'not Linux')
  t.equal(cores({ [max]: '250000 100000\n' }), 2)
  t.equal(cores({ '/proc/self/cgroup': '0::/\n', [max]: 'max 100000\n' }), Infinity)
  t.equal(cores({ '/proc/self/cgroup': '0::/\n', [max]: '50000 100000\n' }), 1)
  t.equal(cores({ '/proc/self/cgroup': '0::/\n', [max]: 'nonsense' }), Infinity)
  const nested = {
    '/proc/self/cgroup': '0::/a.slice/b.service\n',
    '/sys/fs/cgroup/a.slice/b.service/cpu.max': '400000 100000',
  }
  t.equal(cores(nested), 4)
  t.equal(cores({ ...nested, '/sys/fs/cgroup/a.slice/cpu.max': '300000 100000' }), 3, 'a parent allows less')
  const version1 = (quota: string, folder = '/sys/fs/cgroup/cpu,cpuacct') => ({
    '/proc/self/cgroup': '5:memory:/x\n4:cpu,cpuacct:/docker/abc\n0::/\n',
    [`${folder}/cpu.cfs_quota_us`]: quota,
    [`${folder}/cpu.cfs_period_us`]: '50000\n',
  })
  t.equal(cores(version1('100000\n')), 2, 'a container sees its own group at the mount')
  t.equal(cores(version1('150000\n', '/sys/fs/cgroup/cpu/docker/abc')), 3)
  t.equal(cores(version1('-1\n')), Infinity)

  const cpus = (allowed: string, siblings: Record<number, string> = {}): number[] =>
    ownCpus((file) =>
      file === '/proc/self/status'
        ? `Name:\tnode\nCpus_allowed_list:\t${allowed}\n`
        : siblings[Number(/cpu(\d+)/.exec(file)?.[1])],
    )
  t.same(cpus('0-2,5'), [0, 1, 2, 5])
  t.same(cpus('0-3', { 0: '0-1', 1: '0-1', 2: '2-3', 3: '2-3\n' }), [0, 2, 1, 3], 'cores first')
  t.same(
    ownCpus(() => undefined),
    [],
  )
  t.equal(
    memoryNodes((file) => (file.endsWith('has_memory') ? '0-1,3\n' : undefined)),
    3,
  )
  t.equal(
    memoryNodes(() => undefined),
    1,
  )
  t.same(chosenCpus('off', [0, 1]), [])
  t.same(chosenCpus('auto', [0, 1]), [0, 1])
  t.same(chosenCpus([1], [0, 1]), [1])
  t.same(chosenCpus([9], []), [9], 'not known: it will be tried')
  try {
    chosenCpus([1, 7, 9], [0, 1])
    t.fail('accepted')
  } catch (error) {
    matchExactly(t, problemsOf(error), [
      { code: 'E_CONFIG_VALUE', message: '--affinity names processor 7; this process may use 0 1' },
      { message: /processor 9/ },
    ])
  }
  t.end()
})

t.test('plan of a run', (t) => {
  const plan = (words: string[], env: Record<string, string> = {}) => {
    const { settings, origins } = resolveSettings(MINE_KEYS, { flags: readFlags(words, MINE_KEYS), env })
    return planOf(settings, origins)
  }
  const problems = (words: string[], env: Record<string, string> = {}): string[] => {
    try {
      plan(words, env)
    } catch (error) {
      return (problemsOf(error) ?? []).map(({ message }) => message)
    }
    return []
  }
  t.match(plan([]), {
    network: { name: 'dev' },
    identity: 'pegminer',
    coinbase: COINBASE,
    bits: 20,
    records: 25,
    limits: { block: undefined, day: undefined },
  })
  t.match(plan([]).dataDir, /\.pegminer\/dev$/)
  const real = ['--network', 'MainNet', '--coinbase', COINBASE, '--identity', 'me']
  t.match(plan(real, { PEGMINER_MINER_EC_SECRET: SECRET }), {
    bits: 30,
    records: 3,
    limits: { block: undefined, day: 5000 },
  })
  t.match(plan(['--network=local', '--bits=16', ...real.slice(2)], { PEGMINER_MINER_EC_SECRET: SECRET }), {
    bits: 16,
  })

  t.same(problems(['--factomd', 'localhost:1']), [
    '--factomd has no use on the network dev, only on local, TestNet, MainNet',
  ])
  t.same(
    problems([], { PEGMINER_FACTOM_URL: 'localhost:1', PEGMINER_MINER_EC_SECRET: SECRET }),
    [],
    'a variable may be there for other runs',
  )
  const first = [
    'records of version 1 cannot be mined: no source prices PNT, XPD and XPT; begin with version 2, such as 2@0',
  ]
  t.same(problems(['--activations', '1@0']), first)
  const chain = t.testdir({ chain: {} })
  const later = ['--activations', '1@0,2@100', '--data-dir', chain]
  t.same(problems(later), first, 'a new chain')
  t.same(problems([...later, '--start-height', '7']), first)
  t.same(problems([...later, '--start-height', '200']), [])
  writeFileSync(join(chain, 'chain', 'chain.json'), '{}')
  t.same(problems([...later, '--start-height', '7']), [], 'one that is there may be beyond')
  t.same(problems(['--activations', '1@0', '--data-dir', chain]), first)
  for (const version of [2, 3, 4, 5]) t.same(problems(['--activations', `${version}@0`]), [])
  t.same(problems(['--network', 'testnet', '--bits', '24', '--rivals', '3']), [
    '--rivals has no use on the network TestNet, only on dev',
    'the network TestNet needs --coinbase, or miner.coinbase in pegminer.yaml',
    'the network TestNet needs --identity, or miner.identity in pegminer.yaml',
    'the network TestNet needs PEGMINER_MINER_EC_SECRET or PEGMINER_MINER_EC_SECRET_FILE, or miner.ecSecretFile in pegminer.yaml',
    '--bits must be 30 on TestNet',
  ])
  const mistyped = problems([...real, '--coinbase', COINBASE.replace('jK', 'jL')], {
    PEGMINER_MINER_EC_SECRET: SECRET.replace('XT', 'XU'),
  })
  matchExactly(t, mistyped, [/^PEGMINER_MINER_EC_SECRET .* check sum/, /^--coinbase .* check sum/])
  t.notMatch(mistyped.join(), 'Es2')

  const wallet = [...real, '--walletd', 'localhost:8089']
  const address = 'EC3TsJHUs8bzbbVnratBafub6toRYdgzgbR7kWwCW4tqbmyySRmg'
  t.same(problems([...wallet, '--ec-address', address]), [], 'a wallet instead of the key')
  t.same(problems(wallet), ['--walletd needs --ec-address: whose key is it?'])
  matchExactly(t, problems(wallet, { PEGMINER_MINER_EC_SECRET: SECRET }), [/both given; keep one/])
  matchExactly(t, problems([...wallet, '--ec-address', address.replace('Us', 'Ut')]), [/check sum/])
  const foreign = 'EC2DKSYyRcNWf7RS963VFYgMExoHRYLHVeCfQ9PGPmNzwrcmgm2r'
  matchExactly(t, problems([...real, '--ec-address', foreign], { PEGMINER_MINER_EC_SECRET: SECRET }), [
    /--ec-address is not the address of PEGMINER_MINER_EC_SECRET/,
  ])
  t.end()
})

t.test('no command knows two settings of one flag', (t) => {
  for (const { name, keys, flagKeys } of COMMANDS) {
    const flags = (flagKeys ?? keys).flatMap(flagNamesOf)
    t.equal(new Set(flags).size, flags.length, name)
    t.equal(new Set(keys).size, keys.length, name)
  }
  const unused = SETTING_KEYS.filter((key) => !COMMANDS.some(({ keys }) => keys.includes(key)))
  t.same(unused, [], 'each setting belongs to a command')
  t.end()
})

t.test('help', (t) => {
  for (const width of [80, 100]) {
    const style = { paint: painter(false), width }
    for (const command of COMMANDS)
      for (const line of commandHelp(command, style))
        t.ok(line.length <= width, `${command.name} in ${width} columns: ${line}`)
    const overview = overviewHelp('1.0.0', COMMANDS, style)
    for (const line of overview) t.ok(line.length <= width, line)
    for (const { name } of COMMANDS) t.match(overview.join('\n'), new RegExp(`^  ${name} `, 'm'))
  }
  t.match(
    commandHelp(COMMANDS[0] as CommandSpec, { paint: painter(true), width: 80 }).join('\n'),
    '\u001b[36m',
  )
  t.end()
})

t.test('examples of the help can be given as they stand', (t) => {
  const style = { paint: painter(false), width: 80 }
  for (const command of COMMANDS) {
    const help = commandHelp(command, style).join('\n')
    for (const { line } of command.examples)
      t.ok(help.replace(/ \\\n */g, ' ').includes(`  ${line}`), `folded as a shell takes it: ${line}`)
    const form = command.arguments?.form
    if (form !== undefined)
      t.ok(
        help
          .replace(/\n {6}/g, '')
          .replace(/\| /g, '|')
          .includes(form.replace(/\| /g, '|')),
        form,
      )
  }
  for (const command of COMMANDS)
    for (const { line } of command.examples) {
      const words = line.replace(/ [<|].*$/, '').split(' ')
      const at = words.indexOf('pegminer')
      t.equal(words[at + 1], command.name, line)
      const { problems } = readFlags(words.slice(at + 2), command.keys)
      t.same(problems, [], line)
    }
  t.end()
})

t.test('output', async (t) => {
  const stream = sink()
  const base = {
    stream,
    color: false,
    censor: createCensor(),
    signal: new AbortController().signal,
    now: () => 0,
  }
  const lines = createOutput({ ...base, json: false })
  lines.line(`key ${SECRET}`)
  lines.event({ event: 'x' })
  const json = createOutput({ ...base, json: true })
  json.line('nothing')
  json.event({ event: 'x', big: 2n ** 64n, map: new Map([['a', 1]]) })
  await settled()
  t.equal(
    stream.text(),
    'key [censored]\n{"event":"x","time":"1970-01-01T00:00:00.000Z","big":"18446744073709551616","map":{"a":1}}\n',
  )
  t.equal(errorLine('E_X', 'a\nb\u001b[2J'), 'pegminer: E_X: a b [2J')
  t.same(
    [undefined, 40, 100, 300].map((columns) => widthOf(sink(columns === undefined ? {} : { columns }))),
    [80, 80, 100, 120],
  )

  const tty = sink({ isTTY: true })
  t.equal(wantsColor(tty, undefined, undefined), true)
  t.equal(wantsColor(tty, undefined, ''), true, 'NO_COLOR counts if it is not empty')
  t.equal(wantsColor(tty, undefined, '1'), false)
  t.equal(wantsColor(tty, true, '1'), true, 'a flag beats it')
  t.equal(wantsColor(tty, false, undefined), false)
  t.equal(wantsColor(sink(), undefined, undefined), false)

  const full = new PassThrough({ highWaterMark: 1 })
  const slow = createOutput({ ...base, stream: full, json: false })
  await slow.drained()
  slow.line('much')
  let drained = false
  const waiting = slow.drained().then(() => (drained = true))
  await settled()
  t.equal(drained, false, 'waits for the reader')
  full.resume()
  await waiting
  full.destroy()
  slow.line('nobody is there')
  await slow.drained()
})

t.test('signals', (t) => {
  const process = new EventEmitter()
  const forced: number[] = []
  let now = 0
  let terminal: 'none' | 'open' | 'gone' = 'open'
  const world = { now: () => now, terminal: () => terminal }
  const { interrupted, onHangUp } = watchSignals((code) => forced.push(code), process, world)
  let heard = 0
  const stop = onHangUp(() => heard++)
  process.emit('SIGHUP')
  t.equal(heard, 1)
  t.notOk(interrupted.aborted, 'somebody reads settings again')
  terminal = 'gone'
  process.emit('SIGHUP')
  t.equal(heard, 1)
  t.ok(interrupted.aborted, 'the terminal has closed')
  now = 400
  process.emit('SIGTERM')
  t.same(forced, [], 'two signals of one event')
  now = 501
  process.emit('SIGINT')
  t.same(forced, [EXIT.interrupted])

  const other = new EventEmitter()
  const nobody = watchSignals(() => {}, other, { terminal: () => 'open' })
  nobody.onHangUp(() => {})()
  other.emit('SIGHUP')
  t.ok(nobody.interrupted.aborted, 'nobody reads settings')
  stop()

  const behind = new EventEmitter()
  const daemon = watchSignals(() => {}, behind, { terminal: () => 'none' })
  behind.emit('SIGHUP')
  t.notOk(daemon.interrupted.aborted, 'under nohup, with nobody who reads settings')
  daemon.onHangUp(() => heard++)
  behind.emit('SIGHUP')
  t.equal(heard, 2)
  t.notOk(daemon.interrupted.aborted)
  behind.emit('SIGTERM')
  t.ok(daemon.interrupted.aborted)
  t.end()
})

t.test('long lines of a terminal', (t) => {
  t.equal(fold('short', 10), 'short')
  t.equal(foldedFor(sink({ isTTY: true, columns: 6 }), 'two words'), 'two\n  words')
  t.equal(foldedFor(sink({ isTTY: true, columns: 0 }), 'two words'), 'two words', 'a terminal of no size')
  const groups = (widths: readonly number[], room: number): number[][] =>
    groupsOf(
      widths.map((width, at) => ({ width, at })),
      room,
    ).map((group) => group.map(({ at }) => at))
  t.same(groups([5, 4, 4, 4], 18), [
    [0, 1, 2],
    [0, 3],
  ])
  t.same(groups([5, 4], 8), [[0, 1]], 'a table has two columns at least')
  t.same(groups([], 8), [])
  t.equal(
    fold('08:55:38  graded    block 1: 56 records, 1 refused; ours 18 of 25, best place 1; +6480 PEG', 80),
    '08:55:38  graded    block 1: 56 records, 1 refused; ours 18 of 25, best place 1;\n                    +6480 PEG',
  )
  t.equal(
    fold(' OURS        places paid: 36000 PEG', 30),
    ' OURS        places paid:\n             36000 PEG',
  )
  t.equal(
    fold('19:51:58  prices    held: PEG 90 s', 33),
    '19:51:58  prices    held: PEG\n                    90 s',
  )
  t.equal(fold('one two three', 8), 'one two\n  three')
  t.equal(fold('averylongword indeed', 8), 'averylongword\n  indeed', 'a word is left whole')
  const painted = `${'\u001b[2m'}08:55:38${'\u001b[22m'}  ${'\u001b[36mprices\u001b[39m'}  aa bb cc`
  t.equal(fold(painted, 26), painted, 'colours have no width')
  t.equal(fold(painted, 24).split('\n')[1], `${' '.repeat(18)}cc`)
  const censor = createCensor(['a secret'])
  const printed = (isTTY: boolean, kind: 'line' | 'command'): string => {
    const stream = sink({ isTTY, columns: 12 })
    const { signal } = new AbortController()
    createOutput({ stream, json: false, color: false, censor, signal })[kind]('this is a secret of mine')
    return stream.text()
  }
  t.equal(printed(false, 'line'), 'this is [censored] of mine\n', 'a file keeps its lines')
  t.equal(printed(true, 'line'), 'this is\n  [censored]\n  of mine\n', 'censored before it is folded')
  t.equal(printed(true, 'command'), 'this is [censored] of mine\n', 'what is copied stays whole')
  t.end()
})

t.test('terminals of the start', (t) => {
  const open = new Set([0, 2])
  const closed: number[] = []
  const close = (fd: number): void => {
    closed.push(fd)
    throw new Error('EBADF')
  }
  const { state, drop } = watchTerminals((fd) => open.has(fd), close)
  t.equal(state(), 'open')
  drop()
  t.same(closed, [], 'what is there is left to Node.js')
  open.delete(2)
  t.equal(state(), 'gone')
  drop()
  t.same(closed, [2])
  t.equal(watchTerminals(() => false).state(), 'none')
  t.end()
})

t.test('no core dumps', (t) => {
  const calls: unknown[] = []
  const system = (prctl: () => number, command: () => void): DumpSystem => ({
    platform: 'linux',
    prctl: (...words) => {
      calls.push(words)
      return prctl()
    },
    command: (...words) => {
      calls.push(words)
      command()
    },
  })
  const fails = (): never => {
    throw new Error('not there')
  }
  t.equal(forbidDumps(system(() => 0, fails)), true)
  t.same(calls.splice(0), [[4, 0]], 'PR_SET_DUMPABLE')
  t.equal(forbidDumps(system(fails, () => {})), true)
  t.same(calls.splice(0)[1], ['prlimit', ['--pid', String(process.pid), '--core=1:1']])
  t.equal(forbidDumps(system(() => -1, fails)), false)
  t.equal(forbidDumps({ ...system(fails, fails), platform: 'darwin' }), false)
  t.end()
})

t.test('resources are closed in the reverse order, whatever fails', async (t) => {
  const order: number[] = []
  const resources = openResources()
  resources.add(() => void order.push(1))
  resources.add(() => {
    order.push(2)
    throw new Error('second')
  })
  resources.add(() => Promise.reject(new Error('third')))
  await t.rejects(resources.close(), { message: 'third' })
  t.same(order, [2, 1])
  await resources.close()
  t.same(order, [2, 1], 'once')
})

t.test('progress', async (t) => {
  const state = { phase: 'build' as const, done: 50, total: 100, perSecond: 10, secondsLeft: 5 }
  const bar = barText('ByteMap 2^30 (1 GiB)', state, 99)
  t.equal(bar.length, 99)
  t.match(bar, /^ByteMap 2\^30 \(1 GiB\) {2}building {3}█+░+ {3}50 % {5}10 B\/s {2}5\.0 s left/)
  t.ok(barText('ByteMap 2^30 (1 GiB)', { ...state, perSecond: 0, secondsLeft: Infinity }, 79).length <= 79)
  t.match(barText('x', { ...state, total: 0 }, 80), '  0 %')

  let now = 0
  const make = (isTTY: boolean, json: boolean) => {
    const stderr = sink({ isTTY, columns: 80 })
    const stdout = sink()
    const censor = createCensor()
    const log = createLogger({
      level: () => 'info',
      format: 'pretty',
      censor,
      time: false,
      write: (line) => void stderr.write(`${line}\n`),
    })
    const output = createOutput({
      stream: stdout,
      json,
      color: false,
      censor,
      signal: new AbortController().signal,
    })
    return { stderr, stdout, progress: createProgress({ output, log, stderr }, 'map', () => now) }
  }
  const terminal = make(true, false)
  terminal.progress.show(state)
  terminal.progress.show({ ...state, done: 51 })
  now += 150
  terminal.progress.show({ ...state, done: 52 })
  terminal.progress.end()
  await settled()
  t.match(terminal.stderr.text(), /^\r\u001b\[Kmap .* 50 % [^\r]*\r\u001b\[Kmap .* 52 % [^\r]*\r\u001b\[K$/)
  t.equal(terminal.stdout.text(), '')

  const plain = make(false, true)
  plain.progress.show(state)
  now += 11_000
  plain.progress.show({ ...state, phase: 'save', done: 60, secondsLeft: Infinity })
  plain.progress.end()
  await settled()
  t.equal(
    plain.stderr.text(),
    'info   saving the map percent=60 rate="10 B/s" left=unknown\n',
    'no bar, no escape',
  )
  matchExactly(
    t,
    plain.stdout
      .text()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object),
    [
      { event: 'bytemap', phase: 'build', done: 50, total: 100 },
      { event: 'bytemap', phase: 'save', secondsLeft: null },
    ],
  )
})

t.test('what a person sees of the events', async (t) => {
  let now = 1_700_000_000_000
  const stream = sink()
  const output = createOutput({
    stream,
    json: false,
    color: false,
    censor: createCensor(),
    signal: new AbortController().signal,
  })
  const view = createEventView({
    output,
    speedEveryMs: 10_000,
    clock: { wallMs: () => now, monotonicMs: () => now + 7 },
  })
  const windows = { s10: 41_234, s60: null, m15: null, max: 50_000 }
  const entry = (
    k: number,
    status: 'committed' | 'revealed' | 'acknowledged' | 'missed',
    reason?: string,
  ): MinerEvent => ({
    event: 'entry',
    height: 7,
    entryHash: String(k),
    nonce: '00',
    difficulty: `fff${k}`,
    status,
    ...(reason === undefined ? {} : { reason }),
  })
  const priced: Extract<MinerEvent, { event: 'prices' }> = {
    event: 'prices',
    height: 7,
    assets: 62,
    complete: true,
    guarded: true,
    missing: {},
    strong: 58,
    held: { TZS: 4 * 3_600_000 },
    widest: { asset: 'RVN', spread: 0.008 },
  }
  const events: MinerEvent[] = [
    { event: 'block', height: 7, minute: 1 },
    { event: 'block', height: 7, minute: 2 },
    { ...priced, assets: 60, complete: false, missing: { PEG: 'none', FCT: 'none' } },
    priced,
    { event: 'job', height: 7, oprHash: 'ab'.repeat(32), floor: '0000000000000000', winnersFrom: null },
    { event: 'hashrate', total: 1, threads: [1], windows },
    entry(1, 'committed'),
    entry(2, 'committed'),
    entry(1, 'revealed'),
    entry(2, 'missed', 'too late'),
    {
      event: 'graded',
      height: 7,
      version: 5,
      records: 55,
      valid: 54,
      gradable: true,
      winners: ['ab'],
      mine: [{ entryHash: '1', place: 3, payout: '360', grade: 0 }],
      reward: '360',
    },
    {
      ...{ event: 'graded', height: 8, version: 5, records: 3, valid: 3, gradable: false },
      ...{ winners: ['ab'], mine: [], reward: '0' },
    },
    {
      ...{ event: 'graded', height: 8, version: 5, records: 30, valid: 30, gradable: true },
      ...{ winners: ['cd'], mine: [], reward: '0' },
    },
    { event: 'skipped', height: 9, code: 'E_MINER_LATE', reason: 'minute 1 was missed' },
    { event: 'notice', level: 'warn', code: 'E_X', message: `forged\nline ${'x'.repeat(300)}` },
    { event: 'block', height: 9, minute: 5 },
  ]
  events.forEach(view.show)
  now += 10_000
  view.show({ event: 'hashrate', total: 1, threads: [1], windows: { ...windows, max: 0 } })
  view.show({
    event: 'stopped',
    reason: 'interrupted',
    blocks: 2,
    records: 1,
    places: 1,
    reward: '360',
    hashes: '1234567',
    meanHashrate: 41_000,
    jobSwitch: { count: 7, p50: 0.04, p99: 2.345, max: 9 },
    milliseconds: 125_000,
  })
  view.close()
  await settled()
  t.same(stream.text().split('\n'), [
    '22:13:20  block     7',
    '22:13:20  prices    60 assets; 2 missing: PEG FCT',
    '22:13:20  prices    62 assets, 58 from 3+ sources; held: TZS 4 h; widest spread RVN 0.80 %',
    '22:13:20  job       record abababababababab…, no winners yet, no floor',
    '22:13:20  entries   1 revealed, 1 missed; best difficulty fff2',
    '22:13:20  missed    1 of them: too late',
    '22:13:20  graded    block 7: 55 records, 1 refused; ours 1 of 25, best place 4; +360 PEG',
    '22:13:20  graded    block 8: 3 records; too few for a payout',
    '22:13:20  graded    block 8: 30 records; none of ours among the winners; +0 PEG',
    '22:13:20  skipped   block 9: E_MINER_LATE: minute 1 was missed',
    `22:13:20  warn      E_X: forged line ${'x'.repeat(181)} …`,
    '22:13:20  block     9, minute 5',
    '22:13:30  speed     10s 41.2 kH/s  60s n/a        15m n/a        max n/a',
    '',
    ' ENDED       interrupted after 2 min 05 s',
    ' BLOCKS      2 graded',
    ' RECORDS     1 record published, 1 place among the winners',
    ' REWARD      360 PEG',
    ' HASHRATE    41 kH/s mean, 1,234,567 hashes',
    ' NEW WORK    all threads had it after 0.04 ms (p50), 2.3 ms (p99), 9.0 ms (max)',
    '',
  ])
})

t.test('what becomes of a run when its output can take no more', async (t) => {
  const maps = t.testdir()
  const run = async (code: string, { isTTY = false, aborted = false } = {}) => {
    const error = Object.assign(new Error(`write ${code}`), { code })
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(error) })
    const stderr = sink()
    const ended = await runProgram(['hash', '--bits', '8', '--dir', maps, '00'], {
      stdin: Readable.from([]),
      stdout: Object.assign(stdout, { isTTY }),
      stderr,
      env: { PEGMINER_CONFIG: 'off' },
      interrupted: aborted ? AbortSignal.abort() : new AbortController().signal,
    })
    await settled()
    return { ended, said: stderr.text() }
  }
  for (const code of ['EPIPE', 'EIO', 'ECONNRESET', 'ERR_STREAM_DESTROYED'])
    t.same(await run(code), { ended: EXIT.done, said: '' }, `${code}: the reader is gone`)
  t.same(await run('EIO', { isTTY: true }), { ended: EXIT.interrupted, said: '' }, 'the terminal is gone')
  t.same(await run('ENOSPC', { aborted: true }), { ended: EXIT.interrupted, said: '' })
  t.match(await run('ENOSPC'), {
    ...{
      ended: EXIT.failure,
      said: 'pegminer: E_CLI_OUTPUT: standard output cannot be written: write ENOSPC',
    },
  })
})

t.test('command lines that go wrong', async (t) => {
  const run = async (words: string[], { env = {}, aborted = false, mixed = false } = {}) => {
    const [stdout, stderr] = [sink(), sink()]
    const interrupted = aborted ? AbortSignal.abort() : new AbortController().signal
    const code = await runProgram(words, {
      stdin: Readable.from([]),
      stdout,
      stderr,
      env,
      interrupted,
      mixed,
    })
    await settled()
    return { code, stdout: stdout.text(), stderr: stderr.text() }
  }
  const place = t.testdir({ file: '' })
  const noFolder = ['mine', '--data-dir', `${place}/file/state`, '--dir', `${place}/maps`, '--bits', '20']
  t.match(await run(noFolder), { code: 1, stderr: /E_CLI_DATA_DIR: .*another with --data-dir/ })
  t.notOk(existsSync(`${place}/maps`), 'before a ByteMap is built')
  const version = await run(['--version'])
  t.match(version, { code: 0, stdout: /^\d+\.\d+\.\d+\n$/, stderr: '' })
  t.match(await run([]), { code: 2, stdout: /Usage/ })
  t.match(await run(['help', 'hash']), { code: 0, stdout: /^pegminer hash: / })
  t.match(await run(['hash', '--bits', '8', '-h']), { code: 0, stdout: /^pegminer hash: / })
  t.match(await run(['mime']), {
    code: 2,
    stderr: 'pegminer: E_CLI_COMMAND: unknown command "mime"; did you mean mine?\n',
  })
  t.match(await run(['--network', 'dev']), { code: 2, stderr: /the command comes first/ })
  t.match(await run(['mine', 'dev']), {
    code: 2,
    stderr: 'pegminer: E_CONFIG_ARGUMENT: unexpected argument "dev"; see --help\n',
  })
  const several = await run(['mine', '--bits', '7', '--blocks', '0', '--json'])
  t.equal(several.code, 2)
  t.equal(several.stderr.trim().split('\n').length, 2, 'one line each')
  matchExactly(
    t,
    several.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object),
    [
      { event: 'error', code: 'E_CONFIG_VALUE', message: /--blocks/ },
      { event: 'error', code: 'E_CONFIG_VALUE', message: /--bits/ },
    ],
  )
  const file = join(
    t.testdir({ 'pegminer.yaml': 'output: { json: true }\nbench:\n  bits: 7\nmner: {}\n' }),
    'pegminer.yaml',
  )
  const withFile = await run(['hash', '--config', file, '--bits', '99'])
  t.equal(withFile.code, 2)
  t.same(
    withFile.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { code: string }).code),
    ['E_CONFIG_KEY', 'E_CONFIG_VALUE', 'E_CONFIG_VALUE'],
    'the file, flags and settings of other commands; as events, since the file asks for them',
  )
  t.match(withFile.stderr, /pegminer.yaml:3: bench.bits must be/)
  t.match(await run(['hash'], { env: { PEGMINER_CONFIG: `${file}x` } }), {
    code: 2,
    stderr: /^pegminer: E_CONFIG_FILE: .* no such file/,
  })
  const [own, strangerKey] = [COINBASE, 'Fs1ipNRjEXcWj8RUn1GRLMJYVoPFBL1yw9rn6sCxWGcxciC4HdPd']
  const stakes: readonly (readonly [words: readonly string[], secrets: string, text: RegExp])[] = [
    [['mine', '--stake', own], strangerKey, /FA2jK2\w+ needs its key: PEGMINER_STAKE_SECRETS/],
    [['mine', '--stake', `${own},${own}`], '', /--stake names an address twice/],
    [['mine', '--stake', own.replace(/Q$/, 'P')], '', /--stake has an address .* check sum/],
    [['stake', '--network', 'dev'], '', /no holders without a miner/],
    [['stake', '--network', 'MainNet'], '', /who stakes\?.* who pays\?/],
    [['stake', '--network', 'MainNet', '--bits', '16'], strangerKey, /--bits must be 30.*who pays\?/],
    [['stake'], `${strangerKey},${strangerKey.slice(0, -1)}e`, /key 2 has a wrong character/],
    [['stake'], `${strangerKey}x`, /PEGMINER_STAKE_SECRETS must be a factoid secret key/],
    [['stake', '--stake.secrets', strangerKey], '', /a secret is never a flag/],
  ]
  for (const [words, secrets, text] of stakes) {
    const { code, stderr, stdout } = await run([...words, '--json'], {
      env: { PEGMINER_STAKE_SECRETS: secrets },
    })
    t.equal(code, 2, words.join(' '))
    t.match(stderr.replace(/\s+/g, ' '), text)
    t.notMatch(stderr + stdout, /Fs[1-9A-Za-z]{20}/, 'no key is printed')
  }
  const before = process.cwd()
  t.teardown(() => process.chdir(before))
  process.chdir(t.testdir({ 'pegminer.yaml': 'lxrhash:\n  bits: 8\n' }))
  const here = ['hash', '--dir', 'maps', '00']
  t.equal((await run(here)).code, 0, 'found, and our own')
  chmodSync('pegminer.yaml', 0o666)
  const strange =
    /^pegminer: E_CONFIG_FILE: pegminer.yaml in this folder is not used: all users can change it/
  t.match(await run(here), { code: 2, stdout: '', stderr: strange })
  t.equal((await run([...here, '--config', 'off', '--bits', '8'])).code, 0)
  t.match(await run([...here, '--config', 'pegminer.yaml']), { code: 0, stderr: /pegminer.yaml: all users/ })
  process.chdir(before)
  t.match(await run(['bytemap']), { code: 2, stderr: /say what to do: build, info, verify/ })
  t.match(await run(['bytemap', 'verfy']), { code: 2, stderr: /did you mean verify\?/ })
  t.match(await run(['hash', '--bits', '8', '--dir', t.testdir()], { aborted: true }), {
    code: 130,
    stderr: '',
  })
  t.equal((await run(['-v'])).stdout, (await run(['--version'])).stdout)
  const misspelt = { PEGMINER_LXRHASH_BIT: '9' }
  const apart = await run(['hash', '--bits', '8', '--dir', t.testdir()], { env: misspelt })
  t.match(apart.stderr, /^\{.*"level":"warn"/)
  const mixed = await run(['hash', '--bits', '8', '--dir', t.testdir()], { env: misspelt, mixed: true })
  t.match(mixed.stderr, /^\S+ +warn /i, 'no JSON among lines for people')
  const hinted = await run(['hash', '--bits', '8', '--dir', t.testdir()], {
    env: { PEGMINER_LXRHASH_BIT: '9', PEGMINER_LOG_FORMAT: 'pretty' },
  })
  t.match(hinted, {
    code: 0,
    stderr: /PEGMINER_LXRHASH_BIT has no effect; did you mean PEGMINER_LXRHASH_BITS\?/,
  })
})
