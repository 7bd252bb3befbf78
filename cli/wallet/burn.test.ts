/** `pegminer wallet burn` and `pegminer fund` after a run that was killed: told or refused before anything is paid. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'

import t from 'tap'

import {
  composePurchase,
  createFactomClient,
  factoidKey,
  lockPending,
  openPending,
  type FactoidTransaction,
} from '../../factom/index.js'
import { DEV_KEYS, startDevChain } from '../../factom/dev/index.js'
import { addSecrets, closeVault, composeBurn, EMPTY_VAULT, keyIn, writeWallet } from '../../ledger/index.js'
import { runProgram } from '../program/program.js'

const SAND = 'Fs3E9gV6DXsYzf7Fqx1fVBQPQXV695eP3k5XbmHEZVRLkMdD9qCK'
const SAND_ADDRESS = 'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q'
const OTHER = `0x${'11'.repeat(32)}`
const PASSPHRASE = 'correct-horse-battery'
const FCT = 100_000_000n

const dir = t.testdir()
const chain = await startDevChain({
  ...{ dataDir: join(dir, 'chain'), blockSeconds: 600, manual: true, fund: 0, chains: [] },
})
t.teardown(() => chain.close())
const client = createFactomClient({ url: chain.url })
t.teardown(() => client.close())
const { addresses, vault } = addSecrets({ addresses: [], vault: EMPTY_VAULT }, [SAND, OTHER], null)
const cost = { logN: 4, r: 8, p: 1 }
writeWallet(join(dir, 'wallet.json'), await closeVault(addresses, vault, { passphrase: PASSPHRASE, cost }))

async function run(...words: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  let [out, err] = ['', '']
  stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const io = { stdin: Readable.from([]), stdout, stderr, interrupted: new AbortController().signal }
  const node = ['--network', 'local', '--factomd', chain.url, '--data-dir', dir]
  const code = await runProgram([...words, ...node], {
    ...io,
    env: { PEGMINER_CONFIG: 'off', PEGMINER_WALLET_PASSPHRASE: PASSPHRASE },
  })
  await new Promise((resolve) => setImmediate(resolve))
  return { code, out, err }
}

const files = { burn: join(dir, 'wallet', 'burn.json'), fund: join(dir, 'pending.json') }
/** A run was killed behind its signature, or behind the sending of it. */
async function killed(file: string, { raw }: FactoidTransaction, sent: boolean): Promise<void> {
  openPending(file).put('purchase', raw)
  if (sent) await client.factoidSubmit(raw)
}
const held = (): Promise<bigint> => client.factoidBalance(SAND_ADDRESS)

t.test('another burn is refused while one is unfinished, which its own command finishes', async (t) => {
  // Before PegNet 2.0, where burns are credited.
  const asked = (...words: string[]) =>
    run('wallet', 'burn', ...words, '--activations', '2@0', '--sender', SAND_ADDRESS)
  const burn = (...words: string[]) => asked(...words, '--yes')
  const before = await held()
  const five = composeBurn(keyIn(vault, SAND_ADDRESS), 5n * FCT, Date.now())
  await killed(files.burn, five, false)
  const refused = await burn('6')
  t.match(refused, {
    code: 2,
    out: '',
    err: /E_FACTOM_UNFINISHED: an earlier run has signed a burn of 5 FCT/,
  })
  t.match(refused.err, new RegExp(`${five.txid}.*: pegminer wallet burn 5 --sender ${SAND_ADDRESS} sends`))
  t.equal(await held(), before, 'neither was sent')
  const unlock = lockPending(files.burn)
  t.match(await burn('5'), { code: 1, err: /E_FACTOM_BUSY/ })
  unlock()
  t.match(await asked('5'), {
    code: 0,
    out: new RegExp(`signed it: transaction\\s+${five.txid}.*run began`, 's'),
  })
  t.match(await asked('5'), { code: 2, err: /E_CLI_CONFIRM/ }, 'another one of five is asked about')
  t.equal(before - (await held()), 5n * FCT)

  await killed(files.burn, five, true)
  t.match(await burn('5'), { code: 0, out: /which an earlier run began/ })
  t.equal(before - (await held()), 5n * FCT, 'what is on the chain is not done again')
  await killed(files.burn, five, true)
  const six = await burn('6')
  t.match(six, { code: 0, out: /EARLIER +5 FCT of FA\w+:\s+burnt\s/ }, six.err)
  t.equal(before - (await held()), 11n * FCT)

  const old = composeBurn(keyIn(vault, SAND_ADDRESS), 7n * FCT, Date.now() - 66 * 60_000)
  await killed(files.burn, old, false)
  t.match(await burn('7'), { code: 0, out: /EARLIER +7 FCT of FA\w+:\s+never burnt,\s+and\s+void\s+now/ })
  t.equal(before - (await held()), 18n * FCT)
  t.equal(readFileSync(files.burn, 'utf8'), '{}\n')
  t.match(await run('wallet', 'burn', '1', '--sender', SAND_ADDRESS, '--yes'), {
    code: 2,
    err: /E_WALLET_BURN/,
  })
})

t.test('so is another purchase of entry credits', async (t) => {
  const rate = await client.entryCreditRate()
  const { ecAddress } = DEV_KEYS
  const fund = (credits: string) => run('fund', '--credits', credits, '--ec-address', ecAddress)
  const credits = (): Promise<number> => client.entryCreditBalance(ecAddress)
  const payer = factoidKey(SAND)
  const [before, timeMs] = [await credits(), Date.now()]
  const { transaction } = composePurchase({ credits: 40, rate, ecAddress, payer, timeMs })
  await killed(files.fund, transaction, false)
  const refused = await fund('50')
  t.match(refused, { code: 2, err: /signed a purchase of 40 entry credits for EC\w+, paid by FA/ })
  t.match(refused.err, /: pegminer fund --credits 40 --ec-address EC/)
  t.match(await fund('40'), { code: 0, out: /what an earlier run began/ })
  t.equal((await credits()) - before, 40)
  await killed(files.fund, transaction, true)
  t.match(await fund('50'), { code: 0, out: /EARLIER +a purchase for\s+EC\w+: done/ })
  t.equal((await credits()) - before, 90)
})
