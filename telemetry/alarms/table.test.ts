/** Each row of the table is seen by what reads it: checks, pages, the watchdog. */
import t from 'tap'

import {
  alertOfNotice,
  alertsOfGatewayChecks,
  alertsOfGateways,
  alertsOfLedger,
  alertsOfMiner,
} from '../alerts.js'
import type { BoardEntry } from '../board.js'
import {
  basketChecks,
  gatewayChecks,
  ledgerChecks,
  liveChecks,
  pegsChecks,
  pegWatchChecks,
  readyChecks,
} from '../health.js'
import type { GatewayNumbers, MinerNumbers } from '../sources.js'
import type { WatchLimits, WatchSeen } from './alarm.js'
import { ALARMS, WATCHDOG_RULES } from './table.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

const idsOf = (rows: typeof ALARMS, judged: (row: (typeof ALARMS)[number]) => unknown): string[] =>
  rows.filter((row) => judged(row) !== undefined).map(({ id }) => id)

t.test('names are taken once', (t) => {
  const all = {
    ids: ALARMS.map(({ id }) => id.toLowerCase()),
    checks: ALARMS.flatMap(({ check }) => check?.name ?? []),
    gatewayChecks: ALARMS.flatMap(({ gatewayCheck }) => gatewayCheck?.name ?? []),
    kinds: WATCHDOG_RULES.map(({ kind }) => kind),
    codes: ALARMS.flatMap(({ notices = [], watchdog }) => [...notices, ...(watchdog ? [watchdog.code] : [])]),
  }
  for (const [what, names] of Object.entries(all)) {
    t.ok(names.length > 1, what)
    t.equal(new Set(names).size, names.length, what)
  }
  t.end()
})

t.test('a miner with which nothing is right: each row that judges it is on its page', (t) => {
  const wrong: MinerNumbers = {
    ...{ state: 'mining', threads: [{ slot: 0, hashes: 1n, beatAgeMs: 10_001 }], height: null, minute: null },
    entries: { committed: 1, revealed: 1, acknowledged: 0, landed: 0, missed: 1 },
    ...{ hits: 0, computeErrors: 1, restarts: 0, blocks: 0, places: 0, reward: 0n, bestDifficulty: 0n },
    ...{ jobSwitchMs: [], prices: null, entryCredits: 0, creditDays: 0, creditsSpent: 0 },
    skipped: { blocks: 2, code: 'E_MINER_PRICES', reason: 'no prices' },
    ...{ networkHashrate: null, expected: null, node: { state: 'unreachable' } },
  }
  const missed: BoardEntry = {
    ...{ entryHash: 'a', height: 7, time: 0, difficulty: '', status: 'missed', reason: 'too late' },
    ...{ place: null, payout: null },
  }
  const alerts = [wrong, { ...wrong, state: 'stopped' as const }].flatMap((miner) =>
    alertsOfMiner(miner, [missed]),
  )
  const judged = idsOf(ALARMS, ({ check, ofMiner }) => check ?? ofMiner)
  t.ok(judged.length > 7)
  t.same([...new Set(alerts.map(({ runbook }) => runbook))].sort(), judged.sort())
  const checks = [...liveChecks(wrong), ...readyChecks(wrong)]
  t.same(
    checks.map(({ name }) => name).sort(),
    ALARMS.flatMap(({ check }) => check?.name ?? []).sort(),
    'each check answers for /live or /ready',
  )
  t.same(
    checks.filter(({ ok }) => ok).map(({ name }) => name),
    ['running'],
  )
  t.end()
})

t.test('a gateway with which nothing is right', (t) => {
  const gateway: GatewayNumbers = {
    ...{ name: 'g', asset: 'A', reference: 'R', state: 'blocked', trouble: 'another publisher' },
    ...{ daemons: { asset: 'hung', reference: 'frozen' }, headers: null },
    funds: {
      ...{ perBlock: 0, outputs: 0, oracle: '0', wallet: '0', headersLeft: 0, hoursLeft: 0 },
      alarm: 'the wallet is empty',
    },
    withdrawals: {
      ...{ signer: true, paid: 0, refused: 1, states: { held: 1, refused: 2, stuck: 3 } },
      ...{ blockedBy: null, open: [], done: [] },
    },
  }
  const alerts = alertsOfGateways([gateway])
  t.same(
    [...new Set(alerts.map(({ runbook }) => runbook))],
    idsOf(ALARMS, ({ ofGateway }) => ofGateway),
  )
  t.ok(alerts.every(({ message }) => /^g(:| funds:) /.test(message)))
  matchExactly(
    t,
    alerts.filter(({ runbook }) => runbook === 'FeedDaemonHung'),
    [{ message: 'g: the asset daemon is hung' }, { message: 'g: the reference daemon is frozen' }],
  )
  const pulse = {
    ...{ name: 'g', passAgeMs: 2, passLimitMs: 1, trouble: null },
    relay: { lag: 6, readyLag: 5, state: 'publishing' },
  }
  const checks = gatewayChecks(pulse)
  t.same(
    alertsOfGatewayChecks(checks).map(({ runbook }) => runbook),
    idsOf(ALARMS, ({ gatewayCheck }) => gatewayCheck),
  )
  t.same(
    gatewayChecks({ ...pulse, passAgeMs: 1, relay: null }).map(({ name, ok }) => `${name} ${ok}`),
    ['g passes true'],
    'a gateway that publishes no headers has no lag',
  )
  t.same(alertsOfGatewayChecks([{ name: 'running', ok: false, found: '0 gateways' }]), [
    { level: 'warn', message: 'running: 0 gateways', time: null, runbook: null },
  ])
  t.end()
})

