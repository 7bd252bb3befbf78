import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'

import t from 'tap'

import { factoidKey } from '../../factom/index.js'
import { TRANSACTIONS, utf8 } from '../fixtures/sign.js'
import { isSignedBy, signedHash } from '../transactions/signature.js'
import { readAddress } from '../transactions/address.js'
import { addNext, addSecrets, addWatched, addWords, findAddress } from './addresses.js'
import { readBackup } from './backup.js'
import { closeVault, EMPTY, EMPTY_VAULT, lockWallet, openVault, readWallet, writeWallet } from './file.js'
import { newWords, pathOf, readWords, secretsOf, signingKey } from './keys.js'
import { seal, unseal } from './seal.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

const SAND = 'Fs3E9gV6DXsYzf7Fqx1fVBQPQXV695eP3k5XbmHEZVRLkMdD9qCK'
const SAND_ADDRESS = 'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q'
/** That of PIP-6. */
const ETHEREUM = '0xbde0723b3236d7b7613d11c6c93c57ad89fd7f7c586aaa18f7a1b392aa2c39fd'
const ETHEREUM_ADDRESS = 'FA2M5uK3aPrJ8RfHdbTUL1ySxp22s3TwQ3Js6n7jss7QErw3S6ae'
/** Those of the tests of Factom's wallet. */
const YELLOW = Array<string>(12).fill('yellow').join(' ')
const YELLOW_ADDRESS = 'FA22de5NSG2FA2HmMaD4h8qSAZAJyztmmnwgLPghCQKoSekwYYct'
const KOINIFY_ADDRESS = 'FA3cih2o2tjEUsnnFR4jX1tQXPpSXFwsp3rhVp6odL5PNCHWvZV1'
/** Milliseconds instead of half a second. */
const CHEAP = { logN: 4, r: 8, p: 1 }
const PASSPHRASE = 'correct horse battery staple'
const code = (wanted: string) => ({ code: wanted })

t.test('keys, and what they sign', (t) => {
  const sand = signingKey(SAND)
  t.match(sand, { address: SAND_ADDRESS, kind: 'factoid' })
  t.match(signingKey(ETHEREUM), { address: ETHEREUM_ADDRESS, kind: 'ethereum' })
  const salt = utf8('1600000000')
  const content = utf8(
    `{"version":1,"transactions":[{"input":{"address":"${ETHEREUM_ADDRESS}","amount":1,"type":"pUSD"},"conversion":"pEUR"}]}`,
  )
  const entry = { chainId: TRANSACTIONS, content, seconds: 1_600_000_000 }
  for (const key of [sand, signingKey(ETHEREUM)]) {
    const extIds = [salt, key.rcd, key.sign(signedHash(salt, entry))]
    t.ok(isSignedBy(readAddress(key.address) ?? '', { ...entry, extIds }, true), key.kind)
    if (key.kind === 'ethereum')
      t.equal(
        Buffer.from(extIds[2] as Uint8Array).toString('hex'),
        '8a8e5993011a225ab0e54865dbb3eba3689ebb5f0a30ff1149968023fc9088cf2ed71afae9ba908a5694409e7f5a9cd075cc8ceec42c919f1129e862e7c1cf5100',
      )
    t.notMatch(inspect(key) + JSON.stringify(key), /Fs3E9|bde0723b/, 'it shows its address alone')
  }
  for (const wrong of [SAND.replace('gV6', 'gV7'), `0x${'0'.repeat(64)}`, `0x${'f'.repeat(64)}`, 'Fs', ''])
    t.throws(() => signingKey(wrong), code('E_WALLET_SECRET'), wrong)
  t.end()
})

t.test('keys of words', (t) => {
  const addressAt = (path: string) => secretsOf(YELLOW, [path]).map((secret) => factoidKey(secret).address)
  t.same(addressAt(pathOf(0)), [YELLOW_ADDRESS])
  t.same(addressAt("m/7'"), [KOINIFY_ADDRESS])
  t.equal(readWords(`  ${YELLOW.toUpperCase()}\n`), YELLOW)
  for (const wrong of [YELLOW.replace('yellow', 'zoo'), YELLOW.replace('yellow', 'yelow'), 'yellow', ''])
    t.equal(readWords(wrong), null, wrong)
  const made = newWords()
  t.equal(made.split(' ').length, 24)
  t.equal(readWords(made), made)
  t.not(newWords(), made)
  for (const path of ['', 'm', '44/0', 'm/x', "m/44'/-1"])
    t.throws(() => secretsOf(YELLOW, [path]), code('E_WALLET_SECRET'), path)
  t.end()
})

