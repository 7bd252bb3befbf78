/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-argument -- replies are JSON whose shape the test itself judges */
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import t from 'tap'

import { verifyEd25519 } from '../../ed25519.js'
import { DEV_KEYS, startDevChain } from '../index.js'

interface Reply {
  readonly result?: any
  readonly error?: { readonly code: number; readonly data?: unknown }
}

async function post(url: string | null, method: string, params: unknown = {}): Promise<Reply> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  return (await (await fetch(`${url}/v2`, { method: 'POST', body })).json()) as Reply
}

t.test('as pegnet, pegnetd and factom-cli use it', async (t) => {
  const dataDir = t.testdir()
  const options = { dataDir, blockSeconds: 60, manual: true, walletPort: 0, fund: 1000 }
  const chain = await startDevChain(options)
  const wallet = (method: string, params?: unknown) => post(chain.walletUrl, method, params)
  const node = (request: { method: string; params: unknown }) =>
    post(chain.url, request.method, request.params)
  const { ecAddress, ecSecret, fctAddress } = DEV_KEYS

  t.match(await wallet('properties'), { result: { walletversion: String, walletapiversion: '2.0' } })
  const known = { public: ecAddress, secret: ecSecret }
  t.strictSame((await wallet('address', { address: ecAddress })).result, known)
  t.strictSame((await wallet('address', { Address: ecAddress })).result, known, 'as pegnetd writes it')
  t.match(await wallet('address', { address: 'EC1' }), {
    error: { code: -32603, data: 'Invalid address type' },
  })
  t.equal((await wallet('all-addresses')).result.addresses.length, 2)
  t.match(await wallet('unlock-wallet', { passphrase: 'x', timeout: 60 }), {
    error: { code: -32603, data: /^Cannot unlock non-encrypted wallet/ },
  })
  t.match(await wallet('active-identity-keys'), { error: { code: -32601 } })

  const data = Buffer.from('some record')
  const signed = (await wallet('sign-data', { signer: fctAddress, data: data.toString('base64') })).result
  const [publicKey, signature] = [signed.pubkey, signed.signature].map((text: string) =>
    Buffer.from(text, 'base64'),
  )
  t.ok(publicKey && signature && verifyEd25519(publicKey, data, signature))

  const buyer = (await wallet('generate-ec-address')).result
  t.match(buyer, { public: /^EC/, secret: /^Es/ })
  await wallet('new-transaction', { 'tx-name': 'buy' })
  t.match(await wallet('new-transaction', { 'tx-name': 'buy' }), { error: { code: -32603 } })
  await wallet('add-input', { 'tx-name': 'buy', address: fctAddress, amount: 50_000 })
  await wallet('add-ec-output', { 'tx-name': 'buy', address: buyer.public, amount: 50_000 })
  t.match(await wallet('sign-transaction', { 'tx-name': 'buy' }), {
    error: { data: 'wallet: Insufficient Fee' },
  })
  t.match(await wallet('compose-transaction', { 'tx-name': 'buy' }), { error: { code: -32603 } })
  const feed = (await wallet('add-fee', { 'tx-name': 'buy', address: fctAddress })).result
  t.match(feed, { name: 'buy', totalecoutputs: 50_000, totalinputs: 62_000, feespaid: 12_000, signed: false })
  t.match((await wallet('sign-transaction', { 'tx-name': 'buy' })).result, {
    signed: true,
    feesrequired: 12_000,
  })
  const { result: request } = await wallet('compose-transaction', { 'tx-name': 'buy' })
  t.equal(request.method, 'factoid-submit')
  await node(request)
  await wallet('delete-transaction', { 'tx-name': 'buy' })
  t.strictSame((await wallet('tmp-transactions')).result, { transactions: null })
  t.match((await post(chain.url, 'entry-credit-balance', { address: buyer.public })).result, { balance: 50 })

  const firstentry = { extids: ['77616c6c6574', '6f6e65'], content: '00ff' }
  const made = (await wallet('compose-chain', { chain: { firstentry }, ecpub: buyer.public })).result
  t.match(await node(made.commit), { result: { message: 'Chain Commit Success' } })
  const { chainid } = (await node(made.reveal)).result
  t.match(await wallet('compose-chain', { chain: { firstentry }, ecpub: buyer.public }), {
    error: { code: -32602, data: /already exists/ },
  })
  const entry = { chainid, extids: [], content: '01' }
  const written = (await wallet('compose-entry', { entry, ecpub: buyer.public })).result
  await node(written.commit)
  t.match(await node(written.reveal), { result: { chainid } })
  t.match((await post(chain.url, 'entry-credit-balance', { address: buyer.public })).result, { balance: 38 })
  t.match(
    await wallet('compose-entry', { entry: { ...entry, chainid: '00'.repeat(32) }, ecpub: buyer.public }),
    {
      error: { code: -32602, data: /was not found/ },
    },
  )
  t.match((await wallet('wallet-balances')).result.ecaccountbalances, { ack: 983 })
  await chain.close()

  const file = join(dataDir, 'wallet.json')
  t.equal(statSync(file).mode & 0o777, 0o600, 'others cannot read the keys')
  const again = await startDevChain(options)
  t.strictSame(
    (await post(again.walletUrl, 'address', { address: buyer.public })).result,
    buyer,
    'keys are kept',
  )
  const secret = 'Es3LB2YW9bpdWmMnNQYb31kyPzqnecsNqmg5W4K7FKp4UP6omRTa'
  t.match((await post(again.walletUrl, 'import-addresses', { addresses: [{ secret }] })).result, {
    addresses: [{ public: /^EC/, secret }],
  })
  const imported = await post(again.walletUrl, 'import-addresses', { Addresses: [{ SECRET: secret }] })
  t.match(imported.result, { addresses: [{ secret }] }, 'names in any letter case')
  for (const none of [{}, null, { addresses: null }, { addresses: [] }])
    t.same(
      (await post(again.walletUrl, 'import-addresses', none)).result,
      { addresses: null },
      'an empty list',
    )
  const address = (imported.result as { addresses: { public: string }[] }).addresses[0]?.public
  t.same((await post(again.walletUrl, 'remove-address', { address })).result, { success: true })
  t.match(await post(again.walletUrl, 'remove-address', { address }), { error: { code: -32603 } })
  t.match(await post(again.walletUrl, 'address', { address }), {
    error: { data: 'Wallet: address not found' },
  })
  t.match(await post(again.walletUrl, 'import-addresses', { addresses: [{ secret: 'Es' }] }), {
    error: { data: 'address could not be imported' },
  })
  await again.close()
  writeFileSync(file, '{"secrets":7}')
  await t.rejects(startDevChain(options), { code: 'E_DEVCHAIN_DAMAGED' })
})

