/**
 * Two wallets on an embedded chain: mined PEG is converted, sent and converted back, and each balance is what the history
 * says. A third one only watches, and has its batches signed from file to file.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

import {
  addNext,
  addSecrets,
  addWatched,
  closeVault,
  composeBatch,
  EMPTY_VAULT,
  keyIn,
  ledgerChains,
  openLedger,
  openOutbox,
  readAddress,
  signBatch,
  writeWallet,
  type LedgerQueries,
} from '../ledger/index.js'
import { HISTORY_FILE } from '../oracle/index.js'
import { networkOf } from '../pegnet/index.js'
import { runHere } from './fixtures/in-process.js'
import { matchExactly } from './fixtures/match-exactly.js'
import { endMinutes, manualFlags } from './fixtures/minutes.js'
import { start, type Event } from './fixtures/program.js'

const MINED = 'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q'
const SAND = 'Fs3E9gV6DXsYzf7Fqx1fVBQPQXV695eP3k5XbmHEZVRLkMdD9qCK'
const CHAIN = ledgerChains(networkOf('dev')).transactions
const PASSPHRASE = 'correct-horse-battery'

const dir = t.testdir()
const fileOf = (name: string): string => join(dir, `${name}.wallet`)
/** Whose passphrase costs nothing to try. */
const cheap = { passphrase: PASSPHRASE, cost: { logN: 4, r: 8, p: 1 } }
const miners = addSecrets({ addresses: [], vault: EMPTY_VAULT }, [SAND], 'miner')
const others = addNext({ addresses: [], vault: EMPTY_VAULT }, 'other')
const OTHER = others.addresses[0]?.address ?? ''
writeWallet(fileOf('one'), await closeVault(miners.addresses, miners.vault, cheap))
writeWallet(fileOf('two'), await closeVault(others.addresses, others.vault, cheap))
writeWallet(fileOf('watch'), { addresses: addWatched([], MINED, null).addresses, sealed: null })

async function wallet(name: string, ...words: string[]) {
  const { code, stdout, stderr } = await runHere(
    ['wallet', ...words, '--wallet', fileOf(name), '--data-dir', dir, '--config', 'off', '--json'],
    '',
    { PEGMINER_WALLET_PASSPHRASE: PASSPHRASE },
  )
  const events = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event)
  return {
    code,
    stderr,
    events,
    last: events.at(-1),
    of: (kind: string) => events.filter(({ event }) => event === kind),
  }
}