t.test('sealed bytes', async (t) => {
  const plain = utf8('a secret')
  const sealed = await seal(plain, PASSPHRASE, CHEAP)
  t.same(await unseal(sealed, PASSPHRASE), plain)
  t.same(
    await unseal(await seal(plain, '\u0041\u030a passphrase', CHEAP), '\u00c5 passphrase'),
    plain,
    'typed in another way',
  )
  const other = await seal(plain, PASSPHRASE, CHEAP)
  for (const name of ['salt', 'nonce', 'data', 'tag'] as const)
    t.not(sealed[name], other[name], `a ${name} of its own each time`)
  const flipped = (text: string) => (text.startsWith('0') ? '1' : '0') + text.slice(1)
  for (const changed of [
    { ...sealed, salt: flipped(sealed.salt) },
    { ...sealed, nonce: flipped(sealed.nonce) },
    { ...sealed, data: flipped(sealed.data) },
    { ...sealed, tag: flipped(sealed.tag) },
    { ...sealed, logN: 5 },
  ])
    await t.rejects(unseal(changed, PASSPHRASE), code('E_WALLET_PASSPHRASE'))
  await t.rejects(unseal(sealed, `${PASSPHRASE} `), code('E_WALLET_PASSPHRASE'))
})

t.test('addresses of a wallet', (t) => {
  const nothing = { addresses: [], vault: EMPTY_VAULT }
  const first = addNext(nothing, 'savings')
  const second = addNext(first, null)
  matchExactly(t, second.addresses, [
    { kind: 'words', name: 'savings', path: pathOf(0) },
    { kind: 'words', name: null, path: pathOf(1) },
  ])
  matchExactly(t, second.vault.seeds, [{ next: 2 }], 'of the same words')
  const restored = addWords(nothing, first.vault.seeds[0]?.words ?? '', { count: 2, name: null })
  t.same(
    restored.addresses.map(({ address }) => address),
    second.addresses.map(({ address }) => address),
    'the words alone bring all of them back',
  )
  matchExactly(t, addNext(restored, null).added, [{ path: pathOf(2) }])
  matchExactly(t, addWords(nothing, YELLOW, { path: "m/7'", count: 1, name: null }).added, [
    { address: KOINIFY_ADDRESS, path: "m/7'" },
  ])
  t.throws(() => addNext(second, 'savings'), code('E_WALLET_NAME'))
  for (const name of ['', 'a b', SAND_ADDRESS, 'x'.repeat(41)])
    t.throws(() => addNext(second, name), code('E_WALLET_NAME'), name)

  const watching = addWatched(second.addresses, SAND_ADDRESS, 'sand')
  matchExactly(t, watching.added, [{ kind: 'watch', name: 'sand' }])
  t.same(addWatched(watching.addresses, SAND_ADDRESS, null).added, [], 'it is there already')
  const signing = addSecrets({ ...second, addresses: watching.addresses }, [SAND, ETHEREUM], null)
  matchExactly(t, signing.added, [
    { address: SAND_ADDRESS, kind: 'factoid', name: 'sand' },
    { address: ETHEREUM_ADDRESS, kind: 'ethereum', name: null },
  ])
  t.equal(signing.addresses.length, 4)
  t.same(addSecrets(signing, [SAND], null).added, [])
  const imported = secretsOf(YELLOW, [pathOf(0)])
  const beside = addWords(addSecrets(nothing, imported, null), YELLOW, { count: 0, name: null })
  matchExactly(t, addNext(beside, null).added, [{ path: pathOf(1) }], 'the first was imported as a key')

  t.equal(findAddress(signing.addresses, 'sand').address, SAND_ADDRESS)
  t.equal(findAddress(signing.addresses, SAND_ADDRESS).name, 'sand')
  t.equal(findAddress(first.addresses, undefined).name, 'savings')
  for (const [addresses, word] of [
    [signing.addresses, undefined],
    [[], undefined],
    [first.addresses, 'x'],
  ] as const)
    t.throws(() => findAddress(addresses, word), code('E_WALLET_ADDRESS'))
  t.end()
})