t.test('identity keys', async (t) => {
  const options = { dataDir: t.testdir(), blockSeconds: 60, manual: true, walletPort: 0 }
  const chain = await startDevChain(options)
  const wallet = (method: string, params?: unknown) => post(chain.walletUrl, method, params)
  // A pair of the tests of github.com/FactomProject/factom, identityKeys_test.go.
  const known = {
    public: 'idpub2Q7m3YwkQMmNQUVpfcED52b7nFmYFWkiMGGF41srZ9hZZYmC5p',
    secret: 'idsec2VZ2EJ1hoUeQYmFPeFthWts3xsGiPpRdfL4zABjzuHQshX4qvY',
  }
  t.same((await wallet('all-identity-keys')).result, { keys: null })
  t.same((await wallet('import-identity-keys')).result, { keys: null })
  t.same((await wallet('wallet-backup')).result['identity-keys'], null)
  t.strictSame((await wallet('import-identity-keys', { keys: [{ secret: known.secret }] })).result, {
    keys: [known],
  })
  for (const secret of [known.public, DEV_KEYS.ecSecret, `${known.secret.slice(0, -1)}Z`, ''])
    t.match(await wallet('import-identity-keys', { keys: [{ secret }] }), {
      error: { code: -32603, data: 'invalid Identity Private Key' },
    })
  const made = (await wallet('generate-identity-key')).result
  t.match(made, { public: /^idpub.{50}$/, secret: /^idsec.{50}$/ })
  t.equal((await wallet('all-addresses')).result.addresses.length, 2, 'they are no addresses')
  await chain.close()

  const again = await startDevChain(options)
  t.teardown(() => again.close())
  const ask = (method: string, params?: unknown) => post(again.walletUrl, method, params)
  t.strictSame((await ask('identity-key', { public: made.public })).result, made, 'keys are kept')
  const both = [known, made].sort((a, b) => (a.public < b.public ? -1 : 1))
  t.strictSame((await ask('all-identity-keys')).result, { keys: both })
  t.strictSame((await ask('wallet-backup')).result['identity-keys'], both)
  t.strictSame((await ask('remove-identity-key', { public: made.public })).result, { success: true })
  t.strictSame((await ask('remove-identity-key', { public: '' })).result, { success: true })
  for (const method of ['identity-key', 'remove-identity-key'])
    t.match(await ask(method, { public: made.public }), {
      error: { code: -32603, data: 'wallet: No such identity key' },
    })
})
