import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'

import { act } from './actions.js'
import { beginWatch, look, WINDOW_MS, type Facts, type WatchState } from './alarms.js'
import { createHolds } from './holds.js'
import { startDripping } from '../base/fixtures/dripping.js'
import { FakeClock } from '../base/fixtures/fake-clock.js'
import type { WatchLimits } from '../telemetry/index.js'
import { createKeeper, type KeeperSettings, type RunView } from './keeper.js'
import { createLoadGauge } from './load.js'
import { reportOf, reportText, type Tally } from './report.js'
import { createSensors, createShare, type Sensors } from './sensors.js'
import { matchExactly } from '../test/fixtures/match-exactly.js'
import { until } from '../test/fixtures/until.js'

const LIMITS: WatchLimits = {
  slowShare: 0.25,
  noEntryBlocks: 4,
  pricesMs: 1_500_000,
  nodeMs: 180_000,
  hot: 90,
  cool: 80,
  freeBytes: 100 * 2 ** 20,
}

const FACTS: Facts = {
  now: 0,
  mining: true,
  paused: false,
  threads: [],
  height: 100,
  landed: 0,
  prices: { takenAt: 1, complete: true },
  nodeWell: true,
  temperature: 50,
  freeBytes: 2 ** 40,
}

/** A run that is looked at again and again; what is not said stays as it was. */
function runOf(limits: Partial<WatchLimits> = {}) {
  let state: WatchState = beginWatch(0)
  let facts = FACTS
  return (change: Partial<Facts>) => {
    facts = { ...facts, ...change }
    const seen = look(state, facts, { ...LIMITS, ...limits })
    state = seen.state
    return {
      events: seen.events.map(({ kind, state, text }) => `${state} ${kind}: ${text}`),
      restart: seen.restart,
    }
  }
}

t.test('alarms: once raised, once cleared', (t) => {
  const see = runOf()
  const of = (change: Partial<Facts>) => see(change).events
  t.same(of({}), [])
  t.same(of({ temperature: 90 }), ['raised hot: the processor has 90 °C'])
  t.same(of({ temperature: 95 }), [], 'told already')
  t.same(of({ temperature: 81 }), [], 'not cool yet')
  t.same(of({ temperature: 79 }), ['cleared hot: over: the processor has 90 °C'])
  t.same(of({ temperature: 89 }), [], 'it must get hot again')
  t.same(of({ temperature: null }), [], 'what is not known is no alarm')

  t.same(of({ freeBytes: 99 * 2 ** 20 }), ['raised disk-full: 99 MiB are free for the data directory'])
  t.same(of({ freeBytes: 105 * 2 ** 20 }), [])
  matchExactly(t, of({ freeBytes: 111 * 2 ** 20 }), [/^cleared disk-full/])

  t.same(of({ nodeWell: false, now: 180_000 }), [], 'well until now')
  t.same(of({ now: 360_001 }), ['raised node-away: the node is not well for 6 min'])
  matchExactly(t, of({ nodeWell: true }), [/^cleared node-away/])

  t.same(of({ prices: { takenAt: 2, complete: false }, now: 1_500_000 }), [])
  matchExactly(t, of({ now: 1_500_001 }), [/^raised prices-stale: no complete prices for 25 min/])
  matchExactly(t, of({ prices: { takenAt: 3, complete: true } }), [/^cleared prices-stale/])
  matchExactly(t, of({ now: 3_100_000 }), [/^raised prices-stale/], 'the same ones again are not news')
  matchExactly(
    t,
    of({ paused: true, mining: false }),
    [/^cleared prices-stale/],
    'a paused miner needs no prices',
  )
  t.same(of({ paused: false, mining: true, now: 4_500_000 }), [], 'their time begins anew')

  t.same(of({ height: 104 }), [], 'a pause begins anew too')
  t.same(of({ height: 105, prices: { takenAt: 4, complete: true } }), [
    'raised no-entry: no record of ours came into the chain in 5 blocks',
  ])
  matchExactly(t, of({ landed: 3 }), [/^cleared no-entry/])
  t.same(of({ height: 109 }), [])
  matchExactly(t, of({ height: 110 }), [/^raised no-entry/])
  t.end()
})

