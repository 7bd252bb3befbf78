/** Keys and passwords never leave the program, whatever is done with them: everything that it writes is searched. */
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'

import t from 'tap'

import { runProgram } from '../../cli/program/program.js'
import { decodeAddress, ecKey, encodeAddress, factoidKey } from '../../factom/index.js'
import { startDevChain } from '../../factom/dev/index.js'

/** Keys of this test alone. */
const EC_SECRET = encodeAddress('Es', new Uint8Array(32).fill(0x5a))
const FCT_SECRET = encodeAddress('Fs', new Uint8Array(32).fill(0x6b))
const PASSWORD = 'correct-horse-battery'
const WALLET_PASSWORD = 'staple-hunter2'
const SAND = 'Fs3E9gV6DXsYzf7Fqx1fVBQPQXV695eP3k5XbmHEZVRLkMdD9qCK'

const root = t.testdir()
const chain = await startDevChain({
  dataDir: join(root, 'chain'),
  blockSeconds: 60,
  manual: true,
  chains: [],
})
t.teardown(() => chain.close())
const dataDir = join(root, 'data')
const keyFile = join(root, 'ec.key')
writeFileSync(keyFile, `${EC_SECRET}\n`)
chmodSync(keyFile, 0o600)

const written: string[] = []
async function run(words: readonly string[], env: Record<string, string> = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  let [out, err] = ['', '']
  stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const interrupted = new AbortController().signal
  const io = { stdin: Readable.from([]), stdout, stderr, interrupted }
  const code = await runProgram([...words, '--log-level', 'debug'], {
    ...io,
    env: { PEGMINER_MINER_EC_SECRET_FILE: keyFile, PEGMINER_CONFIG: 'off', ...env },
  })
  await new Promise((resolve) => setImmediate(resolve))
  written.push(out, err)
  return { code, out, err }
}

/** A server that asks for a login, as factomd and walletd do, and then does as it is told. */
async function serverOf(
  answer: (id: number, headers: IncomingHttpHeaders) => [status: number, body: string],
) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { id } = JSON.parse(Buffer.concat(chunks).toString()) as { id: number }
      const [status, body] = answer(id, request.headers)
      response.writeHead(status).end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const node = ['--network', 'local', '--factomd', chain.url, '--data-dir', dataDir]
const address = ecKey(EC_SECRET).address

t.test('chains and credits on a private network', async (t) => {
  const poor = await run(['init', ...node])
  t.match(poor, { code: 1, err: /E_FACTOM_CREDITS: EC\w+ has 0 entry credits, a new chain costs 11/ })
  t.match(poor.out, /COST +55 entry credits\n/)
  t.match(await run(['fund', '--credits', '60', ...node], { PEGMINER_FUND_FCT_SECRET: FCT_SECRET }), {
    code: 1,
    err: /E_FACTOM_FUNDS: FA\w+ has 0 FCT, 0.00072 are needed/,
  })
  t.match(await run(['fund', '--credits', '60', ...node, '--network', 'MainNet']), {
    code: 2,
    err: /E_CONFIG_MISSING: who pays\?/,
  })
  const unconfirmed = await run(['fund', '--credits', '60', ...node, '--network', 'MainNet'], {
    PEGMINER_FUND_FCT_SECRET: SAND,
  })
  t.match(unconfirmed, { code: 2, err: /E_CLI_CONFIRM: this spends 0.00072 FCT, real money: give --yes/ })

  const funded = await run(['fund', '--credits', '60', ...node, '--json'])
  t.equal(funded.code, 0, funded.err)
  t.match(funded.out, new RegExp(`"event":"done".*"ecAddress":"${address}","balance":60`))

  const refused = await run(['init', ...node, '--network', 'MainNet'])
  t.match(refused, { code: 2, err: /E_CLI_CONFIRM: this spends 55 entry credits, real money: give --yes/ })
  const made = await run(['init', ...node])
  t.equal(made.code, 0, made.err)
  t.match(made.out, /PAID BY +EC\w+, which has 60\s+entry credits/)
  t.equal(made.out.match(/^ created {2}PegNet \/ MainNet/gm)?.length, 5)
  t.match(made.out, / All 5 chains are there; the next block saves them\./)
  const again = await run(['init', ...node, '--json'])
  t.equal(again.code, 0)
  t.match(again.out, /"credits":0,"ecAddress":"EC\w+","balance":5\}/, 'paid once: 60 - 5 x 11')
  t.match(again.out, /"event":"done".*"created":0,"credits":0/)
  t.match(readFileSync(join(dataDir, 'pending.json'), 'utf8'), '{}\n', 'nothing is left to be done')
  t.match(await run(['init', '--network', 'dev']), { code: 2, err: /E_CONFIG_NETWORK/ })
  t.match(await run(['fund', ...node]), { code: 2, err: /how many\? Give --credits/ })
})

