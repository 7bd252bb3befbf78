/** Scripts, signatures, proofs and payloads that are not what they say: each is refused, and none is taken for another. */
import t from 'tap'

import { vectors } from '../fixtures/vectors.js'
import { isStrictDer } from './der.js'
import { isEquihashSolution } from './equihash.js'
import * as tx from './index.js'
import { Writer } from './wire.js'

const KEYS = [1, 2, 3].map((n) => new Uint8Array(32).fill(n)) as [Uint8Array, Uint8Array, Uint8Array]
const [OWN, OTHER] = KEYS
const PUBKEY = tx.publicKeyOf(OWN)
const ID = 'ab'.repeat(32)
const TX_ERROR = { code: 'E_KOMODO_TX' }
const SIGN_ERROR = { code: 'E_KOMODO_SIGN' }

/** A transaction with one input; what it says in its script is the point. */
const spending = (script: string): tx.Transaction =>
  tx.saplingTransaction(
    [{ txid: ID, vout: 0, script, sequence: 0xffffffff }],
    [{ value: 1n, script: '51' }],
    {
      expiryHeight: 9,
    },
  )

t.test('scripts', (t) => {
  for (const script of ['zz', '0', '4c', '4d01', '4c0511'])
    t.equal(tx.stepsOf(script), null, `${script} ends in a push`)
  for (const script of ['6a', '6a51', '6a02aa', '51'])
    t.equal(tx.opReturnData(script), null, `${script} holds no data`)
  const long = 'ab'.repeat(0x10000)
  t.equal(tx.push(long).slice(0, 10), '4e00000100', 'the longest form of a length')
  t.same(tx.stepsOf(tx.push(long)), [{ op: 0x4e, data: long }])
  const own = `21${PUBKEY}`
  for (const script of [
    `51${own}52ae`,
    `52${own}51ae`,
    `00${own}51ae`,
    `5102aabb51ae`,
    `51${own}60ae`,
    `51ac51ae`,
  ])
    t.equal(tx.scriptKind(script).kind, 'nonstandard', `${script} is no multisig`)
  t.equal(tx.scriptKind(`51${own}51ae`).kind, 'multisig')
  t.end()
})

t.test('scripts in words, as nodes show them', (t) => {
  const shared = tx.multisigScript(1, [PUBKEY])
  t.match(tx.scriptJson(shared), {
    asm: `1 ${PUBKEY} 1 OP_CHECKMULTISIG`,
    reqSigs: 1,
    type: 'multisig',
    addresses: [tx.pubkeyAddress(PUBKEY)],
  })
  t.equal(tx.addressOfScript(shared), null)
  for (const [script, asm] of [
    ['4c', '[error]'],
    ['5103aa', '1 [error]'],
    ['ff', 'OP_UNKNOWN'],
    ['0181', '-1'],
    ['0105', '5'],
    ['020080', '0'],
    ['02ff80', '-255'],
  ] as const)
    t.match(tx.scriptJson(script), { asm })
  t.end()
})

t.test('signatures must be of the strict form', (t) => {
  const strict = '300602010102010101'
  t.ok(isStrictDer(strict))
  for (const [hex, why] of [
    ['', 'nothing'],
    ['3006020101020101', 'too short'],
    ['310602010102010101', 'another kind'],
    ['300702010102010101', 'another length'],
    ['3006020101020201aa', 'a second number that runs over the end'],
    ['30060205010201010a', 'a first number that runs over the end'],
    ['300603010102010101', 'a first number of another kind'],
    ['300602010103010101', 'a second number of another kind'],
    ['300602018102010101', 'a negative number'],
    ['30060200020201aa01', 'a number without digits'],
    ['30070202000102010101', 'a needless zero'],
  ] as const)
    t.notOk(isStrictDer(hex), why)
  t.ok(isStrictDer('30070202008102010101'), 'a zero that keeps the number positive')
  t.end()
})

