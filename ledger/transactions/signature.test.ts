import { createHash } from 'node:crypto'

import { secp256k1 } from '@noble/curves/secp256k1'
import t from 'tap'

import { ALICE, BOB, signed, TRANSACTIONS, utf8 } from '../fixtures/sign.js'
import { NETWORKS } from '../../pegnet/index.js'
import { ledgerChains } from '../block.js'
import { rulesOf } from '../rules.js'
import { addressText, readAddress, readTypedAddress, typedAddress } from './address.js'
import { readBatch } from './batch.js'
import { isSignedBy, signedHash } from './signature.js'

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
const alice = Buffer.from(ALICE.rcdHash).toString('hex')
/** 1,600,000,000 s. */
const SALT = utf8('1600000000')

/** Accepted by the reference at heights from 200000 on. */
const VECTOR_A = {
  chainId: TRANSACTIONS,
  seconds: 1_600_000_000,
  content: utf8(
    '{"version":1,"transactions":[{"input":{"address":"FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q","amount":10000000000,"type":"PEG"},"transfers":[{"address":"FA3ppia1ZbcuXHdhAYLKBU89JKNVdFJVGiRQS3ziNtqhcoFvFxqJ","amount":10000000000}]}]}',
  ),
  extIds: [
    SALT,
    hex('01718b5edd2914acc2e4677f336c1a32736e5e9bde13663e6413894f57ec272e28'),
    hex(
      '772ac3f4c03de56531d01c00c26e4a474ccf244cce693e981f10b0080e119c6c960584dd3c2c28f0b1ad0dab130ce73d87a21604eeb08a68d3042779b1423005',
    ),
  ],
}

t.test('the chain of transactions', (t) => {
  t.equal(ledgerChains(NETWORKS.MainNet).transactions, TRANSACTIONS)
  t.end()
})

t.test('a signature of an ed25519 key', (t) => {
  t.equal(
    Buffer.from(signedHash(SALT, VECTOR_A)).toString('hex'),
    '5e5870c31a16e607ab37e2ad530c35b5a9da5992a342da255f8dca650586cd42840332b6cbbd2a4d262a9a1a3f113ae460476a44dee35f7c35120b06820ad96a',
  )
  t.ok(isSignedBy(alice, VECTOR_A, false))
  t.notOk(isSignedBy(Buffer.from(BOB.rcdHash).toString('hex'), VECTOR_A, false), 'of another address')
  const [salt, rcd, signature] = VECTOR_A.extIds as [Uint8Array, Uint8Array, Uint8Array]
  const changed = (extIds: Uint8Array[], content = VECTOR_A.content) =>
    isSignedBy(alice, { ...VECTOR_A, extIds, content }, true)
  t.notOk(
    changed([salt, rcd, signature], Uint8Array.of(...VECTOR_A.content, 0x20)),
    'white space is signed too',
  )
  t.notOk(changed([salt, rcd]), 'too few external ids')
  t.notOk(changed([salt, rcd, signature, salt]), 'too many')
  t.notOk(changed([salt, new Uint8Array(0), signature]), 'no key')
  t.notOk(changed([salt, Uint8Array.of(2, ...rcd.subarray(1)), signature]), 'an unknown kind of key')
  t.notOk(changed([salt, rcd, signature.subarray(1)]), 'a short signature')
  t.notOk(changed([utf8('01600000000'), rcd, signature]), 'another salt')
  t.end()
})

t.test('the salt is a time within 12 hours', (t) => {
  const at = (salt: string, seconds: number) => {
    const entry = { chainId: TRANSACTIONS, content: utf8('x'), seconds }
    const extIds = [
      utf8(salt),
      Uint8Array.of(1, ...ALICE.publicKey),
      ALICE.sign(signedHash(utf8(salt), entry)),
    ]
    return isSignedBy(alice, { ...entry, extIds }, false)
  }
  t.ok(at('1000043200', 1_000_000_000))
  t.notOk(at('1000043201', 1_000_000_000))
  t.ok(at('999956800', 1_000_000_000))
  t.notOk(at('999956799', 1_000_000_000))
  for (const salt of ['+5', '-5', '005', '-0', '+0000000000000000000000000']) t.ok(at(salt, 0), salt)
  for (const salt of [
    '',
    ' 5',
    '5 ',
    '5_0',
    '0x5',
    '+-5',
    '+',
    '5.0',
    '9223372036854775808',
    '-9223372036854775809',
  ])
    t.notOk(at(salt, 0), salt)
  t.notOk(at('9'.repeat(9000), 0))
  t.end()
})

const ETHEREUM = hex('bde0723b3236d7b7613d11c6c93c57ad89fd7f7c586aaa18f7a1b392aa2c39fd')
const VECTOR_B = {
  chainId: TRANSACTIONS,
  seconds: 1_600_000_000,
  content: utf8(
    '{"version":1,"transactions":[{"input":{"address":"FA2M5uK3aPrJ8RfHdbTUL1ySxp22s3TwQ3Js6n7jss7QErw3S6ae","amount":1,"type":"pUSD"},"conversion":"pEUR"}]}',
  ),
}

