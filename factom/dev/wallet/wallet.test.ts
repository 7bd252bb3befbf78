/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-argument -- replies are JSON whose shape the test itself judges */
import { createHash } from 'node:crypto'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import t from 'tap'

import { verifyEd25519 } from '../../ed25519.js'
import { chainIdOf } from '../../entry.js'
import { RpcError } from '../api/errors.js'
import { DEV_KEYS, startDevChain } from '../index.js'
import { activeKeys } from './identity-entries.js'
import { identityOf, identityPublicKey, identitySecret } from './identity-key.js'
import { matchExactly } from '../../../test/fixtures/match-exactly.js'

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
  t.match(await wallet('active-identity-key'), { error: { code: -32601 } })

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
  matchExactly(t, (await post(again.walletUrl, 'import-addresses', { addresses: [{ secret }] })).result, {
    addresses: [{ public: /^EC/, secret }],
  })
  const imported = await post(again.walletUrl, 'import-addresses', { Addresses: [{ SECRET: secret }] })
  matchExactly(t, imported.result, { addresses: [{ secret }] }, 'names in any letter case')
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
  for (const damaged of ['{"secrets":7}', '{"secrets":[7]}', '{', 'null']) {
    writeFileSync(file, damaged)
    await t.rejects(startDevChain(options), { code: 'E_DEVCHAIN_DAMAGED' }, damaged)
  }
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

t.test('words of Koinify', async (t) => {
  const chain = await startDevChain({ dataDir: t.testdir(), blockSeconds: 60, manual: true, walletPort: 0 })
  t.teardown(() => chain.close())
  const bring = (words: string) => post(chain.walletUrl, 'import-koinify', { words })
  // An address of the tests of github.com/FactomProject/factom, addresses_test.go.
  const yellow = Array.from({ length: 12 }, () => 'yellow').join(' ')
  const address = 'FA3cih2o2tjEUsnnFR4jX1tQXPpSXFwsp3rhVp6odL5PNCHWvZV1'
  const { result } = await bring(yellow)
  t.match(result, { public: address, secret: /^Fs/ })
  t.same((await bring(`  ${yellow.toUpperCase().replaceAll(' ', '   ')} `)).result, result)
  t.same((await post(chain.walletUrl, 'address', { address })).result, result)
  t.match(await bring(`${yellow} yellow`), { error: { code: -32603, data: 'mnemonic must be 12 words' } })
  for (const last of ['green', 'abcde'])
    t.match(await bring(yellow.replace(/\w+$/, last)), { error: { code: -32603, data: 'Invalid mnemonic' } })
})