t.test('secrets of other wallets', (t) => {
  t.same(readBackup(SAND), { words: [], secrets: [SAND], left: 0 })
  t.same(readBackup(`\n ${YELLOW} \n`).words, [YELLOW])
  t.same(
    readBackup(
      `${YELLOW}\n\n${SAND_ADDRESS} ${SAND}\r\nEC3T Es2XT3jSxi1xqrDvS5JERM3W3jh1awRHuyoahn3hbQLyfEi1jvbq\n`,
    ),
    { words: [YELLOW], secrets: [SAND], left: 1 },
    'as factom-cli lists it',
  )
  const backup = {
    'wallet-seed': YELLOW,
    addresses: [
      { public: SAND_ADDRESS, secret: SAND },
      { public: 'EC', secret: 'Es2XT3jSxi1xqrDvS5JERM3W3jh1awRHuyoahn3hbQLyfEi1jvbq' },
    ],
    'identity-keys': [],
  }
  t.same(readBackup(JSON.stringify(backup)), { words: [YELLOW], secrets: [SAND], left: 1 }, 'wallet-backup')
  for (const wrong of ['', 'hello', '{', `${'['.repeat(100)}`, YELLOW.slice(7), SAND.replace('gV6', 'gV7')])
    t.throws(() => readBackup(wrong), code('E_WALLET_SECRET'))
  t.throws(() => readBackup('Es2XT3jSxi1xqrDvS5JERM3W3jh1awRHuyoahn3hbQLyfEi1jvbq'), /entry credits/)
  t.end()
})

t.test('the file of a wallet', async (t) => {
  const dir = t.testdir()
  const file = join(dir, 'sub', 'wallet.json')
  t.throws(() => readWallet(file), code('E_WALLET_NONE'))
  const unlock = lockWallet(file)
  t.throws(() => lockWallet(file), code('E_WALLET_LOCKED'))
  unlock()
  const { addresses, vault } = addSecrets({ addresses: [], vault: EMPTY_VAULT }, [SAND, ETHEREUM], 'sand')
  const sealing = { passphrase: PASSPHRASE, cost: CHEAP }
  writeWallet(file, await closeVault(addresses, vault, sealing))
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.notMatch(readFileSync(file, 'utf8'), /Fs3E9|bde0723b|fb3b471b/, 'no secret to be read')
  const wallet = readWallet(file)
  t.same(wallet.addresses, addresses)
  t.same(await openVault(wallet, PASSPHRASE), vault)
  await t.rejects(openVault(wallet, 'another one'), code('E_WALLET_PASSPHRASE'))

  const foreign = [{ ...addresses[0]!, address: YELLOW_ADDRESS }, ...addresses.slice(1)]
  await t.rejects(
    openVault({ ...wallet, addresses: foreign }, PASSPHRASE),
    { code: 'E_WALLET_FILE', message: /tampered/ },
    'an address that somebody put into the list',
  )
  writeWallet(file, EMPTY)
  t.same(await openVault(readWallet(file), ''), EMPTY_VAULT, 'without keys there is nothing to open')

  const good = { pegminer: 'wallet', version: 1, addresses, sealed: wallet.sealed }
  for (const wrong of [
    'x',
    '[]',
    '{}',
    JSON.stringify({ ...good, version: 2 }),
    JSON.stringify({ ...good, sealed: { ...wallet.sealed, logN: 31 } }),
    JSON.stringify({ ...good, sealed: { ...wallet.sealed, p: 1e9 } }),
    JSON.stringify({ ...good, sealed: { ...wallet.sealed, cipher: 'none' } }),
    JSON.stringify({ ...good, addresses: [...addresses, ...addresses] }),
    JSON.stringify({ ...good, addresses: [{ ...addresses[0], address: 'FA1' }] }),
    '['.repeat(1000),
  ]) {
    writeFileSync(file, wrong)
    t.throws(() => readWallet(file), code('E_WALLET_FILE'), wrong.slice(0, 60))
  }
  mkdirSync(join(dir, 'folder'))
  t.throws(() => readWallet(join(dir, 'folder')), code('E_WALLET_FILE'))
  t.throws(() => writeWallet(join(dir, 'folder'), EMPTY), code('E_WALLET_FILE'))
})
