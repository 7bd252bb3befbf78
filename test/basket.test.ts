/**
 * A basket that is kept on an embedded chain by programs that are killed in each phase of it: `npm run test:basket` keeps
 * it for 30 blocks. `npm test` does it once, since desk/basket/crashes.test.ts tells of each step of a look.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

import { addSecrets, closeVault, EMPTY_VAULT, openLedger, readAddress, writeWallet } from '../ledger/index.js'
import { HISTORY_FILE } from '../oracle/index.js'
import { runHere } from './fixtures/in-process.js'
import { endMinutes, manualFlags } from './fixtures/minutes.js'
import { start, type Event } from './fixtures/program.js'

const MINED = 'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q'
const SAND = 'Fs3E9gV6DXsYzf7Fqx1fVBQPQXV695eP3k5XbmHEZVRLkMdD9qCK'
const PASSPHRASE = 'correct-horse-battery'
const BLOCKS = Number(process.env['BASKET'] ?? 1)
/** When it is killed: at the first event of this kind. */
const PHASES = [
  'basket.plan',
  'basket.signed',
  'basket.sent',
  'basket.waiting',
  'basket',
  'basket.earlier',
] as const
/** So many kills at least. */
const LEAST = BLOCKS > 1 ? PHASES.length : 2

const dir = t.testdir()
const wallet = join(dir, 'miner.wallet')
const miners = addSecrets({ addresses: [], vault: EMPTY_VAULT }, [SAND], 'miner')
const cheap = { passphrase: PASSPHRASE, cost: { logN: 4, r: 8, p: 1 } }
writeWallet(wallet, await closeVault(miners.addresses, miners.vault, cheap))
const file = join(dir, 'basket.yaml')
writeFileSync(
  file,
  'holdings: { PEG: 0, pEUR: 1, pXBT: 1 }\nband: 0.1\nleast: 0.001\nrun: { send: true, mostADay: 1000000 }\n',
)

const keeper = (more: readonly string[] = []) =>
  start(
    ['basket', 'run', file, ...['--wallet', wallet, '--data-dir', dir, '--config', 'off', '--json'], ...more],
    { PEGMINER_WALLET_PASSPHRASE: PASSPHRASE },
  )

t.test('a basket, killed in each phase', { timeout: 900_000 }, async (t) => {
  const miner = start([
    ...['mine', '--network', 'dev', ...manualFlags(dir), '--bits', '10'],
    ...['--dir', join(dir, 'maps'), '--data-dir', dir, '--metrics-port', '0', '--threads', '1', '--json'],
  ])
  const minutes = endMinutes(miner)
  t.teardown(async () => {
    await miner.kill()
    await minutes
  })
  await miner.event('graded', ({ reward }) => Number(reward) > 0)
  const query = openLedger(join(dir, HISTORY_FILE))
  t.teardown(() => query.close())
  const address = readAddress(MINED) ?? ''

  const dry = keeper(['--dry-run'])
  t.match(await dry.event('basket.plan'), {
    reason: 'band',
    conversions: [{ ticker: 'PEG' }, { ticker: 'PEG' }],
  })
  await dry.kill()
  t.notOk(dry.events.some(({ event }) => event === 'basket.signed'))

  const heard: Event[] = []
  const kills = new Map<string, number>()
  const begun = query.about().height
  for (let round = 0; round < LEAST || query.about().height < begun + BLOCKS; round++) {
    const phase = PHASES[round % PHASES.length] as string
    const kept = keeper()
    t.teardown(() => kept.kill())
    await kept.event(phase)
    await kept.kill()
    kills.set(phase, (kills.get(phase) ?? 0) + 1)
    heard.push(...kept.events)
  }
  // Once more without a kill, until all of it is in the ledger and the next is decided.
  const last = keeper()
  t.teardown(() => last.kill())
  const { height: from } = await last.event('basket.plan')
  await last.event('basket.plan', ({ height }) => height !== from)
  const until = last.events.findLastIndex(({ event }) => event === 'basket.plan')
  heard.push(...last.events.slice(0, until))
  const second = await keeper(['--once']).ended
  t.match(second, { code: 2, stderr: /E_CLI_BASKET/ }, 'two would convert the same surplus')
  await last.kill()

  const lines = query.historyOf(address, {}).filter(({ kind }) => kind === 'conversion')
  const signed = new Set(heard.filter(({ event }) => event === 'basket.signed').map(({ hash }) => hash))
  t.ok(lines.length >= 2, `${lines.length} conversions of ${signed.size} that were signed`)
  t.equal(new Set(lines.map(({ hash }) => hash)).size, lines.length, 'none is there twice')
  const acknowledged = heard.filter(({ event, state }) => event === 'basket.sent' && state === 'acknowledged')
  t.ok(acknowledged.length >= 2)
  t.same(
    acknowledged.filter(({ hash }) => !lines.some((line) => line.hash === hash)),
    [],
    'what the node has taken is in the ledger',
  )
  const later = new Set(last.events.slice(until).map(({ hash }) => hash))
  t.ok(
    lines.every(({ hash }) => signed.has(hash) || later.has(hash)),
    'and none that was not told',
  )
  t.same(
    lines.filter(({ status }) => status < 0),
    [],
    'none wanted what was spent already',
  )
  // What was decided before an earlier one was executed would convert its surplus again.
  const again = lines.filter((line, k) =>
    lines
      .slice(0, k)
      .some(
        (earlier) => earlier.target === line.target && (earlier.status === 0 || line.height < earlier.status),
      ),
  )
  t.same(again, [], 'nothing is converted twice')
  t.comment(
    `${query.about().height - begun} blocks, ${signed.size} batches signed, ${lines.length} converted, none twice; killed at: ${[...kills].map(([phase, count]) => `${phase} ${count}`).join(', ')}`,
  )
  const held = query.balancesOf(address)
  t.ok((held.get('pEUR') ?? 0n) > 0n && (held.get('pXBT') ?? 0n) > 0n)

  const svg = join(dir, 'basket.svg')
  const words = ['basket', 'simulate', file, '--data-dir', dir, '--config', 'off', '--plot', svg]
  const simulated = await runHere([...words, '--csv'])
  t.match(simulated, { code: 0, stdout: /^height,time,usd,holding,drift,conversion\n(\d+,20.*\n){3,}$/ })
  t.match(readFileSync(svg, 'utf8'), /^<svg .*>left alone</s)
  t.match(
    (await runHere([...words, '--json'])).stdout,
    /"event":"basket.converted".*"event":"basket.simulated"/s,
  )
  t.match((await runHere(words)).stdout, /WORST FALL +\d/)
})

t.test('an attack', async (t) => {
  const svg = join(dir, 'attack.svg')
  const words = ['simulate', 'attack', 'small', ...['--vary', 'share', '--values', '10,90', '--blocks', '20']]
  const more = ['--hashrate', '1000', '--config', 'off', '--threads', '1', '--plot', svg]
  const { code, stdout } = await runHere([...words, ...more])
  t.match(
    { code, stdout },
    { code: 0, stdout: /SUPPOSED[^]* {6}90 +100\.0 %[^]*COST +share 90 %: 3\.33e10 hashes/ },
  )
  t.match(readFileSync(svg, 'utf8'), /price moved/)
  const csv = await runHere([...words, ...more, '--csv'])
  t.match(csv.stdout, /^share,blocks,first,[^]*\n10,20,[^]*\n90,20,1,/)
  t.match((await runHere([...words, ...more, '--json'])).stdout, /"event":"attack.done","time"/)
})