t.test('fulfilments', (t) => {
  const bytes = (...parts: string[]): string => parts.join('')
  const node = (tag: string, body: string): string =>
    bytes(tag, (body.length / 2).toString(16).padStart(2, '0'), body)
  const script = (fulfilment: string): string => tx.push(`${fulfilment}01`)
  const evaluation = node('af', node('80', 'ec'))
  let deep = evaluation
  for (let depth = 0; depth < 10; depth++) deep = node('a2', node('a0', deep))
  for (const [hex, why] of [
    ['', 'nothing'],
    ['a2', 'ends behind its kind'],
    ['a280', 'a length of no bytes'],
    ['a28400000001aa', 'a length of four bytes'],
    ['a205aa', 'shorter than it says'],
    [bytes(evaluation, evaluation), 'two of them'],
    ['af00', 'a module without a code'],
    [node('a5', node('80', PUBKEY)), 'a key without a signature'],
    [node('a1', node('80', 'ec')), 'a kind that is not used'],
    [deep, 'deeper than any'],
  ] as const)
    t.equal(tx.readFulfilment(script(hex)), null, why)
  t.equal(tx.readFulfilment(''), null)
  t.equal(tx.readFulfilment(tx.push('af0380ec02')), null, 'of another hash type')
  const alone = { type: 'threshold', need: 1, parts: [{ type: 'eval', code: 'ec' }] }
  t.same(
    tx.readFulfilment(script(node('a2', node('a0', evaluation)))),
    alone,
    'a list of open parts may be left out',
  )

  const range = { name: 'RangeError' }
  t.throws(() => tx.fulfilmentScript({ type: 'key', pubkey: PUBKEY }), range)
  t.throws(() => tx.fulfilmentScript({ type: 'anon', condition: 'af00' }), range)
  t.throws(() => tx.fulfilmentScript(tx.moduleCondition('ec', PUBKEY)), range, 'without a signature')
  const hollow = { type: 'threshold', need: 1, parts: [{ type: 'anon', condition: 'af00' }] } as const
  t.throws(() => tx.conditionScript(hollow), range, 'a part without a fingerprint')
  t.throws(() => tx.conditionScript({ ...hollow, parts: [{ type: 'anon', condition: '' }] }), range)
  const either: tx.Condition = {
    type: 'threshold',
    need: 1,
    parts: [{ type: 'eval', code: 'f1' }, tx.moduleCondition('ec', PUBKEY)],
  }
  const read = tx.readFulfilment(tx.fulfilmentScript(either))
  t.ok(
    read && tx.conditionScript(read) === tx.conditionScript(either),
    'what stays open is known by its condition',
  )
  const eight = { type: 'threshold', need: 8, parts: Array(8).fill({ type: 'eval', code: 'ec' }) } as const
  t.match(tx.conditionScript(eight), '810400802000', 'a cost whose first bit is set stays positive')
  t.end()
})

t.test('inputs that are not signed', (t) => {
  const condition = tx.moduleCondition('ec', PUBKEY)
  const outputs = {
    key: tx.payToPubkey(PUBKEY),
    hash: tx.payToPubkeyHash(tx.hash160Hex(PUBKEY)),
    script: tx.payToScriptHash(tx.hash160Hex(tx.multisigScript(1, [PUBKEY]))),
    condition: tx.conditionScript(condition),
    multisig: tx.multisigScript(1, [PUBKEY]),
    data: tx.opReturn('aa'),
    odd: '51',
  }
  const signed = (value: bigint): string =>
    tx.signConditionInput(spending(''), 0, { value, script: outputs.condition, condition }, OWN)
  const broken = (of: tx.Condition) => tx.fulfilmentScript(tx.signCondition(of, PUBKEY, 'ff'.repeat(64)))
  const hollow = tx.push('a20ba005af038001eca102af0001')
  const rows: readonly [keyof typeof outputs, string, string][] = [
    ['key', '', 'by nothing'],
    ['key', '4c', 'by a script that breaks off'],
    ['key', '51', 'by a number'],
    ['key', tx.push('aa'), 'by a single byte'],
    ['key', tx.push('aa'.repeat(80)), 'by what is longer than any signature'],
    ['key', tx.push('aa'.repeat(70)), 'by noise'],
    ['hash', tx.push('aa'.repeat(70)), 'without the key'],
    ['hash', tx.push('aa'.repeat(70)) + tx.push(tx.publicKeyOf(OTHER)), 'with another key'],
    ['script', tx.push('aa'), 'without the script behind the address'],
    ['condition', tx.push('aa01'), 'by no fulfilment'],
    ['condition', broken(tx.moduleCondition('ec', PUBKEY)), 'by a signature that is none'],
    ['condition', signed(6n), 'for another amount'],
    ['condition', hollow, 'by a tree with a hollow part'],
    ['multisig', '51', 'nothing spends a bare multisig'],
    ['data', '51', 'nothing spends data'],
    ['odd', '51', 'of a form that is not known'],
  ]
  for (const [kind, script, why] of rows)
    t.notOk(tx.inputIsSigned(spending(script), 0, { value: 5n, script: outputs[kind] }), `${kind}: ${why}`)
  t.ok(tx.inputIsSigned(spending(signed(5n)), 0, { value: 5n, script: outputs.condition }))
  t.notOk(
    tx.inputIsSigned(spending(signed(5n)), 0, {
      value: 5n,
      script: tx.conditionScript(tx.moduleCondition('f1', PUBKEY)),
    }),
    'the condition of another module',
  )
  t.notOk(
    tx.inputIsSigned(spending('51'), 7, { value: 5n, script: outputs.key }),
    'an input that is not there',
  )
  t.equal(tx.readMultisigInput(spending('4c'), 0, { value: 5n, script: outputs.script }), null)
  t.end()
})