t.test('a ledger that does not keep up', (t) => {
  const well = { height: 8, nodeHeight: 10, trouble: null }
  t.same(ledgerChecks(well), [{ name: 'ledger', ok: true, found: 'block 8, 2 behind the node' }])
  t.same(alertsOfLedger({ ...well, nodeHeight: null }), [])
  for (const [pulse, message] of [
    [{ ...well, nodeHeight: 11 }, 'ledger: block 8, 3 behind the node'],
    [{ ...well, height: null }, 'ledger: no block yet'],
    [{ ...well, trouble: 'the node is away' }, 'ledger: the node is away'],
  ] as const)
    t.match(alertsOfLedger(pulse), [{ message, runbook: 'LedgerLags' }])
  t.end()
})

t.test('a peg that is not looked at, and one that stands still', (t) => {
  const well = { lookAgeMs: 300_000, trouble: null, frozen: false }
  t.same(
    pegsChecks(well).map(({ name, ok }) => `${name} ${ok}`),
    ['looks true', 'height true'],
  )
  for (const [pulse, name, found] of [
    [{ ...well, lookAgeMs: 300_001 }, 'looks', '5 min ago'],
    [{ ...well, lookAgeMs: null }, 'looks', 'none yet'],
    [{ ...well, lookAgeMs: null, trouble: 'it is away' }, 'looks', 'it is away'],
    [{ ...well, frozen: true }, 'height', 'it stands still'],
  ] as const)
    t.same(
      pegsChecks(pulse).filter(({ ok }) => !ok),
      [{ name, ok: false, found }],
    )
  t.end()
})

t.test('a basket that is not looked at, and one that lacks what is owed', (t) => {
  const well = { lookAgeMs: 3_600_000, waits: null, missing: 0 }
  t.same(
    basketChecks(well).map(({ name, ok }) => `${name} ${ok}`),
    ['looks true', 'owed true'],
  )
  for (const [pulse, name, found] of [
    [
      { ...well, lookAgeMs: 3_600_001, waits: 'the ledger lacks 3 blocks' },
      'looks',
      '60 min ago: the ledger lacks 3 blocks',
    ],
    [{ ...well, missing: 12.345 }, 'owed', '12.35 USD missing'],
  ] as const)
    t.same(
      basketChecks(pulse).filter(({ ok }) => !ok),
      [{ name, ok: false, found }],
    )
  t.same(basketChecks({ lookAgeMs: null, waits: null, missing: null }), [
    { name: 'looks', ok: false, found: 'none yet' },
  ])
  t.end()
})

t.test('markets that are not looked at, and an exchange that tells nothing', (t) => {
  const well = { lookAgeMs: 300_000, silent: [] }
  t.same(
    pegWatchChecks(well).map(({ name, ok }) => `${name} ${ok}`),
    ['looks true', 'exchanges true'],
  )
  for (const [pulse, name, found] of [
    [{ ...well, lookAgeMs: 300_001 }, 'looks', '5 min ago'],
    [{ ...well, lookAgeMs: null }, 'looks', 'none yet'],
    [{ ...well, silent: ['gate', 'kraken'] }, 'exchanges', 'none of gate, kraken'],
  ] as const)
    t.same(
      pegWatchChecks(pulse).filter(({ ok }) => !ok),
      [{ name, ok: false, found }],
    )
  t.end()
})

t.test('the watchdog: each rule has a reason when nothing is right, and none when all is', (t) => {
  const limits: WatchLimits = {
    ...{ slowShare: 0.25, noEntryBlocks: 4, pricesMs: 1000, nodeMs: 1000, hot: 90, cool: 80, freeBytes: 100 },
  }
  const well: WatchSeen = {
    ...{ silent: [], slow: [], blocksWithoutEntry: 4, pricesAgeMs: 1000, nodeAwayMs: 1000 },
    ...{ temperature: 89, freeBytes: 100 },
  }
  const wrong: WatchSeen = {
    ...{ silent: [1], slow: [2], blocksWithoutEntry: 5, pricesAgeMs: 1001, nodeAwayMs: 1001 },
    ...{ temperature: 90, freeBytes: 99 },
  }
  t.ok(WATCHDOG_RULES.length > 5)
  for (const { kind, why } of WATCHDOG_RULES) {
    t.equal(why(well, limits, false), null, kind)
    t.match(why(wrong, limits, false), /\w/, kind)
    t.match(
      why(wrong, limits, true),
      why(wrong, limits, false) ?? '',
      `${kind}: it lasts as long as its reason`,
    )
  }
  t.end()
})

t.test('notices lead to the runbook', (t) => {
  const notice = (code: string) => alertOfNotice({ time: 5, level: 'warn', code, message: 'look' })
  for (const { id, notices = [], watchdog } of ALARMS)
    for (const code of [...notices, ...(watchdog ? [watchdog.code] : [])])
      t.same(notice(code), { level: 'warn', message: `${code}: look`, time: 5, runbook: id })
  t.equal(notice('E_WATCH_REPORT').runbook, null)
  t.end()
})
