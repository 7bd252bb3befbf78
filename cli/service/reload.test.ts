import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'

import { CodedError } from '../../base/index.js'
import {
  checkSection,
  readConfigFile,
  resolveAll,
  type ConfigFile,
  type SettingKey,
  type WatchOptions,
} from '../../config/index.js'
import { createFactomClient } from '../../factom/index.js'
import { pricesSection, type PriceFeed } from '../../oracle/prices/index.js'
import { createMetrics } from '../../telemetry/index.js'
import type { CommandInput } from '../program/context.js'
import { MINE_KEYS } from '../program/keys.js'
import { planOf } from '../mine/plan.js'
import { runPrices } from '../mine/price-setup.js'
import { createMineReloader } from '../mine/reload.js'
import { createReloader, type ReloadReport } from './reload.js'
import { createService } from './service.js'
import { keeperSettingsOf, watchProblems } from './watch-plan.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'
import { until } from '../../test/fixtures/until.js'

/** Both are known to the whole world. */
const SECRET = 'Es2XT3jSxi1xqrDvS5JERM3W3jh1awRHuyoahn3hbQLyfEi1jvbq'
const COINBASE = 'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q'
const KEYS = [
  'miner.threads',
  'miner.identity',
  'miner.ecSecret',
  'telemetry.token',
  'lxrhash.bits',
  'log.level',
] as const satisfies readonly SettingKey[]
type Keys = (typeof KEYS)[number]
interface Sections {
  readonly prices: unknown
  readonly feed: unknown
}

interface Scene {
  readonly file: string
  readonly write: (text: string) => void
  readonly reloader: ReturnType<typeof createReloader<Keys, Sections>>
  readonly applied: { readonly next: CommandInput<Keys, Sections>; readonly changed: readonly string[] }[]
  readonly notices: string[]
  readonly reports: ReloadReport[]
  readonly levels: string[]
  readonly metrics: ReturnType<typeof createMetrics>
  /** SIGHUP. */
  readonly hangUp: () => void
  /** What `apply` does besides. */
  refuse: Error | null
  late: readonly string[]
  /** What files hold that sections name. */
  readonly sectionSecrets: Record<string, readonly string[]>
}

function sceneOf(t: Test, text: string, watch: WatchOptions = { everyMs: 3_600_000 }): Scene {
  const file = join(t.testdir(), 'pegminer.yaml')
  const write = (text: string): void => writeFileSync(file, text, { mode: 0o600 })
  write(text)
  const sectionsOf = (config: ConfigFile): Sections => ({
    prices: config.sectionOf('prices'),
    feed: config.sectionOf('feed'),
  })
  const read = (): CommandInput<Keys, Sections> => {
    const config = readConfigFile(file, ['prices', 'feed'])
    const flags = { texts: new Map<SettingKey, string>(), problems: [] }
    return {
      ...resolveAll(KEYS, { flags, env: {}, file: config }),
      config,
      sections: sectionsOf(config),
      sectionSecrets: { ...sectionSecrets },
    }
  }
  let hear = (): void => {}
  const sectionSecrets: Record<string, readonly string[]> = { prices: ['first'], feed: [] }
  const metrics = createMetrics({ version: '1', network: 'dev', process: false })
  const scene: Scene = {
    ...{ file, write, metrics, sectionSecrets, refuse: null, late: [] },
    ...{ applied: [], notices: [], reports: [], levels: [] },
    hangUp: () => hear(),
    reloader: createReloader<Keys, Sections>({
      given: read(),
      again: {
        read: () => Promise.resolve(read()),
        onHangUp: (listener) => {
          hear = listener
          return () => (hear = () => {})
        },
        setLogLevel: (level) => void scene.levels.push(level),
      },
      keys: KEYS,
      liveSections: ['prices'],
      apply: (next, changed) => {
        if (scene.refuse) throw scene.refuse
        scene.applied.push({ next, changed: [...changed] })
        return scene.late
      },
      tell: (level, code, message) => void scene.notices.push(`${level} ${code}: ${message}`),
      onReload: (report) => void scene.reports.push(report),
      metrics,
      now: () => 1_700_000_000_000,
      watch,
    }),
  }
  t.teardown(() => scene.reloader.close())
  return scene
}

const START = `
miner: { threads: 2, identity: me }
lxrhash: { bits: 24 }
telemetry: { token: aaaaaaaaaaaaaaaa }
prices: { sources: { kraken: { order: 1 } }, snapshot: { deadlineSeconds: 20 } }
feed: { poll: 5 }
`