t.test('keys that do not fit are not signed with', (t) => {
  const blank = spending('')
  const of = (script: string) => ({ value: 5n, script })
  for (const script of [tx.payToPubkey(PUBKEY), tx.payToPubkeyHash(tx.hash160Hex(PUBKEY)), '51'])
    t.throws(() => tx.signKeyInput(blank, 0, of(script), OTHER), SIGN_ERROR, script)
  const condition = tx.moduleCondition('ec', PUBKEY)
  t.throws(() => tx.signConditionInput(blank, 0, { ...of('51'), condition }, OWN), SIGN_ERROR)
  t.throws(() => tx.publicKeyOf(new Uint8Array(32)), { code: 'E_KOMODO_KEY' }, 'zero is no key')
  const input = { index: 0, scriptCode: '51', value: 5n }
  t.throws(() => tx.signatureHash({ ...blank, version: 3, versionGroupId: 0x03c48270 }, input), SIGN_ERROR)
  const two = [0, 1].map((vout) => ({ txid: ID, vout, script: '', sequence: 7 }))
  const plain = tx.plainTransaction(two, [{ value: 1n, script: '51' }])
  const single = { ...input, index: 1, hashType: tx.SIGHASH.SINGLE }
  t.throws(() => tx.signatureHash(plain, single), SIGN_ERROR, 'there is no output beside it')
  const more = { ...plain, outputs: [...plain.outputs, { value: 2n, script: '52' }] }
  const other = { ...more, outputs: [{ value: 9n, script: '53' }, ...more.outputs.slice(1)] }
  t.same(
    tx.signatureHash(more, single),
    tx.signatureHash(other, single),
    'only the output beside it is signed',
  )
  t.end()
})

t.test('transactions, headers and addresses that are too much or too little', (t) => {
  const old = `030000807082c403${'00'.repeat(11)}`
  t.equal(tx.decodeTransaction(old).version, 3, 'of the version before today’s')
  t.equal(tx.encodeTransaction(tx.decodeTransaction(old)), old)
  for (const hex of [`${old}00`, '00'.repeat(5_000_000), '0500008070820000', '030000801234567800'])
    t.throws(() => tx.decodeTransaction(hex), TX_ERROR, hex.slice(0, 30))
  const split = {
    ...spending('51'),
    shielded: {
      spends: [],
      outputs: [],
      joinSplits: ['aa'.repeat(1698)],
      joinSplitKey: 'bb'.repeat(96),
      bindingSig: '',
    },
  }
  t.same(tx.decodeTransaction(tx.encodeTransaction(split)), split, 'a shielded part is kept')
  t.equal(tx.signatureHash(split, { index: 0, scriptCode: '51', value: 5n }).length, 32)
  const short = '11'.repeat(80)
  t.equal(tx.encodeHeader(tx.decodeHeader(short)), short, 'a header of 80 bytes')
  for (const hex of ['zz', '11'.repeat(79), '11'.repeat(81)]) t.throws(() => tx.decodeHeader(hex), TX_ERROR)
  t.equal(tx.decodeAddress('R'.repeat(200)), null)
  t.equal(tx.merkleRootOf([]), tx.ZERO_ID)
  t.throws(() => tx.hexBytes('zz'), { name: 'RangeError' })
  t.end()
})

t.test('solutions', (t) => {
  const head = new Uint8Array(140)
  t.notOk(isEquihashSolution(head, new Uint8Array(7)), 'of a size that no chain has')
  t.notOk(isEquihashSolution(head, new Uint8Array(1344)), 'the same index again and again')
  t.end()
})

t.test('proofs of transactions', (t) => {
  const header = {
    ...tx.decodeHeader('00'.repeat(80)),
    version: 4,
    saplingRoot: tx.ZERO_ID,
    nonce: tx.ZERO_ID,
    solution: 'aa',
  }
  const head = tx.encodeHeader(header)
  const proof = (count: number, hashes: readonly string[], flags: string): string =>
    new Writer().hex(head).u32(count).size(hashes.length).hex(hashes.join('')).blob(flags).doneHex()
  const [a, b] = ['aa'.repeat(32), 'bb'.repeat(32)] as [string, string]
  t.equal(tx.decodeTxOutProof(proof(2, [a, b], '03')).matches.length, 1)
  for (const [hex, why] of [
    ['zz', /hex of even length/],
    [proof(0, [], ''), /is of a block of 0 transactions/],
    [proof(1_000_000, [a], '01'), /is of a block of 1000000 transactions/],
    [proof(2, [a, b], ''), /too few flags/],
    [proof(2, [a], '03'), /too few hashes/],
    [proof(2, [a, a], '03'), /the same hash on both sides/],
    [proof(2, [a, b, b], '03'), /hashes or flags too many/],
    [proof(2, [a, b], '0300'), /hashes or flags too many/],
  ] as const)
    t.throws(() => tx.decodeTxOutProof(hex), { ...TX_ERROR, message: why })
  t.end()
})