t.test('alarms: limits of 0 are none', (t) => {
  const see = runOf({ slowShare: 0, noEntryBlocks: 0, pricesMs: 0, nodeMs: 0, hot: 0, freeBytes: 0 })
  see({ nodeWell: false, prices: null })
  t.same(see({ now: 1e9, height: 1e6, temperature: 120, freeBytes: 0 }).events, [])
  t.end()
})

t.test('alarms: threads that are silent or slow', (t) => {
  const thread = (slot: number, hashes: number, beatAgeMs = 2) => ({
    slot,
    hashes: BigInt(hashes),
    beatAgeMs,
  })
  const see = runOf()
  let now = 0
  const hashes = [0, 0, 0]
  /** Five minutes of mining, in looks of a minute. */
  const window = (...rates: number[]) => {
    const seen = Array.from({ length: WINDOW_MS / 60_000 }, () => {
      now += 60_000
      rates.forEach((rate, slot) => (hashes[slot] = (hashes[slot] ?? 0) + rate * 60))
      return see({ now, threads: rates.map((_, slot) => thread(slot, hashes[slot] ?? 0)) })
    })
    return {
      events: seen.flatMap(({ events }) => events),
      restart: seen.flatMap(({ restart }) => [...restart]),
    }
  }
  see({ now, threads: [thread(0, 0), thread(1, 0), thread(2, 0)] })
  t.same(window(1000, 1000, 1000), { events: [], restart: [] })
  t.same(window(1000, 249, 1000), { events: ['raised thread-slow: far too slow: thread 1'], restart: [1] })
  t.same(window(1000, 249, 1000), { events: [], restart: [1] }, 'again, as long as it lasts')
  t.same(window(1000, 900, 1000), {
    events: ['cleared thread-slow: over: far too slow: thread 1'],
    restart: [],
  })
  t.same(window(100, 100, 100), { events: [], restart: [] }, 'a busy machine slows all')
  now += 400_000
  t.same(see({ mining: false, now }).restart, [], 'waiting is not slow')
  see({ mining: true })
  t.same(
    see({ threads: [thread(0, hashes[0]!, 10_001), thread(1, hashes[1]!), thread(2, hashes[2]!)] }).events,
    ['raised thread-stalled: no sign of life of thread 0'],
  )
  matchExactly(t, see({ threads: [thread(0, hashes[0]!)] }).events, [/^cleared thread-stalled/])
  t.same(window(1000), { events: [], restart: [] }, 'one thread alone: its best so far counts')
  t.same(window(200).restart, [0])
  t.end()
})

t.test('holds: mining goes on when nothing holds it', (t) => {
  const done: string[] = []
  const holds = createHolds({
    pause: () => done.push('pause'),
    resume: () => done.push('resume'),
    onChange: (reason, held, reasons) => done.push(`${reason} ${held}: ${reasons.join(' ')}`),
  })
  holds.set('manual', false)
  holds.set('battery', true)
  holds.set('battery', true)
  holds.set('manual', true)
  t.same(holds.reasons, ['manual', 'battery'])
  holds.set('battery', false)
  holds.set('manual', false)
  t.same(done, [
    'pause',
    'battery true: battery',
    'manual true: manual battery',
    'battery false: manual',
    'resume',
    'manual false: ',
  ])
  t.end()
})

t.test('load of others: a minute above the limit, a minute well below it', (t) => {
  const gauge = createLoadGauge()
  const minute = (share: number | null, limit = 0.5): boolean[] =>
    Array.from({ length: 12 }, () => gauge.isTooMuch(share, limit))
  t.same(minute(0.9).filter(Boolean), [true], 'at the end of the minute')
  t.ok(minute(0.4).every(Boolean), 'below the limit is not enough')
  t.equal(minute(0.1).at(-1), false)
  t.notOk(minute(null).some(Boolean), 'what is not known changes nothing')
  minute(0.9)
  t.equal(gauge.isTooMuch(0.9, 0), false, 'no limit')

  const times = [
    { all: 0, busy: 0, own: 0 },
    { all: 20_000, busy: 15_000, own: 10_000 },
    { all: 20_000, busy: 15_000, own: 10_000 },
    { all: 40_000, busy: 25_000, own: 20_020 },
  ]
  const share = createShare(() => times.shift()!)
  t.same([share(), share(), share(), share()], [null, 0.25, null, 0])
  const real = createSensors()
  t.equal(real.othersShare(), null)
  t.end()
})

