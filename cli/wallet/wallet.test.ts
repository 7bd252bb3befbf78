/** `pegminer wallet` in this process: words, files, what is shown and what never is. */
import fs, { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'

import t from 'tap'

import {
  addSecrets,
  closeVault,
  EMPTY_VAULT,
  openVault,
  readWallet,
  writeWallet,
  type Wallet,
} from '../../ledger/index.js'
import { runProgram } from '../program/program.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

const SAND = 'Fs3E9gV6DXsYzf7Fqx1fVBQPQXV695eP3k5XbmHEZVRLkMdD9qCK'
const SAND_ADDRESS = 'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q'
const ETHEREUM = '0xbde0723b3236d7b7613d11c6c93c57ad89fd7f7c586aaa18f7a1b392aa2c39fd'
const ETHEREUM_ADDRESS = 'FA2M5uK3aPrJ8RfHdbTUL1ySxp22s3TwQ3Js6n7jss7QErw3S6ae'
const YELLOW = Array<string>(12).fill('yellow').join(' ')
const YELLOW_ADDRESS = 'FA22de5NSG2FA2HmMaD4h8qSAZAJyztmmnwgLPghCQKoSekwYYct'
const PASSPHRASE = 'correct-horse-battery'

const dir = t.testdir()
const file = join(dir, 'wallet.json')
const written: string[] = []

async function run(words: string, env: Record<string, string> = { PEGMINER_WALLET_PASSPHRASE: PASSPHRASE }) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  let [out, err] = ['', '']
  stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const io = { stdin: Readable.from([]), stdout, stderr, interrupted: new AbortController().signal }
  const code = await runProgram(['wallet', ...words.split(' '), '--data-dir', dir, '--log-level', 'debug'], {
    ...io,
    env: { PEGMINER_CONFIG: 'off', ...env },
  })
  await new Promise((resolve) => setImmediate(resolve))
  written.push(out, err)
  const events = words.includes('--json')
    ? out
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    : []
  return { code, out, err, events }
}

/** One whose passphrase costs nothing to try. */
async function cheapWallet(secrets: readonly string[] = []): Promise<void> {
  const { addresses, vault } = addSecrets({ addresses: [], vault: EMPTY_VAULT }, secrets, null)
  writeWallet(
    file,
    await closeVault(addresses, vault, { passphrase: PASSPHRASE, cost: { logN: 4, r: 8, p: 1 } }),
  )
}

t.test('addresses: new, imported, watched', async (t) => {
  t.match(await run('list'), { code: 2, err: /E_WALLET_NONE/ })
  t.match(await run('new --name savings', {}), {
    code: 2,
    err: /E_CONFIG_MISSING: .*PEGMINER_WALLET_PASSPHRASE/,
  })
  t.match(await run('new', { PEGMINER_WALLET_PASSPHRASE: 'short' }), { code: 2, err: /8 to 400 characters/ })
  const first = await run('new --name savings --json')
  matchExactly(t, first, {
    code: 0,
    events: [{ event: 'wallet.address', name: 'savings', kind: 'words' }, { added: 1 }],
  })
  t.match(JSON.parse(readFileSync(file, 'utf8')), { sealed: { kdf: 'scrypt', logN: 17, r: 8, p: 1 } })
  await cheapWallet()
  t.match(await run('new --name savings'), { code: 0, out: /FA\w{50} {2}words +savings\n.*list --words/s })
  t.match(await run('new', { PEGMINER_WALLET_PASSPHRASE: 'another passphrase' }), {
    code: 2,
    err: /E_WALLET_PASSPHRASE/,
  })
  t.match(await run('new --words'), { code: 2, err: /on a terminal only/ })
  t.match(await run('list --words --json'), { code: 2, err: /on a terminal only/ })
  t.match(await run('new --name savings'), { code: 2, err: /E_WALLET_NAME/ })

  t.match(
    await run(`import ${SAND_ADDRESS} --name sand`, {}),
    { code: 0, out: /watched +sand/ },
    'needs no passphrase',
  )
  const secret = join(dir, 'secret')
  writeFileSync(secret, `${SAND}\n`, { mode: 0o600 })
  const from = { PEGMINER_WALLET_PASSPHRASE: PASSPHRASE, PEGMINER_WALLET_SECRET_FILE: secret }
  matchExactly(t, await run('import --json', from), {
    code: 0,
    events: [{ address: SAND_ADDRESS, kind: 'factoid', name: 'sand' }, { added: 1 }],
  })
  t.match(await run('import', from), { code: 0, out: /all there already/ })
  writeFileSync(
    secret,
    JSON.stringify({ 'wallet-seed': YELLOW, addresses: [{ secret: SAND }], more: ETHEREUM }),
  )
  matchExactly(t, await run(`import ${secret} --addresses 2 --json`), {
    code: 0,
    events: [
      { address: YELLOW_ADDRESS, kind: 'words' },
      { kind: 'words' },
      { address: ETHEREUM_ADDRESS },
      {},
    ],
  })
  t.match(
    await run("import --path m/7'", {
      ...from,
      PEGMINER_WALLET_SECRET: 'x',
      PEGMINER_WALLET_SECRET_FILE: '',
    }),
    {
      code: 2,
      err: /E_WALLET_SECRET: no secret was found/,
    },
  )
  t.match(await run(`import ${join(dir, 'none')}`), { code: 2, err: /no address .* and no file/ })
  t.match(await run('import'), { code: 2, err: /E_CONFIG_MISSING: what is to be imported/ })

  const { events } = await run('list --json', {})
  t.same(
    events.map(({ kind }) => kind),
    ['words', 'factoid', 'words', 'words', 'ethereum'],
  )
})