t.test('payloads of modules', (t) => {
  const blob = { id: tx.GATEWAY_BLOB, op: null, raw: 'ff00' }
  const foreign = { op: 'token-transfer', tokenId: ID, owners: [PUBKEY], blobs: [blob] } as const
  const inTransaction = (script: string) => ({ ...spending('51'), outputs: [{ value: 0n, script }] })
  const carrying = inTransaction(tx.opScript(foreign))
  t.same(tx.opOf(carrying), foreign, 'what a token transfer carries is kept, be it understood or not')
  t.equal(tx.gatewayOpOf(carrying), null)
  t.equal(tx.pegsOpOf(carrying), null)
  t.equal(tx.pegsOpOf(inTransaction('51')), null)
  t.equal(tx.opOf({ ...carrying, outputs: [] }), null)
  const oracle = { op: 'oracle-fund', oracleTxid: ID, pubkey: PUBKEY, amount: 5n } as const
  t.equal(tx.pegsOpOf(inTransaction(tx.opScript(oracle))), null)
  const inside = { ...foreign, blobs: [{ ...blob, raw: tx.encodeOp(oracle) }] }
  t.same(tx.decodeOp(tx.encodeOp(inside)), inside, 'an op of a module that is not carried')
  const payload = tx.encodeOp(oracle)
  const withdraw = {
    op: 'gateway-withdraw',
    bindTxid: ID,
    coin: 'KMD',
    withdrawPubkey: PUBKEY,
    amount: 5n,
  } as const
  t.equal(
    tx.encodeOp({ ...withdraw, asker: undefined }),
    tx.encodeOp(withdraw),
    'what is not said is left out',
  )
  t.equal(tx.decodeOp(`${tx.encodeOp(withdraw)}00`), null, 'an op of neither family')
  for (const hex of ['', 'zz', 'ec', 'ec7a', `${payload}00`, payload.slice(0, -2), 'e2', 'e212'])
    t.equal(tx.decodeOp(hex), null, `${hex.slice(0, 8)} …`)
  t.equal(tx.decodeOp(tx.encodeOp({ ...foreign, owners: ['02aa'] })), null, 'an owner whose key is too short')
  t.end()
})

t.test('imports of the Pegs module', (t) => {
  const good =
    tx.opReturnData(tx.decodeTransaction(vectors.transactions.pegsget).outputs.at(-1)?.script ?? '') ?? ''
  const op = tx.decodeOp(good)
  if (op?.op !== 'pegs-get') return t.fail('the import of the documentation')
  const burn = tx.decodeTransaction(op.burnHex)
  const [input] = burn.inputs as [tx.TxInput]
  const said = tx.opReturnData(burn.outputs.at(-1)?.script ?? '') ?? ''
  /** The payload of an import whose burn is another. */
  const carrying = (change: Partial<tx.Transaction>): string => {
    const hex = tx.encodeTransaction({ ...burn, ...change })
    return `e211${tx.turned(tx.txidOf(hex))}0000${hex}`
  }
  const saying = (payload: string) => carrying({ outputs: [{ value: 1n, script: tx.opReturn(payload) }] })
  t.equal(carrying({}), good)
  const name = Buffer.from('PEGSCC').toString('hex')
  for (const [hex, why] of [
    [good.replace(/^e211/, 'e212'), 'another kind of proof'],
    [`${good.slice(0, 68)}0100${good.slice(72)}`, 'a proof with a branch'],
    [`e211${ID}0000${op.burnHex}`, 'another burn than it names'],
    [carrying({ inputs: [] }), 'a burn of nothing'],
    [carrying({ inputs: [input, input] }), 'a burn of two'],
    [carrying({ outputs: [] }), 'a burn without outputs'],
    [carrying({ outputs: [{ value: 1n, script: '51' }] }), 'a burn that says nothing'],
    [saying(said.replace(name, name.replace('43', '44'))), 'a burn for another module'],
    [saying(`e2${'00'.repeat(5)}${said.slice(12)}`), 'a burn for another chain'],
    [
      saying(`${said.slice(0, 12 + 14 + 64)}01aa${said.slice(12 + 14 + 66)}`),
      'a burn with a proof of its own',
    ],
    [saying(`${said}00`), 'a burn that says more'],
  ] as const)
    t.equal(tx.decodeOp(hex), null, why)
  t.end()
})