t.test('mined, converted, sent, converted back', { timeout: 400_000 }, async (t) => {
  const miner = start([
    ...['mine', '--network', 'dev', ...manualFlags(dir), '--bits', '10'],
    ...['--dir', join(dir, 'maps'), '--data-dir', dir, '--metrics-port', '0', '--threads', '1', '--json'],
  ])
  t.teardown(() => miner.kill())
  const minutes = endMinutes(miner)
  await miner.event('graded', ({ reward }) => Number(reward) > 0)
  const query: LedgerQueries = openLedger(join(dir, HISTORY_FILE))
  t.teardown(() => query.close())
  /** Resolves when the ledger has executed or refused what was sent. */
  const executed = async ({ last, stderr }: Awaited<ReturnType<typeof wallet>>): Promise<number> => {
    const hash = last?.['hash']
    if (typeof hash !== 'string') throw new Error(`nothing was sent: ${stderr}`)
    for (let seen = -1; ;) {
      const { status = 0 } = query.statusOf(hash) ?? {}
      if (status !== 0) return status
      const next = await miner.event('graded', (event) => (event['height'] as number) > seen)
      seen = next['height'] as number
    }
  }
  t.ok((query.balancesOf(readAddress(MINED) ?? '').get('PEG') ?? 0n) > 0n)
  t.match(await wallet('one', 'convert', '100', 'PEG', 'pUSD'), { code: 2, stderr: /E_CLI_CONFIRM/ })
  const dry = await wallet('one', 'convert', '100', 'PEG', 'pUSD', '--dry-run')
  t.match(dry.last, {
    event: 'wallet.entry',
    signed: false,
    content: /"amount":10000000000,"type":"PEG"},"conversion":"pUSD"/,
  })
  const converted = await wallet('one', 'convert', '100', 'PEG', 'pUSD', '--yes')
  matchExactly(t, converted.of('wallet.quote'), [
    { would: 'executed', converted: [{ index: 0, amount: /^\d+$/ }] },
  ])
  t.match(converted.last, { event: 'wallet.sent', state: 'acknowledged' })
  t.match(await wallet('one', 'convert', '100', 'PEG', 'pUSD', '--yes'), {
    code: 2,
    stderr: /E_WALLET_AGAIN/,
  })
  const { height } = query.statusOf(String(converted.last?.['hash'])) ?? {}
  const at = await executed(converted)
  t.ok(at > (height ?? 0), 'by a later block')

  const quoted = BigInt(
    (converted.of('wallet.quote')[0] as unknown as { converted: [{ amount: string }] }).converted[0].amount,
  )
  const plan = join(dir, 'plan.json')
  const half = `0.${String(quoted / 2n).padStart(8, '0')}`
  const to = [
    { address: OTHER, amount: half },
    { address: OTHER, amount: '0.00000001' },
  ]
  writeFileSync(
    plan,
    JSON.stringify({
      transactions: [
        { token: 'pUSD', to },
        { token: 'PEG', to: [{ address: OTHER, amount: '7' }] },
      ],
    }),
  )
  const sent = await wallet('one', 'send', '--file', plan, '--yes')
  t.match(sent.last, { event: 'wallet.sent', state: 'acknowledged' }, sent.stderr)
  matchExactly(
    t,
    sent.of('wallet.earlier'),
    [{ fate: 'executed', height: at, unfinished: false }],
    'the next call tells what became of the one before',
  )
  t.ok((await executed(sent)) > 0)

  // A run that was killed behind its signature: nothing of it is sent before that is told, and answered with yes.
  const give = (amount: bigint) => {
    const input = { address: readAddress(MINED) ?? '', ticker: 'PEG', amount }
    const outputs = [{ address: readAddress(OTHER) ?? '', amount }]
    const unsigned = composeBatch(CHAIN, [{ kind: 'transfer', input, outputs }])
    const batch = signBatch(unsigned, keyIn(miners.vault, MINED), Math.floor(Date.now() / 1000))
    openOutbox(join(dir, 'wallet', 'outbox.json')).add(batch)
    return batch.entry.hash
  }
  const left = give(300_000_000n)
  const unasked = await wallet('one', 'send', '2', 'PEG', OTHER)
  t.match(unasked, { code: 2, stderr: /E_CLI_CONFIRM/ })
  matchExactly(t, unasked.of('wallet.earlier').slice(1), [
    { hash: left, fate: 'open', unfinished: true, sentAgain: null },
  ])
  const asked = await wallet('one', 'send', '2', 'PEG', OTHER, '--yes')
  t.match(asked.last, { event: 'wallet.sent', state: 'acknowledged', resumed: false }, asked.stderr)
  matchExactly(
    t,
    asked.events.map((event) => [event.event, event['unfinished'], event['sentAgain']]),
    [
      ['wallet.earlier', true, null],
      ['wallet.earlier', true, 'acknowledged'],
      ['wallet.quote', undefined, undefined],
      ['wallet.sent', undefined, undefined],
    ],
    'it was in no block, and not with the node, when it was told',
  )
  const own = give(400_000_000n)
  t.match((await wallet('one', 'send', '4', 'PEG', OTHER, '--yes')).last, {
    ...{ event: 'wallet.sent', hash: own, state: 'acknowledged', resumed: true },
  })

  for (const [words, why] of [
    [['convert', '0.001', 'pUSD', 'PEG'], /nothing converts into PEG any more/],
    [['convert', '0.001', 'pUSD', 'pFCT'], /nothing converts into pFCT any more/],
    [['send', '1000000', 'PEG', MINED], /PEG to spend/],
  ] as const)
    t.match(await wallet('two', ...words, '--yes'), { code: 1, stderr: why })
  const back = await wallet('two', 'convert', '0.001', 'pUSD', 'pEUR', '--yes')
  t.ok((await executed(back)) > 0, back.stderr)

  // Without a key, from file to file.
  t.match(await wallet('watch', 'send', '1', 'PEG', OTHER, '--yes'), { code: 2, stderr: /E_WALLET_KEY/ })
  const [unsigned, signed] = [join(dir, 'unsigned.json'), join(dir, 'signed.json')]
  t.match(await wallet('watch', 'send', '1', 'PEG', OTHER, '--out', unsigned), {
    code: 0,
    last: { event: 'wallet.written' },
  })
  t.match(await wallet('watch', 'sign', unsigned, '--out', signed, '--yes'), {
    code: 2,
    stderr: /E_WALLET_KEY/,
  })
  t.match(await wallet('one', 'sign', unsigned, '--out', signed, '--yes'), {
    code: 0,
    last: { event: 'wallet.signed' },
  })
  t.match(await wallet('one', 'sign', unsigned, '--out', signed, '--yes'), {
    code: 2,
    stderr: /E_CONFIG_EXISTS/,
  })
  const elsewhere = join(dir, 'elsewhere.json')
  t.match(await wallet('watch', 'send', '--file', signed, '--out', elsewhere, '--yes'), {
    code: 2,
    stderr: /a signed batch is sent, not written/,
  })
  const foreign = await wallet('watch', 'send', '--file', signed, '--yes')
  t.match(foreign.last, { event: 'wallet.sent', state: 'acknowledged' }, foreign.stderr)
  t.match((await wallet('watch', 'send', '--file', signed, '--yes')).last, {
    event: 'wallet.sent',
    state: 'known',
  })
  t.ok((await executed(foreign)) > 0)

  miner.child.kill('SIGTERM')
  t.equal((await miner.ended).code, 130)
  await minutes
  for (const [name, address] of [
    ['one', MINED],
    ['two', OTHER],
  ] as const) {
    const history = await wallet(name, 'history', '--count', '1000000')
    const sums: Record<string, bigint> = {}
    for (const { changes } of history.of('wallet.action') as unknown as { changes: Record<string, string> }[])
      for (const [ticker, change] of Object.entries(changes))
        sums[ticker] = (sums[ticker] ?? 0n) + BigInt(change)
    const held = await wallet(name, 'balance')
    t.equal(held.code, 0, held.stderr)
    const [{ balances, usd }] = held.of('wallet.balance') as unknown as [
      { balances: Record<string, string>; usd: string },
    ]
    const left = Object.entries(sums).filter(([, sum]) => sum !== 0n)
    t.same(
      Object.fromEntries(left.map(([ticker, sum]) => [ticker, String(sum)])),
      balances,
      `${name}: each balance is explained`,
    )
    t.ok(BigInt(usd) > 0n)
    if (name === 'two') t.same(Object.keys(balances), ['PEG', 'pUSD', 'pEUR'], address)
  }
  const written = readFileSync(signed, 'utf8') + readFileSync(unsigned, 'utf8')
  t.notMatch(written + miner.events.map((event) => JSON.stringify(event)).join(''), new RegExp(SAND))
})