t.test('logins, wallets and mistakes', async (t) => {
  const basic = (password: string) => `Basic ${Buffer.from(`miner:${password}`).toString('base64')}`
  const wanted = basic(PASSWORD)
  const seen: (string | undefined)[] = []
  const locked = await serverOf((_, { authorization }) => {
    seen.push(authorization)
    return [401, '401 Unauthorized.']
  })
  const login = { PEGMINER_FACTOM_USER: 'miner', PEGMINER_FACTOM_PASSWORD: PASSWORD }
  const at = (url: string) => ['--network', 'local', '--factomd', url, '--data-dir', dataDir]
  t.match(await run(['init', ...at(locked)], login), { code: 1, err: /E_FACTOM_AUTH/ })
  t.same(new Set(seen), new Set([wanted]), 'the login is sent')
  t.match(await run(['init', ...at(locked)], { PEGMINER_FACTOM_USER: 'miner' }), {
    code: 2,
    err: /PEGMINER_FACTOM_USER needs PEGMINER_FACTOM_PASSWORD beside it/,
  })

  const without = { PEGMINER_MINER_EC_SECRET_FILE: '' }
  const walletLogin = {
    PEGMINER_FACTOM_WALLETD_USER: 'miner',
    PEGMINER_FACTOM_WALLETD_PASSWORD: WALLET_PASSWORD,
  }
  const wallet = await serverOf((id, { authorization }) => {
    if (authorization !== basic(WALLET_PASSWORD)) return [401, '401 Unauthorized.']
    return [200, JSON.stringify({ jsonrpc: '2.0', id, result: { public: address, secret: EC_SECRET } })]
  })
  const words = ['init', ...node, '--walletd', wallet, '--ec-address', address, '--json']
  const known = await run(words, { ...without, ...walletLogin })
  t.equal(known.code, 0, known.err)
  t.match(known.out, `"ecAddress":"${address}"`)
  t.match(await run(words, without), { code: 1, err: /E_FACTOM_AUTH/ })
  const other = ecKey(encodeAddress('Es', new Uint8Array(32).fill(1))).address
  t.match(await run([...words, '--ec-address', other], { ...without, ...walletLogin }), {
    code: 1,
    err: /E_FACTOM_WALLET/,
  })
  const talkative = await serverOf((id) => [
    400,
    JSON.stringify({
      jsonrpc: '2.0',
      id,
      error: { code: -32603, message: `no ${EC_SECRET} for ${PASSWORD}` },
    }),
  ])
  t.match(await run(['init', ...at(talkative)], login), { code: 1, err: /no \[censored\] for \[censored\]/ })

  for (const flag of [
    '--identity',
    '--coinbase',
    '--ec-address',
    '--factomd',
    '--data-dir',
    '--ec-secret',
    '--x',
  ])
    t.equal((await run(['mine', '--network', 'local', flag, EC_SECRET, '--threads', 'no'])).code, 2, flag)
  t.equal((await run(['mine', EC_SECRET])).code, 2)
  t.equal((await run([EC_SECRET])).code, 2)
  t.match(await run(['init', ...at(`http://miner:${PASSWORD}@127.0.0.1:1`)]), {
    code: 2,
    err: /E_FACTOM_URL/,
  })
  t.equal(
    (
      await run(['init', ...at(chain.url)], {
        PEGMINER_MINER_EC_SECRET_FILE: '',
        PEGMINER_MINER_EC_SECRET: `${EC_SECRET}x`,
      })
    ).code,
    2,
  )
})

t.test('nothing of it was written', (t) => {
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && join(file.parentPath, file.name) !== keyFile)
    .map((file) => readFileSync(join(file.parentPath, file.name), 'latin1'))
  t.ok(files.length > 3 && written.length > 40)
  const all = [...written, ...files].join('\n')
  t.match(all, address, 'the public address was')
  t.match(all, factoidKey(FCT_SECRET).address)
  const secrets: [string, string][] = [
    ['the entry-credit key', EC_SECRET],
    ['the factoid key', FCT_SECRET],
    ['the well-known key that paid', SAND],
    ['the password', PASSWORD],
    ["the wallet's password", WALLET_PASSWORD],
  ]
  for (const [what, secret] of secrets) {
    t.notOk(all.includes(secret), what)
    t.notOk(all.includes(Buffer.from(`miner:${secret}`).toString('base64')), `${what} as a header`)
    if (!/^[EF]s/.test(secret)) continue
    const seed = Buffer.from(decodeAddress(secret, secret.slice(0, 2) as 'Es' | 'Fs'))
    for (const form of ['hex', 'base64', 'latin1'] as const)
      t.notOk(all.includes(seed.toString(form)), `${what} as ${form}`)
  }
  t.end()
})