t.test('a signature of a key of Ethereum', (t) => {
  const rcd = Uint8Array.of(0x0e, ...secp256k1.getPublicKey(ETHEREUM, false).subarray(1))
  const owner = readAddress('FA2M5uK3aPrJ8RfHdbTUL1ySxp22s3TwQ3Js6n7jss7QErw3S6ae') as string
  t.equal(readAddress('Fe1UgCvpEx72E1fXYZUjfSk5bUGFUrTaZ5zzzVC7QuGz4vCjkoLM', 'Fe'), owner)
  t.equal(readAddress('FE1fftuTNoUn5UHSZUSLEX8o7nbKKQGDbgNHuowbZA6CPas9kWrA', 'FE'), owner)
  t.equal(readAddress('FE1fftuTNoUn5UHSZUSLEX8o7nbKKQGDbgNHuowbZA6CPas9kWrA', 'Fe'), null)
  const signature = hex(
    '8a8e5993011a225ab0e54865dbb3eba3689ebb5f0a30ff1149968023fc9088cf2ed71afae9ba908a5694409e7f5a9cd075cc8ceec42c919f1129e862e7c1cf5100',
  )
  const by = (bytes: Uint8Array, key = rcd, ethereumKeys = true) =>
    isSignedBy(owner, { ...VECTOR_B, extIds: [SALT, key, bytes] }, ethereumKeys)
  t.ok(by(signature))
  t.ok(by(Uint8Array.of(...signature.subarray(0, 64), 0xff)), 'the last byte does not matter')
  t.notOk(by(signature.subarray(0, 64)), 'but it must be there')
  t.notOk(by(signature, rcd, false), 'such keys do not count yet')
  const { r, s } = secp256k1.Signature.fromCompact(signature.subarray(0, 64))
  const malleable = new secp256k1.Signature(r, secp256k1.CURVE.n - s).toCompactRawBytes()
  t.notOk(by(Uint8Array.of(...malleable, 0)), 'the other value of s')
  t.notOk(by(new Uint8Array(65)))
  t.notOk(by(signature, Uint8Array.of(0x0e, ...new Uint8Array(64))), 'a key that is no point')
  const digest = createHash('sha256').update(signedHash(SALT, VECTOR_B)).digest()
  t.notOk(by(Uint8Array.of(...secp256k1.sign(digest, ETHEREUM).toCompactRawBytes(), 0)), 'hashed once')
  t.end()
})

t.test('from which height on they count', (t) => {
  const rules = rulesOf(NETWORKS.MainNet)
  const rcd = Uint8Array.of(0x0e, ...secp256k1.getPublicKey(ETHEREUM, false).subarray(1))
  const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest()
  const digest = sha256(sha256(signedHash(SALT, VECTOR_B)))
  const signature = Uint8Array.of(...secp256k1.sign(digest, ETHEREUM).toCompactRawBytes(), 0)
  const entry = { ...VECTOR_B, hash: '', extIds: [SALT, rcd, signature] }
  t.equal(readBatch(entry, 231_620, rules), null)
  t.ok(readBatch(entry, 231_621, rules))
  t.ok(readBatch(signed(ALICE, VECTOR_A.content), 213_237, rules))
  t.equal(readBatch(signed(BOB, VECTOR_A.content), 213_237, rules), null, 'by a stranger')
  t.end()
})

t.test('addresses: two bytes of the prefix are not compared', (t) => {
  const zero = '0'.repeat(64)
  t.equal(readAddress('FA3upjWMKHmStAHR5ZgKVK4zVHPb8U74L2wzKaaSDQEonHeWQ7t5'), zero)
  t.equal(readAddress('FA1y5ZGuHSLmf2TqNf6hVMkPiNGyQpQDTFJvDLRkKQaoPo4bmbgu'), zero)
  t.equal(readAddress('FA1y5ZGuHSLmf2TqNf6hVMkPiNGyQpQDTFJvDLRkKQaoPnxxqWVb'), 'f'.repeat(64))
  t.equal(addressText(alice), ALICE.address)
  t.equal(readAddress(ALICE.address), alice)
  for (const text of [
    '',
    'FA',
    ALICE.address.replace('Q', 'R'),
    `${ALICE.address}1`,
    ALICE.address.replace('Q', 'é'),
  ])
    t.equal(readAddress(text), null, text)
  t.end()
})

t.test('addresses of one token', (t) => {
  const cases: readonly (readonly [address: string, text: string])[] = [
    ['f'.repeat(64), 'PEG_2wkBET2rRgE8pahuaczxKbmv7ciehqsne57F9gtzf1PVXYhoE1'],
    ['f'.repeat(64), 'pUSD_2wkBET2rRgE8pahuaczxKbmv7ciehqsne57F9gtzf1PVay8ADs'],
    ['f'.repeat(64), 'pDASH_2wkBET2rRgE8pahuaczxKbmv7ciehqsne57F9gtzf1PVcu9hQV'],
    ['0'.repeat(64), 'PEG_111111111111111111111111111111114ZbQmu'],
    ['0'.repeat(64), 'pUSD_111111111111111111111111111111112gryZ2'],
    ['22'.repeat(32), 'PEG_G2tdbQSvZJDeH6TLx4rukJb9chMVeT75wgVxHvLHfifcYiGrP'],
  ]
  for (const [address, text] of cases) {
    const ticker = text.slice(0, text.indexOf('_'))
    t.equal(typedAddress(address, ticker), text)
    t.same(readTypedAddress(text), { address, ticker })
  }
  const [, text = ''] = cases[0] ?? []
  for (const wrong of [
    text.replace('PEG', 'pUSD'),
    text.replace('PEG', 'pPEG'),
    `${text}1`,
    text.replace('2', '3'),
    'PEG_',
    text.replace('w', '0'),
  ])
    t.throws(() => readTypedAddress(wrong), { code: 'E_LEDGER_ADDRESS' }, wrong)
  t.throws(() => typedAddress('0'.repeat(64), 'pPEG'), { code: 'E_LEDGER_ADDRESS' })
  t.end()
})