t.test('a secret in a file that a section names', async (t) => {
  const { reloader, applied, notices, sectionSecrets } = sceneOf(t, START)
  await reloader.reload('signal')
  t.equal(applied.length, 0)
  sectionSecrets['prices'] = ['second']
  sectionSecrets['feed'] = ['other']
  await reloader.reload('signal')
  matchExactly(t, applied, [
    { changed: ['prices'], next: { sectionSecrets: { prices: ['second'], feed: [] } } },
  ])
  t.match(notices.at(-1), /: prices; wait for a restart: feed$/)
  t.notMatch(notices, [/second|other/])
  await reloader.reload('signal')
  t.equal(applied.length, 1, 'it is taken over once')
})

t.test('what is live is taken over, what is not is named and stays', async (t) => {
  const scene = sceneOf(t, START)
  const { reloader, applied, notices, levels, metrics } = scene
  scene.write(`
miner: { threads: 3, identity: me, ecSecretFile: nowhere }
lxrhash: { bits: 25 }
telemetry: { token: bbbbbbbbbbbbbbbb }
log: { level: debug }
prices: { sources: { kraken: { order: 2 } }, snapshot: { deadlineSeconds: 20 } }
feed: { gateways: [] }
`)
  await reloader.reload('signal')
  matchExactly(
    t,
    notices,
    [/E_CONFIG_SECRET.*nowhere/, /^error E_CLI_RELOAD: /],
    'one line is wrong: nothing is taken',
  )
  t.equal(applied.length, 0)
  t.equal(reloader.given.texts['miner.threads'], '2')
  t.match(await metrics.render(), /reloads_total\{result="failure"\} 1\n/)
  t.match(await metrics.render(), /last_reload_successful 0\n/)

  scene.write(`
miner: { threads: 3, identity: me }
lxrhash: { bits: 25 }
telemetry: { token: bbbbbbbbbbbbbbbb }
log: { level: debug }
prices: { sources: { kraken: { order: 2 } }, snapshot: { deadlineSeconds: 20 } }
feed: { poll: 5, gateways: [] }
`)
  await reloader.reload('signal')
  const [{ next, changed } = { next: undefined, changed: [] }] = applied
  t.same(changed, ['miner.threads', 'telemetry.token', 'log.level', 'prices.sources.kraken', 'prices'])
  t.same(next?.settings['miner.threads'], { count: 3 })
  t.equal(next?.settings['lxrhash.bits'], 24, 'what waits for a restart is what it was')
  t.match(next?.sections, { prices: { sources: { kraken: { order: 2 } } }, feed: undefined })
  t.equal(
    notices.at(-1),
    'warn E_CLI_RELOADED: settings read again: miner.threads 2 → 3, telemetry.token, log.level info → debug, ' +
      'prices.sources.kraken; wait for a restart: lxrhash.bits 24 → 25, feed',
    'a secret is named and not shown',
  )
  t.same(levels, ['debug'])
  t.equal(reloader.given.texts['lxrhash.bits'], '24')
  t.equal(reloader.given.settings['telemetry.token'], 'bbbbbbbbbbbbbbbb')
  t.match(await metrics.render(), /reloads_total\{result="success"\} 1\n/)
  t.match(await metrics.render(), /last_reload_successful 1\n/)
  t.match(await metrics.render(), /success_timestamp_seconds 1700000000\n/)

  await reloader.reload('signal')
  t.match(notices.at(-1), /again: wait for a restart: lxrhash.bits 24 → 25, feed$/, 'it still waits')
  t.equal(applied.length, 1, 'and nothing is taken over twice')
})

t.test('what cannot be put into effect is not, and what has no room waits', async (t) => {
  const scene = sceneOf(t, START)
  const { reloader, notices, reports } = scene
  scene.write(START.replace('threads: 2', 'threads: 5'))
  const spec = { summary: '', remedy: '' }
  scene.refuse = new CodedError('E_MINER_OPTIONS', spec, 'that is too much')
  await reloader.reload('signal')
  matchExactly(t, notices, ['error E_MINER_OPTIONS: that is too much', /E_CLI_RELOAD/])
  t.equal(reloader.given.texts['miner.threads'], '2')
  scene.refuse = null
  scene.late = ['miner.threads']
  await reloader.reload('signal')
  t.equal(notices.at(-1), 'warn E_CLI_RELOADED: settings read again: wait for a restart: miner.threads 2 → 5')
  t.equal(reloader.given.texts['miner.threads'], '2')
  matchExactly(t, reports, [
    { ok: false, trigger: 'signal', problems: [{ code: 'E_MINER_OPTIONS' }] },
    { ok: true, live: [], restart: [{ key: 'miner.threads', from: '2', to: '5' }] },
  ])
  scene.write(START)
  await reloader.reload('signal')
  t.match(notices.at(-1), /nothing has changed$/)
})