t.test('identities: made, with other keys, speaking', async (t) => {
  const options = { dataDir: t.testdir(), blockSeconds: 60, manual: true, walletPort: 0, fund: 1000 }
  const chain = await startDevChain(options)
  t.teardown(() => chain.close())
  const wallet = (method: string, params: object = {}) => post(chain.walletUrl, method, params)
  const ecpub = DEV_KEYS.ecAddress
  // Keys and the chain's id of the tests of github.com/FactomProject/factom, identity_test.go.
  const secrets = [
    'idsec2rChEHLz3SPQQx3syQtB11pHAmxyGjux5FntnS7xqTCieHxxTc',
    'idsec1xuUyeCCrJhsojf2wLAZqRxPzPFR8Gidd9DRRid1yGy8ncAJG3',
    'idsec2J3nNoqdiyboCBKDGauqN9Jb33dyFSqaJKZqTs6i5FmztsTn5f',
    'idsec1jztZ7dypqtwtPPWxybZFNpvvpUh6g8oog6Mnk2gGCm1pNBTgE',
  ]
  const name = ['John', 'Jacob', 'Jingleheimer-Schmidt']
  const chainid = '44abb806a2029ed77dca63770e2e4ac4b2fedd2e1847339ac59b180ee223eb84'
  const keys: string[] = []
  for (const secret of secrets)
    keys.push((await wallet('import-identity-keys', { keys: [{ secret }] })).result.keys[0].public)
  const [k1 = '', k2 = '', k3 = '', k4 = ''] = keys
  const spare = (await wallet('generate-identity-key')).result.public as string
  const publish = async ({ result, error }: Reply): Promise<string> => {
    t.equal(error, undefined)
    t.equal((await post(chain.url, result.commit.method, result.commit.params)).error, undefined)
    const reply = await post(chain.url, result.reveal.method, result.reveal.params)
    t.equal(reply.error, undefined)
    return reply.result.entryhash as string
  }
  const texts = async (hash: string) => {
    const { result } = await post(chain.url, 'entry', { hash })
    const { extids, content } = result as { extids: string[]; content: string }
    const text = (hex: string) => Buffer.from(hex, 'hex').toString()
    return { extids: extids.map(text), signature: (at: number) => extids[at] ?? '', content: text(content) }
  }
  const signedBy = (key: string, message: Buffer, signature: string) =>
    verifyEd25519(identityPublicKey(key)!, message, Buffer.from(signature, 'hex'))
  const active = async (more: object = {}) => wallet('active-identity-keys', { chainid, ...more })
  const nextBlock = () =>
    fetch(chain.control.url, {
      method: 'POST',
      headers: { authorization: `Bearer ${chain.control.token}` },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'advance-minute', params: { count: 20 } }),
    })

  t.match(await active(), { error: { code: -32603, data: 'ActiveIdentityKeys: chain does not exist' } })
  t.match(await wallet('compose-identity-chain', { name, pubkeys: [secrets[0]], ecpub }), {
    error: { code: -32603, data: /^provided key idsec\S+ is not a valid identity public key$/ },
  })
  const compose = { name, pubkeys: keys, ecpub }
  const made = await publish(await wallet('compose-identity-chain', compose))
  t.match(await active(), {
    error: { data: 'ActiveIdentityKeys: Chain not yet included in a Directory Block' },
  })
  const first = await texts(made)
  t.same(first.extids, ['IdentityChain', ...name])
  t.equal(first.content, JSON.stringify({ keys, version: 1 }))
  t.match(await wallet('compose-identity-chain', compose), {
    error: { code: -32602, data: `Chain ${chainid} already exists` },
  })
  await nextBlock()
  const before = (await active()).result
  t.same(before.keys, keys)
  t.equal(before.chainid, chainid)
  t.match((await active({ height: before.height - 1 })).error, {
    data: `ActiveIdentityKeys: chain did not yet exist at height ${before.height - 1}`,
  })

  const replace = (oldkey: string, newkey: string, signerkey: string) =>
    wallet('compose-identity-key-replacement', { chainid, oldkey, newkey, signerkey, ecpub })
  t.match(await replace(k3, spare, 'idpub'), {
    error: { data: 'Wallet: failed to fetch signerkey from given identity public key' },
  })
  t.match(await replace(k3, 'idpub', k1), { error: { data: /is not a valid identity public key$/ } })
  const replaced = await texts(await publish(await replace(k3, spare, k2)))
  t.same(
    [0, 1, 2, 4].map((at) => replaced.extids[at]),
    ['ReplaceKey', k3, spare, k2],
  )
  t.ok(signedBy(k2, Buffer.from(chainid + k3 + spare), replaced.signature(3)))
  await publish(await replace(k1, (await wallet('generate-identity-key')).result.public, k2))
  await publish(await replace(k4, k3, k1))
  await nextBlock()
  const after = (await active()).result
  t.same(after.keys, [k1, k2, spare, k4], 'no higher key by a lower one, and none that has been one')
  t.same((await active({ height: before.height })).result.keys, keys, 'as it was')

  const speak = {
    ...{ 'receiver-chainid': 'aa'.repeat(32), 'destination-chainid': chainid, 'signer-chainid': chainid },
    ...{ signerkey: k1, ecpub },
  }
  const attribute = (attributes: unknown) => wallet('compose-identity-attribute', { ...speak, attributes })
  t.match(await attribute([{ key: 'x' }]), { error: { data: 'Attribute value must not be nil' } })
  t.match(await attribute([{ value: 'x' }]), { error: { data: 'Attribute key must not be nil' } })
  const hash = await publish(await attribute([{ value: { b: 1, a: '<' }, key: 'email' }]))
  const said = await texts(hash)
  t.equal(said.content, '[{"key":"email","value":{"a":"\\u003c","b":1}}]', 'as Go writes it')
  t.same(
    [0, 1, 3, 4].map((at) => said.extids[at]),
    ['IdentityAttribute', speak['receiver-chainid'], k1, chainid],
  )
  const digest = createHash('sha256').update(said.content).digest()
  const signed = Buffer.concat([Buffer.from(speak['receiver-chainid'] + chainid), digest])
  t.ok(signedBy(k1, signed, said.signature(2)))
  t.match(await attribute({}), { error: { code: -32602 } })
  t.match((await attribute([{ key: [{ b: 1, a: 2 }], value: null }])).error, {
    data: 'Attribute value must not be nil',
  })
  const listed = await texts(await publish(await attribute([{ key: 'x', value: [{ b: 1, a: 2 }, 3] }])))
  t.equal(listed.content, '[{"key":"x","value":[{"a":2,"b":1},3]}]')
  t.equal((await texts(await publish(await attribute(null)))).content, 'null', 'no list at all')
  const endorsement = { ...speak, 'entry-hash': hash }
  const seconded = await texts(
    await publish(await wallet('compose-identity-attribute-endorsement', endorsement)),
  )
  t.same(
    [0, 2, 3].map((at) => seconded.extids[at]),
    ['IdentityAttributeEndorsement', k1, chainid],
  )
  t.equal(seconded.content, hash)
  t.ok(signedBy(k1, Buffer.from(chainid + hash), seconded.signature(1)))
  const nowhere = { ...endorsement, 'destination-chainid': '00'.repeat(32) }
  t.match(await wallet('compose-identity-attribute-endorsement', nowhere), {
    error: { code: -32602, data: /was not found$/ },
  })
  await nextBlock()
  const other = [new Uint8Array(Buffer.from('no identity'))]
  const firstentry = { extids: other.map((id) => Buffer.from(id).toString('hex')), content: '' }
  await publish(await wallet('compose-chain', { chain: { firstentry }, ecpub }))
  await nextBlock()
  t.match(await wallet('active-identity-keys', { chainid: chainIdOf(other) }), {
    error: { data: /^ActiveIdentityKeys: no identity found at chain ID: / },
  })
})