t.test('an address as each token has it', async (t) => {
  const { events } = await run('address sand --json', {})
  matchExactly(t, events, [
    { event: 'wallet.address', address: SAND_ADDRESS, typed: { PEG: /^PEG_/, pUSD: /^pUSD_/ } },
  ])
  t.equal(Object.keys(events[0]?.['typed'] as object).length, 62)
  t.match((await run('address sand pUSD', {})).out, /^ FA2jK\w+ {2}sand\n\n pUSD_\w+\n/)
  for (const [words, error] of [
    ['address', /E_WALLET_ADDRESS: .*several/],
    ['address nobody', /E_WALLET_ADDRESS: .*"nobody"/],
    ['address sand pusd', /did you mean pUSD/],
    ['', /wallet does not know ""/],
    ['lits', /did you mean list/],
    ['list x', /unexpected argument "x"/],
  ] as const)
    t.match(await run(words, {}), { code: 2, err: error }, words)
  await cheapWallet([SAND])
  matchExactly(t, (await run('address pXBT --json', {})).events, [
    { address: SAND_ADDRESS, typed: { pXBT: /^pXBT_/ } },
  ])
  writeWallet(file, {
    ...readWallet(file),
    addresses: [{ ...readWallet(file).addresses[0]!, address: YELLOW_ADDRESS }],
  })
  t.match(await run('new'), { code: 1, err: /E_WALLET_FILE: .*tampered/ })
})

t.test('another passphrase, also where the program ends half-way', async (t) => {
  const other = 'a longer passphrase'
  const both = { PEGMINER_WALLET_PASSPHRASE: PASSPHRASE, PEGMINER_WALLET_NEW_PASSPHRASE: other }
  await cheapWallet([SAND, ETHEREUM])
  const before = readWallet(file)
  const secrets = [SAND, ETHEREUM]
  t.match(await run('passphrase'), { code: 2, err: /PEGMINER_WALLET_NEW_PASSPHRASE_FILE/ })
  t.match(await run('passphrase', { ...both, PEGMINER_WALLET_PASSPHRASE: other }), {
    ...{ code: 2, err: /E_WALLET_PASSPHRASE/ },
  })
  t.match(await run('passphrase', { ...both, PEGMINER_WALLET_NEW_PASSPHRASE: 'short' }), { code: 2 })
  t.same(readWallet(file), before)

  let [old, changed] = [0, 0]
  for (let step = 0; ; step++) {
    await cheapWallet(secrets)
    const { code } = await endingAt(step, () => run('passphrase', both))
    const wallet = readWallet(file)
    const isNew = wallet.sealed?.salt !== before.sealed?.salt && (await opens(wallet, other))
    t.ok(isNew || (await opens(wallet, PASSPHRASE)), `step ${step}: the keys are there`)
    t.same((await openVault(wallet, isNew ? other : PASSPHRASE)).secrets, secrets)
    if (isNew) changed++
    else old++
    if (code === 0) break
    t.ok(step < 100)
  }
  t.ok(old >= 4 && changed >= 4, `${old} ends before the new file, ${changed} behind it`)
  matchExactly(t, await run('passphrase --json', { ...both, PEGMINER_WALLET_PASSPHRASE: other }), {
    events: [{ event: 'wallet.passphrase', file, addresses: 2 }],
  })
  t.match(readWallet(file).sealed, { logN: 4 }, 'a cost that was chosen is kept')
  writeWallet(file, { ...readWallet(file), sealed: null, addresses: [] })
  t.match(await run('passphrase', both), { code: 2, err: /without keys it has no passphrase/ })
})

const opens = (wallet: Wallet, passphrase: string): Promise<boolean> =>
  openVault(wallet, passphrase).then(
    () => true,
    () => false,
  )

/** The process ends before its call of this number that writes: from then on nothing of it comes to the disk. */
async function endingAt<T>(step: number, work: () => Promise<T>): Promise<T> {
  let left = step
  const mortal =
    <A extends unknown[], R>(call: (...values: A) => R) =>
    (...values: A): R => {
      if (left-- <= 0) throw new Error('ended')
      return call(...values)
    }
  const names = ['openSync', 'writeSync', 'fsyncSync', 'renameSync', 'rmSync', 'closeSync'] as const
  const kept = names.map((name) => [name, fs[name] as (...values: unknown[]) => unknown] as const)
  for (const [name, call] of kept) Object.assign(fs, { [name]: mortal(call) })
  try {
    return await work()
  } finally {
    Object.assign(fs, Object.fromEntries(kept))
  }
}

t.test('no secret in anything that was written', (t) => {
  const all = written.join('\n')
  for (const secret of [
    SAND,
    ETHEREUM,
    ETHEREUM.slice(2),
    YELLOW,
    PASSPHRASE,
    'another passphrase',
    'a longer passphrase',
  ])
    t.notOk(all.includes(secret))
  t.end()
})