t.test('a file that changes, by writing and by renaming, a signal, and one that is gone', async (t) => {
  const scene = sceneOf(t, START, { everyMs: 20 })
  const { file, reports, reloader } = scene
  const reported = (count: number) => until(() => reports.length >= count)
  scene.write(START.replace('identity: me', 'identity: you1'))
  await reported(1)
  matchExactly(t, reports[0], { trigger: 'file', ok: true, live: [{ key: 'miner.identity', to: 'you1' }] })
  writeFileSync(`${file}~`, START.replace('identity: me', 'identity: you22'), { mode: 0o600 })
  renameSync(`${file}~`, file)
  await reported(2)
  matchExactly(t, reports[1], { ok: true, live: [{ from: 'you1', to: 'you22' }] })
  scene.hangUp()
  await reported(3)
  matchExactly(t, reports[2], { trigger: 'signal', ok: true, live: [], restart: [] })
  renameSync(file, `${file}~`)
  await reported(4)
  matchExactly(t, reports[3], { ok: false, problems: [{ code: 'E_CONFIG_FILE' }] }, 'gone is not empty')
  t.equal(reloader.given.settings['miner.identity'], 'you22')
  await reloader.close()
  scene.hangUp()
  await reloader.reload('signal')
  t.equal(reports.length, 4, 'nothing is read after the end')
})

t.test('what the service manager is told', async (t) => {
  const sent: string[] = []
  let alive = true
  const live = () => [{ name: 'threads', ok: alive, found: '' }]
  const manager = { send: (...lines: string[]) => void sent.push(lines.join(' ')), watchdogMs: 15 }
  const service = createService({ live, manager })
  await until(() => sent.includes('WATCHDOG=1'))
  service.ready('mining block 5')
  service.ready('mining block 6')
  service.reloading()
  service.reloaded()
  alive = false
  const messages = sent.splice(0).filter((line) => line !== 'WATCHDOG=1')
  matchExactly(t, messages, [
    'READY=1 STATUS=mining block 5',
    /^RELOADING=1 MONOTONIC_USEC=\d+ STATUS=reading settings$/,
    'READY=1 STATUS=settings read',
  ])
  await wait(60)
  t.same(sent, [], 'loops that stand still are not alive')
  service.stopping()
  t.same(sent, ['STOPPING=1 STATUS=ending'])
  service.close()
  const waiting = createService({ live, manager: { ...manager, watchdogMs: null }, patienceMs: 1 })
  await until(() => sent.length >= 2)
  t.equal(sent[1], 'READY=1 STATUS=waiting for the node', 'a node that is away is no reason to give up')
  waiting.close()
})

t.test('settings of the watchdog', (t) => {
  const keys = MINE_KEYS
  const of = (env: Record<string, string>) => {
    const { settings, problems } = resolveAll(keys, { flags: { texts: new Map(), problems: [] }, env })
    return { settings, problems: [...problems, ...watchProblems(settings)].map(({ message }) => message) }
  }
  const plain = of({})
  t.same(plain.problems, [])
  t.match(keeperSettingsOf(plain.settings), {
    limits: { slowShare: 0.25, hot: 0, freeBytes: 2 ** 28, pricesMs: 1_500_000 },
    hours: null,
    report: { when: '0 0 * * *', timeZone: 'UTC' },
  })
  const full = of({
    PEGMINER_WATCHDOG_TEMPERATURE: '85',
    PEGMINER_WATCHDOG_COMMAND: '/bin/tell,--to,me',
    PEGMINER_SCHEDULE_RESUME: '0 22 * * *',
    PEGMINER_SCHEDULE_PAUSE: '0 6 * * mon-fri',
    PEGMINER_SCHEDULE_TIMEZONE: 'Europe/Vienna',
    PEGMINER_REPORT_WHEN: 'off',
  })
  t.same(full.problems, [])
  matchExactly(t, keeperSettingsOf(full.settings), {
    limits: { hot: 85, cool: 75 },
    actions: { command: ['/bin/tell', '--to', 'me'] },
    hours: { resume: '0 22 * * *', pause: '0 6 * * mon-fri', timeZone: 'Europe/Vienna' },
    report: { when: null },
  })
  matchExactly(
    t,
    of({
      PEGMINER_WATCHDOG_TEMPERATURE: '85',
      PEGMINER_WATCHDOG_RESUME_TEMPERATURE: '85',
      PEGMINER_SCHEDULE_RESUME: '0 24 * * *',
      PEGMINER_SCHEDULE_TIMEZONE: 'Mars',
      PEGMINER_REPORT_WHEN: 'daily',
    }).problems,
    [
      /REPORT_WHEN must be a cron/,
      /schedule.resume: .*hour/,
      /needs --schedule.pause/,
      /no Mars/,
      /must be below/,
    ],
  )
  t.end()
})

