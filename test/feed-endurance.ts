/**
 * By hand: the built program with three gateways, each on a pair of embedded chains of its own (in this process), and
 * with two honest signers of a fourth, of two keys of three, whose third signer is a thief
 * (`oracle/feed/fixtures/thief.ts`), while a stranger pays into markers and the deposit address; with random trouble
 * for `MINUTES` minutes (default 60). Prints a line a minute; at the end every header and every payout is held against
 * the chains. Exit code 1 if one is missing, doubled or wrong, if the lag did not come back to the depth after a
 * trouble, or if the program ended by itself, as an unhandled rejection makes it.
 *
 *   npm run build && MINUTES=60 node --import '#typescript' test/feed-endurance.ts
 *
 * `TROUBLE=asset reorg,warm-up` tries only these. Time is counted in looks of a second each: a machine that sleeps in
 * between makes nothing late.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import { startDevKomodo, type DevKomodo } from '../komodo/dev/index.js'
import { reachable, truth } from '../oracle/feed/fixtures/rig.js'
import { createThief, payments } from '../oracle/feed/fixtures/thief.js'
import { encodePayload } from '../komodo/index.js'
import { RELAY_STATES } from '../oracle/feed/index.js'
import { gatewayOf } from './fixtures/gateway.js'
import { start, type Event } from './fixtures/program.js'

const MINUTES = Number(process.env['MINUTES'] ?? 60)
const BLOCK_SECONDS = { asset: 3, reference: 6 }
const DEPTH = 10
const AMOUNT = 30_000_000n
const FEES = 20_000n
/** A lag that is not back after so many looks, one a second, never comes back. */
const PATIENCE = 240
const folder = mkdtempSync(join(tmpdir(), 'feed-endurance-'))
const say = (text: string): void =>
  void process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`)

const pairs: DevKomodo[] = []
for (const k of [0, 1, 2])
  pairs.push(
    await startDevKomodo({
      dataDir: join(folder, `chains${k}`),
      seed: `endurance ${k}`,
      subscriptions: 8,
      blockSeconds: BLOCK_SECONDS,
      walletDelayMs: 500,
    }),
  )
const nameOf = (k: number): string => `gateway${k}`
/** Two honest signers of three. */
const contested = await startDevKomodo({
  dataDir: join(folder, 'contested'),
  seed: 'endurance contested',
  gateways: [{ m: 2, n: 3 }],
  subscriptions: 8,
  blockSeconds: BLOCK_SECONDS,
})
const thief = await createThief(contested)
const deeds = new Map<string, number>()
const honest = [1, 2].map((operator) => {
  const { asset, reference, pubkey } = contested.operators[operator]!
  return {
    ...gatewayOf(contested),
    name: `honest${operator}`,
    asset: { name: contested.assetName, ...asset },
    reference: { name: 'KMDDEV', ...reference },
    pubkey,
    headers: false,
    timeout: 5,
  }
})
const contestedBefore = contested.control.balance('reference', contested.user.address)
const contestedAsked: string[] = []
const config = join(folder, 'pegminer.yaml')
const section = {
  report: '* * * * *',
  gateways: [
    ...pairs.map((chains, k) => ({
      name: nameOf(k),
      ...gatewayOf(chains),
      timeout: 5,
    })),
    ...honest,
  ],
}
writeFileSync(config, JSON.stringify({ feed: section }), { mode: 0o600 })
const began = pairs.map(({ control, user }) => control.balance('reference', user.address))
const program = start(
  ['feed', '--config', config, '--data-dir', join(folder, 'data'), '--json', '--metrics-port', '0'],
  { HOME: folder },
)
process.on('exit', () => program.child.kill('SIGKILL'))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))
const metricsUrl = (await program.event('start'))['metrics'] as string

interface Scrape {
  /** Of one series, by its name and labels as they are printed; NaN if it is not there. */
  value(series: string): number
}

async function scrape(): Promise<Scrape> {
  const reply = await fetch(metricsUrl, { headers: { connection: 'close' } })
  const values = new Map<string, number>()
  for (const line of (await reply.text()).split('\n')) {
    const at = line.lastIndexOf(' ')
    if (at > 0 && !line.startsWith('#')) values.set(line.slice(0, at), Number(line.slice(at + 1)))
  }
  const ordered = new Map([...values].map(([series, value]) => [sorted(series), value]))
  return { value: (series) => ordered.get(sorted(series)) ?? NaN }
}

/** Labels in the order of the alphabet. */
function sorted(series: string): string {
  const [, name = series, labels = ''] = /^([^{]+)\{(.*)\}$/.exec(series) ?? []
  const pairs = labels.match(/[a-z]+="[^"]*"/g) ?? []
  return `${name}{${[...pairs].sort().join()}}`
}

const lagOf = (seen: Scrape, k: number): number =>
  seen.value(`pegnet_feed_lag_blocks{gateway="${nameOf(k)}"}`)
const passOf = (seen: Scrape, k: number): number =>
  seen.value(`pegnet_feed_pass_timestamp_seconds{gateway="${nameOf(k)}"}`)

const stateOf = (seen: Scrape, k: number): string =>
  [
    `lag ${lagOf(seen, k)}`,
    ...RELAY_STATES.filter(
      (state) => seen.value(`pegnet_feed_state{gateway="${nameOf(k)}",state="${state}"}`) === 1,
    ),
    ...(['asset', 'reference'] as const).flatMap((chain) =>
      ['down', 'suspect', 'hung', 'frozen']
        .filter(
          (state) =>
            seen.value(
              `pegnet_feed_daemon_state{gateway="${nameOf(k)}",chain="${chain}",state="${state}"}`,
            ) === 1,
        )
        .map((state) => `${chain} ${state}`),
    ),
  ].join(', ')

const pick = (n: number): number => Math.floor(Math.random() * n)
const asked = pairs.map(() => 0)
const trouble: Record<string, (chains: DevKomodo, k: number) => Promise<void> | void> = {
  'reference reorg': ({ control }) => void control.reorg('reference', 1 + pick(15)),
  'asset reorg': ({ control }) => void control.reorg('asset', 1 + pick(3)),
  'asset daemon hangs': async ({ control }) => {
    control.hang('asset')
    await wait(15_000)
    await control.restart('asset')
  },
  'asset daemon freezes': async ({ control }) => {
    control.freeze('asset')
    await wait(25_000)
    await control.restart('asset', 0, { loseMempool: true })
  },
  'reference daemon hangs': async ({ control }) => {
    control.hang('reference')
    await wait(15_000)
    await control.restart('reference')
  },
  'reference daemon stops': async ({ control }) => {
    await control.stop('reference')
    await wait(6_000)
    await control.restart('reference')
  },
  'asset daemon killed': async ({ control }) => {
    await control.stop('asset')
    await wait(3_000)
    await control.restart('asset', 0, { loseMempool: true })
  },
  'warm-up': async ({ control }) => {
    control.warmUp('asset', 'Loading block index...')
    await wait(5_000)
    control.warmUp('asset', null)
  },
  'replies lost': async ({ control }) => {
    const unlisten = control.onCall(({ phase }) => (phase === 'done' && pick(4) === 0 ? 'drop' : undefined))
    await wait(8_000)
    unlisten()
  },
  withdrawal: async ({ control }, k) => {
    try {
      const txid = control.withdraw({ amount: AMOUNT })
      asked[k]!++
      while (control.mempool('asset').includes(txid)) await wait(500)
    } catch (error) {
      say(`a withdrawal was not possible: ${String(error)}`)
    }
  },
}

let over = false
void program.ended.then(() => (over = true))
const memory: { readonly minute: number; readonly heap: number; readonly rss: number }[] = []
let lowest = { heap: Infinity, rss: 0 }
let seconds = 0

/** The thief and the stranger act; a user asks for what he can. */
async function contest(ask: boolean): Promise<void> {
  const deed = await thief.act()
  if (deed !== null) {
    const kind = deed.replace(/ of [0-9a-f]+$/, '')
    deeds.set(kind, (deeds.get(kind) ?? 0) + 1)
  }
  if (!ask || seconds % 20 !== 0) return
  try {
    contestedAsked.push(contested.control.withdraw({ amount: AMOUNT }))
  } catch {
    // another one is pending
  }
}

/** The last state of each contested withdrawal, at either honest signer. */
const contestedState = (txid: string): readonly string[] =>
  honest.flatMap(({ name }) => {
    const steps = program.events.filter(
      (one) => one.event === 'withdrawal' && one['gateway'] === name && one['withdrawtxid'] === txid,
    )
    return steps.length === 0 ? [] : [steps.at(-1)!['state'] as string]
  })
const contestedDone = (): number =>
  contestedAsked.filter((txid) => contestedState(txid).includes('done')).length

/** Once a second; a line a minute. What the heap holds is the lowest of a minute: just after a collection. */
async function look(ask = true): Promise<Scrape> {
  await wait(1_000)
  seconds++
  await contest(ask)
  const seen = await scrape()
  lowest = {
    heap: Math.min(lowest.heap, seen.value('nodejs_heap_size_used_bytes')),
    rss: Math.max(lowest.rss, seen.value('process_resident_memory_bytes')),
  }
  if (seconds % 60 === 0) {
    memory.push({ minute: seconds / 60, ...lowest })
    const headers = program.events.filter(({ event }) => event === 'header').length
    const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)
    say(
      `heap ${mib(lowest.heap)} MiB, rss ${mib(lowest.rss)} MiB, lag ${pairs.map((_, k) => lagOf(seen, k)).join(' ')}, ${headers} headers, ` +
        `contested ${contestedDone()} of ${contestedAsked.length} done`,
    )
    lowest = { heap: Infinity, rss: 0 }
  }
  return seen
}

/** Seconds until the lag was back. */
const recoveries: { readonly name: string; readonly after: number }[] = []
const counts = new Map<string, number>()
const never: string[] = []
const only = process.env['TROUBLE']?.split(',')
const names = Object.keys(trouble).filter((name) => only?.includes(name) ?? true)
while (seconds < MINUTES * 60 && !over) {
  for (let pause = 5 + pick(10); pause > 0 && !over; pause--) await look()
  const k = pick(pairs.length)
  const name = names[pick(names.length)]!
  counts.set(name, (counts.get(name) ?? 0) + 1)
  await trouble[name]!(pairs[k]!, k)
  const since = Date.now()
  const isBack = (seen: Scrape): boolean => lagOf(seen, k) <= 1 && passOf(seen, k) * 1000 > since
  let after = 0
  while (!over) {
    const seen = await look()
    if (isBack(seen)) break
    if (++after % 60 === 0) say(`${nameOf(k)}, ${after} s after ${name}: ${stateOf(seen, k)}`)
    if (after < PATIENCE) continue
    never.push(`${nameOf(k)} after ${name}`)
    break
  }
  recoveries.push({ name, after })
}
say('waiting for quiet')
const latest = (k: number): Map<string, string> =>
  new Map(
    program.events
      .filter(({ event, gateway }) => event === 'withdrawal' && gateway === nameOf(k))
      .map(({ withdrawtxid, state }) => [withdrawtxid as string, state as string]),
  )
const isQuiet = (seen: Scrape): boolean =>
  pairs.every((_, k) => {
    const states = [...latest(k).values()]
    return states.length === asked[k] && states.every((state) => state === 'done') && lagOf(seen, k) <= 1
  })
let quiet = 0
for (let k = 0; k < PATIENCE && quiet < 5 && !over; k++) {
  quiet = isQuiet(await look(false)) && contestedDone() === contestedAsked.length ? quiet + 1 : 0
}
const early = over
program.child.kill('SIGINT')
const { code, stderr } = await program.ended

let wrong = early || code !== 130 || never.length > 0 ? 1 : 0
if (early || code !== 130) say(`the program ended with ${code}: ${stderr.slice(-2_000)}`)
for (const one of never) say(`the lag did not come back: ${one}`)
for (const [k, chains] of pairs.entries()) {
  const found = await reachable(chains)
  const newest = new Map(found.map((header) => [header.height, encodePayload(header)]))
  const true_ = await truth(chains, [...newest.keys()])
  const heights = [...newest.keys()].sort((a, b) => a - b)
  const missing = heights.at(-1)! - heights[0]! + 1 - heights.length
  const differ = heights.filter(
    (height) =>
      newest.get(height) !== true_.get(height) && height <= chains.control.height('reference') - DEPTH,
  )
  const sent = program.events.filter(({ event, gateway }) => event === 'header' && gateway === nameOf(k))
  const repairs = sent.filter(({ why }: Event) => why === 'repair').length
  const states = [...latest(k).values()]
  const done = states.filter((state) => state === 'done').length
  const paid = chains.control.balance('reference', chains.user.address) - began[k]!
  const due = BigInt(asked[k]!) * (AMOUNT - FEES)
  say(
    `${nameOf(k)}: ${heights.length} heights from ${heights[0]}, missing ${missing}, wrong ${differ.length}, ` +
      `written again ${found.length - heights.length} (${repairs} repairs), ` +
      `withdrawals asked ${asked[k]}, done ${done}, paid ${paid}, due ${due}`,
  )
  if (missing > 0 || differ.length > 0 || done !== asked[k] || paid !== due) wrong++
}
const contestedPaid = contested.control.balance('reference', contested.user.address) - contestedBefore
const contestedDue = BigInt(contestedAsked.length) * (AMOUNT - FEES)
say(
  `contested: asked ${contestedAsked.length}, done ${contestedDone()}, paid ${contestedPaid}, due ${contestedDue}; ` +
    [...deeds].map(([deed, count]) => `${deed} ${count}`).join(', '),
)
for (const txid of contestedAsked) {
  const times = await payments(contested, txid, AMOUNT)
  if (times === 1 && contestedState(txid).includes('done')) continue
  say(`${txid} is ${contestedState(txid).join(' and ')}, paid ${times} times`)
  wrong++
}
if (contestedPaid !== contestedDue) wrong++
const notices = new Map<string, number>()
for (const { event, code: of } of program.events)
  if (event === 'notice') notices.set(of as string, (notices.get(of as string) ?? 0) + 1)
const tally = (map: ReadonlyMap<string, number>): string =>
  [...map].map(([name, count]) => `${name} ${count}`).join(', ')
say(`trouble: ${tally(counts)}`)
say(`notices: ${tally(notices)}`)
say(`reports: ${program.events.filter(({ event }) => event === 'report').length}`)
for (const name of names) {
  const times = recoveries.filter((one) => one.name === name).map(({ after }) => after)
  times.sort((a, b) => a - b)
  if (times.length > 0)
    say(`back after ${name}: median ${times[times.length >> 1]} s, worst ${times.at(-1)} s`)
}
/** MiB an hour, by least squares; the first minutes, in which everything is compiled, left out. */
function slope(value: (one: (typeof memory)[number]) => number): string {
  const points = memory.slice(Math.min(10, memory.length >> 2))
  const mean = (of: (one: (typeof memory)[number]) => number): number =>
    points.reduce((sum, one) => sum + of(one), 0) / points.length
  const [x, y] = [mean(({ minute }) => minute), mean(value)]
  const above = points.reduce((sum, one) => sum + (one.minute - x) * (value(one) - y), 0)
  const below = points.reduce((sum, one) => sum + (one.minute - x) ** 2, 0)
  return `${((above / below / 2 ** 20) * 60).toFixed(2)} MiB an hour, mean ${(y / 2 ** 20).toFixed(1)} MiB`
}
say(`heap: ${slope(({ heap }) => heap)}; rss: ${slope(({ rss }) => rss)}; over ${memory.length} minutes`)
say(wrong === 0 ? 'all as it should be' : 'NOT as it should be')
thief.close()
for (const chains of [...pairs, contested]) await chains.close()
rmSync(folder, { recursive: true, force: true })
process.exit(wrong === 0 ? 0 : 1)