t.test('what the wallet refuses, in the words of factom-walletd', async (t) => {
  const options = { dataDir: t.testdir(), blockSeconds: 60, manual: true, walletPort: 0, fund: 1000 }
  const chain = await startDevChain(options)
  t.teardown(() => chain.close())
  const wallet = (method: string, params: object = {}) => post(chain.walletUrl, method, params)
  const { fctAddress, ecAddress } = DEV_KEYS
  const poor = (await wallet('generate-factoid-address')).result.public as string
  const gone = (await wallet('generate-factoid-address')).result.public as string
  const empty = (await wallet('generate-ec-address')).result.public as string
  const [name, address] = [{ 'tx-name': 'one' }, fctAddress]
  const chainid = 'aa'.repeat(32)
  const entry = { chainid, extids: [], content: '' }
  const firstentry = { extids: ['aa'], content: '' }
  const said = (found: Reply) => [found.error?.code, found.error?.data]

  await wallet('new-transaction', name)
  await wallet('add-input', { ...name, address, amount: 100 })
  await wallet('add-output', { ...name, address: poor, amount: 50 })
  t.equal((await wallet('tmp-transactions')).result.transactions.length, 1)
  const rows: readonly [method: string, params: object, code: number, data?: string][] = [
    ['sign-data', { signer: poor.replace(/.$/, '1') }, -32603, 'Wallet: address not found'],
    ['sign-data', { signer: 'x' }, -32603, 'Wallet: address not found'],
    ['new-transaction', {}, -32603, 'wallet: Transaction name is not valid'],
    ['new-transaction', { 'tx-name': 'a b' }, -32603, 'wallet: Transaction name is not valid'],
    ['new-transaction', { 'tx-name': 'a'.repeat(33) }, -32603, 'wallet: Transaction name is not valid'],
    ['add-input', { 'tx-name': 'two' }, -32603, 'wallet: Transaction name was not found'],
    ['add-input', { ...name, address: 'FA' }, -32603, 'wallet: No such address'],
    ['add-input', { ...name, address: ecAddress }, -32603, 'wallet: No such address'],
    ['add-input', { ...name, address, amount: -1 }, -32602, 'amount must not be negative'],
    ['add-output', { ...name, address: ecAddress }, -32603, 'Invalid Factoid Address'],
    ['add-ec-output', { ...name, address }, -32603, 'Invalid Entry Credit Address'],
    ['add-fee', { ...name, address }, -32603, "Inputs and outputs don't add up"],
    ['sub-fee', { ...name, address }, -32603, "Inputs and outputs don't add up"],
    ['compose-entry', { entry, ecpub: 'EC' }, -32603, 'Wallet: address not found'],
    ['compose-entry', { entry: 7, ecpub: ecAddress }, -32602],
    ['compose-entry', { entry: { ...entry, extids: 7 }, ecpub: ecAddress }, -32602],
    ['compose-entry', { entry: { ...entry, extids: {} }, ecpub: ecAddress }, -32602],
    ['compose-entry', { entry: { ...entry, extids: [7] }, ecpub: ecAddress }, -32602],
    ['compose-entry', { entry: { ...entry, extids: ['x'] }, ecpub: ecAddress }, -32602],
    ['compose-entry', { entry: { ...entry, content: 'x' }, ecpub: ecAddress }, -32602],
    [
      'compose-entry',
      { entry: { ...entry, content: 'aa'.repeat(10_241) }, ecpub: ecAddress },
      -32603,
      'Entry cannot be larger than 10KB',
    ],
    ['compose-chain', { chain: { firstentry }, ecpub: empty }, -32603, 'Not enough Entry Credits'],
    ['compose-identity-chain', { name: ['x', 7], ecpub: ecAddress }, -32602],
    ['compose-identity-chain', { name: 'x', ecpub: ecAddress }, -32602],
    ['compose-identity-chain', { name: {}, ecpub: ecAddress }, -32602],
    ['import-addresses', { addresses: {} }, -32602, 'addresses must be a list'],
    ['import-identity-keys', { keys: {} }, -32602, 'keys must be a list'],
    ['remove-address', { address: 'x' }, -32603, 'Unknown address type'],
    ['compose-entry', { entry: { chainid }, ecpub: ecAddress }, -32602, `Chain ${chainid} was not found`],
  ]
  for (const [method, params, code, data] of rows)
    t.same(
      said(await wallet(method, params)),
      [code, data],
      `${method} ${JSON.stringify(params).slice(0, 99)}`,
    )

  const sign = async (more: object = {}) => said(await wallet('sign-transaction', { ...name, ...more }))
  t.same(await sign(), [-32603, 'wallet: Insufficient Fee'])
  await wallet('add-output', { ...name, address: poor, amount: 100 })
  t.same(said(await wallet('sub-fee', { ...name, address: gone })), [
    -32603,
    `${gone} is not an output to the transaction.`,
  ])
  t.same(said(await wallet('add-fee', { ...name, address: gone })), [
    -32603,
    `${gone} is not an input to the transaction.`,
  ])
  await wallet('add-input', { ...name, address, amount: 5_000_000 })
  await wallet('add-output', { ...name, address: poor, amount: 5_000_000 })
  const taken = (await wallet('sub-fee', { ...name, address: poor })).result
  t.equal(taken.totaloutputs, 5_000_000 - taken.feesrequired, 'the fee comes off the output')
  t.same(await sign(), [undefined, undefined])
  await wallet('add-output', { ...name, address: poor, amount: 1 })
  t.same(await sign(), [-32603, 'wallet: Overpaying fee by >10x. Paying: 0.04999999 Requires: 0.00012'])
  await wallet('add-input', { ...name, address: poor, amount: 150_000_000 })
  t.same(await sign(), [-32603, `Address ${poor} balance is too low. Available: 0 Needed: 1.5`])
  t.equal(
    (await wallet('sign-transaction', { ...name, force: true })).result.signed,
    true,
    'asked for by force',
  )

  await wallet('new-transaction', { 'tx-name': 'two' })
  const force = { 'tx-name': 'two', force: true }
  t.same(await sign(force), [-32603, 'wallet: Transaction has no inputs'])
  await wallet('add-input', { 'tx-name': 'two', address: gone, amount: 1 })
  await wallet('remove-address', { address: gone })
  t.same(await sign(force), [-32603, 'wallet: No such address'])

  const { reveal } = (await wallet('compose-identity-chain', { ecpub: ecAddress, force: true })).result
  const revealed = Buffer.from(reveal.params.entry as string, 'hex').toString()
  t.match(revealed, /IdentityChain\{"keys":null,"version":1\}$/, 'an identity of no name and without keys')
})