t.test('what mine takes over: terms, threads, nodes, sources, the watchdog', async (t) => {
  const dir = t.testdir()
  const file = join(dir, 'pegminer.yaml')
  const base = `
network: { name: local }
miner: { identity: me, coinbase: ${COINBASE}, ecSecret: ${SECRET}, threads: 1, records: 3 }
data: { dir: ${dir} }
`
  const write = (more: string): void => writeFileSync(file, `${base}${more}`, { mode: 0o600 })
  write('')
  const read = () => {
    const config = readConfigFile(file, ['prices'])
    const resolved = resolveAll(MINE_KEYS, {
      flags: { texts: new Map(), problems: [] },
      env: {},
      file: config,
    })
    const { value, problems } = checkSection('prices', pricesSection, { file: config, env: {} })
    return {
      ...{ ...resolved, config, sections: { prices: value! }, sectionSecrets: {} },
      problems: [...resolved.problems, ...problems],
    }
  }
  const given = read()
  t.same(given.problems, [])
  const adjusted: object[] = []
  const opened: string[] = []
  const closed: string[] = []
  const feedOf = (name: string) =>
    ({
      sourceNames: [name],
      start: () => Promise.resolve(),
      priced: () => true,
      close: () => Promise.resolve(void closed.push(name)),
    }) as unknown as PriceFeed
  const client = createFactomClient({ url: 'http://first' })
  const prices = runPrices(feedOf('first'))
  const notices: string[] = []
  const closers: (() => unknown)[] = []
  let handed = 0
  const reloader = createMineReloader(
    {
      ...given,
      again: { read: () => Promise.resolve(read()), onHangUp: () => () => {}, setLogLevel: () => {} },
    },
    {
      plan: planOf(given.settings, given.origins),
      ...{ cores: 4, capacity: 4, prices, exchange: undefined },
      client: { use: (nodes) => (client.use(nodes), () => void closed.push('client')) },
      miner: { adjust: (change) => void adjusted.push(change) },
      openPrices: ({ config }) => {
        opened.push(config.sources.map(({ name }) => name).join(' '))
        return feedOf('second')
      },
      metrics: createMetrics({ version: '1', network: 'local', process: false }),
      resources: { add: (close) => void closers.push(close) },
      signal: new AbortController().signal,
      tell: (_, code, message) => void notices.push(`${code}: ${message}`),
      onBegin: () => {},
      onReload: () => {},
      onApply: () => void handed++,
    },
  )
  write('watchdog: { temperature: 80 }\n')
  await reloader.reload('signal')
  t.same([adjusted.splice(0), opened, handed], [[{}], [], 1], 'only the watchdog')

  write('factom: { url: [one:1, two:2] }\nprices: { sources: { kraken: { enabled: false } } }\n')
  await reloader.reload('signal')
  t.match(notices.at(-1), /factom.url .* → one:1,two:2, .*prices$/)
  t.equal(client.url, 'http://one:1/v2')
  t.same(prices.sourceNames, ['second'])
  t.notMatch(opened, [/kraken/])
  t.same(closed, [], 'calls under way end where they began')

  writeFileSync(file, base.replace('threads: 1, records: 3', 'threads: 3, records: 9, cutoff: 50'), {
    mode: 0o600,
  })
  await reloader.reload('signal')
  t.same(adjusted.at(-1), { threads: 3, recordsPerBlock: 9, submissionCutoff: 50 })
  writeFileSync(file, base.replace('threads: 1', 'threads: 8'), { mode: 0o600 })
  await reloader.reload('signal')
  t.match(notices.at(-1), /wait for a restart: miner.threads 3 → 8$/)
  t.same(adjusted.at(-1), { recordsPerBlock: 3, submissionCutoff: 200 })
  for (const close of closers) await close()
  t.ok(closed.includes('first') && closed.includes('client'))
  await reloader.close()
})