/** Files below a folder that stands for /sys. */
function sysOf(t: Test, files: Readonly<Record<string, string>>): Sensors {
  const root = t.testdir()
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, 'class', name)), { recursive: true })
    writeFileSync(join(root, 'class', name), `${text}\n`)
  }
  return createSensors(root)
}

t.test('sensors', async (t) => {
  const cpu = {
    'hwmon/hwmon0/name': 'nvme',
    'hwmon/hwmon0/temp1_input': '99000',
    'hwmon/hwmon1/name': 'k10temp',
    'hwmon/hwmon1/temp1_input': '61000',
    'hwmon/hwmon1/temp3_input': '63500',
    'hwmon/hwmon1/temp4_input': '-128000',
    'thermal/thermal_zone0/type': 'acpitz',
    'thermal/thermal_zone0/temp': '27000',
  }
  t.equal(await sysOf(t, cpu).temperature(), 63.5, 'the hottest of the processor')
  const zones = {
    'thermal/thermal_zone0/type': 'acpitz',
    'thermal/thermal_zone0/temp': '27000',
    'thermal/thermal_zone1/type': 'x86_pkg_temp',
    'thermal/thermal_zone1/temp': '55000',
  }
  t.equal(await sysOf(t, zones).temperature(), 55)
  t.equal(await sysOf(t, { 'thermal/thermal_zone0/temp': '27000' }).temperature(), 27, 'better than nothing')
  t.equal(await sysOf(t, {}).temperature(), null)

  const battery = (status: string, online: string) =>
    sysOf(t, {
      'power_supply/BAT0/type': 'Battery',
      'power_supply/BAT0/status': status,
      'power_supply/AC/type': 'Mains',
      'power_supply/AC/online': online,
    }).onBattery()
  t.equal(await battery('Discharging', '0'), true)
  t.equal(await battery('Charging', '1'), false)
  t.equal(await battery('Discharging', '1'), false, 'a weak charger')
  const mouse = {
    'power_supply/hid/type': 'Battery',
    'power_supply/hid/status': 'Discharging',
    'power_supply/hid/scope': 'Device',
  }
  t.equal(await sysOf(t, mouse).onBattery(), false)
  t.equal(await sysOf(t, {}).onBattery(), null, 'the system does not tell')
  const sensors = createSensors()
  t.ok((await sensors.freeBytes(t.testdir()))! > 0)
  t.ok((await sensors.freeBytes(join(t.testdirName, 'yet', 'to', 'be', 'made')))! > 0)
  t.equal(await sensors.freeBytes('\0'), null)
})