t.test('keys of an identity, whatever its chain holds', (t) => {
  const key = 'idpub2Q7m3YwkQMmNQUVpfcED52b7nFmYFWkiMGGF41srZ9hZZYmC5p'
  const bytes = (text: string) => new Uint8Array(Buffer.from(text))
  const first = (content: unknown, kind = 'IdentityChain') => ({
    chainId: '',
    extIds: [bytes(kind)],
    content: bytes(typeof content === 'string' ? content : JSON.stringify(content)),
  })
  const refusal = (...entries: ReturnType<typeof first>[]): unknown => {
    try {
      return activeKeys('', entries)
    } catch (error) {
      return error instanceof RpcError ? error.data : error
    }
  }
  const none = 'ActiveIdentityKeys: no identity found at chain ID: '
  for (const entry of [
    first('{'),
    first('null'),
    first({ keys: [key], version: '1' }),
    first({ keys: 7, version: 1 }),
    first({ keys: [7], version: 1 }),
    first({ keys: [key], version: 1 }, 'Identity'),
    { ...first({ keys: [key], version: 1 }), extIds: [] },
  ])
    t.equal(refusal(entry), none, Buffer.from(entry.content).toString())
  t.equal(refusal(), none)
  t.equal(
    refusal(first({ keys: ['idpub'] })),
    'ActiveIdentityKeys: invalid identity public key string in first entry: idpub',
  )
  t.same(activeKeys('', [first({ keys: null, version: 1 })]), [])
  const identity = first({ keys: [key], version: 1 })
  const replacing = (oldKey: string, newKey: string, signer = key) => ({
    ...identity,
    extIds: [...['ReplaceKey', oldKey, newKey].map(bytes), new Uint8Array(64), bytes(signer)],
  })
  const other = identityOf(identitySecret(new Uint8Array(32).fill(7)))?.public ?? ''
  for (const entry of [
    replacing(key, other),
    replacing(key, 'idpub'),
    replacing(other, other),
    replacing(key, other, other),
  ])
    t.same(activeKeys('', [identity, entry]), [key], 'nothing changes without a signature that holds')
  t.end()
})