/** A server that keeps what is posted to it. */
async function hookOf(t: Test, statuses: number[] = []) {
  const bodies: Record<string, unknown>[] = []
  const answer = async (request: IncomingMessage): Promise<void> => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    bodies.push(JSON.parse(text) as Record<string, unknown>)
  }
  const server = createServer(
    (request, response) =>
      void answer(request).then(() => response.writeHead(statuses.shift() ?? 204, { location: '/x' }).end()),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { bodies, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-path` }
}

const message = { event: 'alarm', alarm: 'hot', text: '$(touch gone); "95 °C"', raised: true }
const { signal } = new AbortController()

t.test('a command gets facts as variables and nothing of ours', async (t) => {
  const file = join(t.testdir(), 'env.json')
  const script = `require('fs').writeFileSync(process.argv[1], JSON.stringify({ env: process.env, words: process.argv.slice(2) }))`
  process.env['PEGMINER_MINER_EC_SECRET'] = 'Es-secret'
  t.teardown(() => delete process.env['PEGMINER_MINER_EC_SECRET'])
  const command = [process.execPath, '-e', script, file, '$HOME', '; echo']
  t.same(await act(message, { command, webhook: undefined }, { signal }), [
    { action: 'command', error: null },
  ])
  const { env, words } = JSON.parse(readFileSync(file, 'utf8')) as { env: object; words: string[] }
  t.match(env, { PEGMINER_ALARM: 'hot', PEGMINER_TEXT: message.text, PEGMINER_RAISED: 'true' })
  t.notOk('PEGMINER_MINER_EC_SECRET' in env)
  t.same(words, ['$HOME', '; echo'], 'no shell has looked at them')

  const run = async (...command: string[]) =>
    (await act(message, { command, webhook: undefined }, { signal }))[0]?.error
  t.match(await run(process.execPath, '-e', 'process.exit(3)'), /exit code 3/)
  t.match(await run('/no/such/program'), /ENOENT/)
  const ended = new AbortController()
  const slow = act(
    message,
    { command: [process.execPath, '-e', 'setTimeout(() => {}, 60000)'], webhook: undefined },
    { signal: ended.signal },
  )
  ended.abort()
  t.match((await slow)[0]?.error, /SIGKILL/, 'the end of the run ends it')
})

t.test('a command that never ends is ended, with what it has started', async (t) => {
  const file = join(t.testdir(), 'pid')
  const command = ['sh', '-c', 'sleep 1000 & echo $! > "$0"; wait', file]
  const begun = act(message, { command, webhook: undefined }, { signal, commandMs: 2_000 })
  t.match((await begun)[0]?.error, /SIGKILL/)
  const pid = Number(readFileSync(file, 'utf8'))
  const isAlive = (): boolean => {
    try {
      return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    } catch {
      return false
    }
  }
  await until(() => !isAlive())
  t.pass('what it has started is gone')
})

t.test('a webhook that drips silences nothing', async (t) => {
  const dripping = await startDripping()
  t.teardown(dripping.close)
  const [result] = await act(
    message,
    { command: [], webhook: dripping.url },
    { signal, pauses: [1], webhookMs: 1_000 },
  )
  t.match(result?.error, /not answered in time/)
  t.ok(dripping.asked() > 0, 'it had been asked')
})

t.test('a webhook gets JSON, and is tried again', async (t) => {
  const { bodies, url } = await hookOf(t, [500, 204])
  const settings = { command: [], webhook: url }
  t.same(await act(message, settings, { signal, pauses: [1] }), [{ action: 'webhook', error: null }])
  t.same(bodies, [message, message])
  const moved = await hookOf(t, [302])
  const [result] = await act(message, { command: [], webhook: moved.url }, { signal, pauses: [] })
  t.match(result?.error, /status 302/, 'it is not followed elsewhere')
  const [away] = await act(
    message,
    { command: [], webhook: 'http://127.0.0.1:1/secret' },
    { signal, pauses: [] },
  )
  t.match(away?.error, /cannot be reached/)
  t.notMatch(away?.error, /secret/)
})

t.test('report', (t) => {
  const before: Tally = {
    time: Date.UTC(2026, 10, 26),
    elapsedMs: 1_000,
    ...{
      hashes: 1000n,
      blocks: 5,
      landed: 10,
      missed: 1,
      places: 2,
      reward: 5n,
      restarts: 0,
      computeErrors: 0,
    },
    ...{ pausedMs: 0, alarms: 1, entryCredits: 100 },
  }
  const after: Tally = {
    time: Date.UTC(2026, 10, 26, 19), // the clock was put back by five hours
    elapsedMs: 1_000 + 24 * 3_600_000,
    ...{ hashes: 72_000_001_000n, blocks: 149, landed: 440, missed: 3, places: 12 },
    ...{ reward: 720_000_000_005n, restarts: 1, computeErrors: 0 },
    ...{ pausedMs: 4 * 3_600_000, alarms: 3, entryCredits: 50 },
  }
  const report = reportOf(before, after)
  t.match(report, { hours: 24, hashrate: 1_000_000, reward: '7200', landed: 430, pausedHours: 4, alarms: 2 })
  t.equal(
    reportText(report),
    '24 h: 144 blocks, 430 records in the chain, 2 missed, 10 places, 7200 PEG; 1000000 H/s in the mean; ' +
      'paused for 4 h; 2 alarms; 50 entry credits left',
  )
  t.match(reportOf(after, after), { hashrate: 0, reward: '0' })
  t.end()
})

t.test('the keeper: looks, holds, acts, reports', async (t) => {
  const { bodies, url } = await hookOf(t)
  const dataDir = t.testdir()
  const notices: string[] = []
  const done: string[] = []
  const view = {
    state: 'mining' as RunView['state'],
    threads: [{ slot: 0, hashes: 7n, beatAgeMs: 1 }],
    height: 5,
    entries: { landed: 1, missed: 0 },
    ...{ blocks: 1, places: 1, reward: 9n, restarts: 0, computeErrors: 0, entryCredits: 10 },
    prices: null,
    node: { state: 'ok' as const },
  }
  const found: { temperature: number | null; battery: boolean | null; free: number | null } = {
    temperature: 50,
    battery: false,
    free: 1e12,
  }
  const settings: KeeperSettings = {
    limits: LIMITS,
    actions: { command: [], webhook: url },
    hours: null,
    battery: true,
    load: 0,
    report: { when: '0 0 * * *', timeZone: 'UTC', webhook: url },
  }
  const clock = new FakeClock(Date.UTC(2026, 10, 26, 12))
  const keeper = createKeeper({
    view,
    settings,
    dataDir,
    sensors: {
      temperature: () => Promise.resolve(found.temperature),
      onBattery: () => Promise.resolve(found.battery),
      freeBytes: () => Promise.resolve(found.free),
      othersShare: () => 0,
    },
    hooks: {
      pause: () => done.push('pause'),
      resume: () => done.push('resume'),
      restartThread: (slot) => done.push(`restart ${slot}`),
      tell: (level, code, text) => notices.push(`${level} ${code}: ${text}`),
      onAlarm: (kind, raised) => done.push(`${kind} ${raised}`),
      onAction: (action, worked) => done.push(`${action} ${worked}`),
      onHold: (reason, held) => done.push(`${reason} ${held}`),
      onSense: () => {},
      about: () => ({ network: 'dev', identity: 'me' }),
    },
    ...{ clock, everyMs: 3_600_000 },
  })
  keeper.start()
  await keeper.look()
  t.same([notices, done], [[], []])
  found.temperature = 91
  await keeper.look()
  t.same(done.splice(0), ['pause', 'temperature true', 'hot true'])
  matchExactly(t, notices.splice(0), [
    /E_WATCH_PAUSED: temperature/,
    'warn E_WATCH_HOT: the processor has 91 °C',
  ])
  found.battery = true
  await keeper.look()
  found.temperature = 70
  await keeper.look()
  t.same(keeper.holds.reasons, ['battery'], 'another reason holds on')
  found.battery = null
  await keeper.look()
  await keeper.look()
  t.equal(notices.filter((line) => line.includes('E_WATCH_UNKNOWN')).length, 1, 'said once')
  t.ok(done.includes('resume'))
  await until(() => bodies.length >= 2 && done.includes('webhook true'))
  matchExactly(t, bodies.splice(0), [
    { event: 'alarm', alarm: 'hot', state: 'raised', network: 'dev', identity: 'me' },
    { alarm: 'hot', state: 'cleared' },
  ])

  view.entries = { landed: 4, missed: 2 }
  keeper.report()
  const [name = ''] = readdirSync(join(dataDir, 'reports'))
  t.match(name, /^\d{4}-\d\d-\d\dT\d{4}\.json$/)
  const kept = JSON.parse(readFileSync(join(dataDir, 'reports', name), 'utf8')) as object
  t.match(kept, { event: 'report', landed: 3, missed: 2, alarms: 1, identity: 'me' })
  await until(() => bodies.length >= 1)
  t.same(bodies[0], kept)

  const never = { resume: '0 0 1 1 *', pause: '59 23 31 12 *', timeZone: 'UTC' }
  keeper.adjust({ ...settings, hours: { ...never, resume: never.pause, pause: never.resume } })
  await keeper.look()
  const inverse = keeper.holds.reasons.includes('schedule')
  keeper.adjust({ ...settings, hours: never })
  await keeper.look()
  t.not(keeper.holds.reasons.includes('schedule'), inverse, 'hours may change while it runs')
  const reports = (): number => notices.filter((line) => line.includes('E_WATCH_REPORT')).length
  notices.length = 0
  clock.advance(11 * 3_600_000)
  await keeper.look()
  t.equal(reports(), 0, '23:00')
  clock.advance(3_600_000)
  await keeper.look()
  t.equal(reports(), 1, 'midnight')
  clock.step(-5 * 3_600_000)
  clock.advance(5 * 3_600_000)
  await keeper.look()
  t.equal(reports(), 1, 'the same midnight again')
  clock.advance(24 * 3_600_000)
  await keeper.look()
  t.equal(reports(), 2)
  await keeper.close()
})
