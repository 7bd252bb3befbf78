import fc from 'fast-check'
import t from 'tap'

import { isCoded } from '../../base/index.js'
import { allCalls } from '../fixtures/recordings.js'
import * as tx from './index.js'
import { vectors } from '../fixtures/vectors.js'
import { Reader, Writer } from './wire.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

const calls = allCalls()

/** Every transaction that stands in a reply, a parameter, or an op, whole. */
function rawTransactions(): Set<string> {
  const found = new Set<string>()
  const text = calls
    .map(({ request, reply, stdout }) => JSON.stringify(request) + (reply ?? '') + (stdout ?? ''))
    .join('\n')
  for (const [, hex] of text.matchAll(/"((?:04000080|01000000)[0-9a-f]{100,})/g)) {
    try {
      tx.decodeTransaction(hex as string)
      found.add(hex as string)
    } catch {
      // Proofs, headers and blocks begin like transactions.
    }
  }
  return found
}

const raws = [...rawTransactions()]
const byId = new Map(raws.map((hex) => [tx.txidOf(hex), tx.decodeTransaction(hex)]))

t.test('recorded transactions come out as they went in', (t) => {
  t.ok(raws.length > 290, `${raws.length} transactions`)
  for (const hex of raws) t.equal(tx.encodeTransaction(tx.decodeTransaction(hex)), hex)
  t.end()
})

t.test('decoded form equals that of the node, to the byte', (t) => {
  let compared = 0
  for (const { request, reply } of calls) {
    if (request?.method !== 'decoderawtransaction' || !reply?.startsWith('{"result":{')) continue
    const text = tx.nodeText(tx.transactionJson(tx.decodeTransaction(request.params?.[0] as string)))
    t.equal(`{"result":${text},"error":null,"id":"rec"}\n`, reply)
    compared++
  }
  t.ok(compared > 100, `${compared} replies`)
  t.end()
})

t.test('recorded signatures hold, and fulfilments lead back to the outputs that they spend', (t) => {
  const kinds = new Map<string, number>()
  let alteredOnes = 0
  for (const [txid, spending] of byId)
    spending.inputs.forEach((input, index) => {
      const spent = byId.get(input.txid)?.outputs[input.vout]
      if (!spent || input.script === '' || tx.opOf(spending) === null) return
      const { kind } = tx.scriptKind(spent.script)
      if (tx.inputIsSigned(spending, index, spent)) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
      else t.fail(`${txid} input ${index} (${kind})`)
      const condition = tx.readFulfilment(input.script)
      if (condition) t.equal(tx.fulfilmentScript(condition), input.script)
      if (index > 0 || alteredOnes++ > 20) return
      const altered = tx.withScripts({ ...spending, lockTime: spending.lockTime + 1 }, [])
      t.notOk(tx.inputIsSigned(altered, index, spent), 'another transaction is not signed by it')
    })
  t.ok((kinds.get('cryptocondition') ?? 0) > 100, `conditions: ${kinds.get('cryptocondition')}`)
  t.ok((kinds.get('pubkey') ?? 0) > 90, `keys: ${kinds.get('pubkey')}`)
  t.end()
})

t.test('our signatures are those of the node', (t) => {
  const keys = [
    'Uq1zcXSc3qh46tBSq6t53rcUCzM2LbaT7CBv4guSxTB8sAnW34da',
    'UquX9bzjhin7mPacmCXHS8shn5SDyg2UmGAc9A1zKEJucYPkhiN2',
  ]
    .map((wif) => tx.decodeWif(wif))
    .map((key) => ({ key, pubkey: tx.publicKeyOf(key) }))
  let signed = 0
  for (const [, spending] of byId)
    spending.inputs.forEach((input, index) => {
      const spent = byId.get(input.txid)?.outputs[input.vout]
      if (!spent || input.script === '') return
      const kind = tx.scriptKind(spent.script)
      const own = keys.find(
        ({ pubkey }) =>
          (kind.kind === 'pubkey' && kind.pubkey === pubkey) ||
          (kind.kind === 'pubkeyhash' && kind.hash === tx.hash160Hex(pubkey)),
      )
      if (own) {
        t.equal(tx.signKeyInput(spending, index, spent, own.key), input.script)
        signed++
      }
      for (const { key, pubkey } of keys) {
        const condition = tx.moduleCondition(tx.EVAL.oracles, pubkey)
        if (tx.conditionScript(condition) !== spent.script) continue
        t.equal(tx.signConditionInput(spending, index, { ...spent, condition }, key), input.script)
        signed++
      }
    })
  t.ok(signed > 150, `${signed} signatures`)
  t.end()
})

t.test('ops of recorded transactions are read and written back', (t) => {
  const seen = new Set<string>()
  for (const decoded of byId.values()) {
    const script = decoded.outputs.at(-1)?.script ?? ''
    const op = tx.opOf(decoded)
    if (!op) continue
    t.equal(tx.opScript(op), script)
    seen.add(tx.gatewayOpOf(decoded)?.op.op ?? op.op)
  }
  for (const op of [
    'oracle-create',
    'oracle-fund',
    'oracle-register',
    'oracle-subscribe',
    'oracle-data',
    'gateway-bind',
    'gateway-deposit',
    'gateway-claim',
    'gateway-withdraw',
    'gateway-partial',
    'gateway-complete',
    'gateway-done',
    'token-create',
  ])
    t.ok(seen.has(op), op)
  t.end()
})

t.test('ops of both families: one is never read as the other', (t) => {
  const id = () => tx.toHex(tx.sha256(Uint8Array.of(n++, n >> 8)))
  const key = () => `02${id()}`
  let n = 0
  for (let round = 0; round < 400; round++) {
    const shared = { withdrawTxid: id(), coin: 'KMD' }
    const hex = 'ab'.repeat(round % 40)
    const ops: tx.GatewayOp[] = [
      { op: 'gateway-withdraw', bindTxid: id(), coin: 'KMD', withdrawPubkey: key(), amount: 5n },
      {
        op: 'gateway-withdraw',
        bindTxid: id(),
        asker: key(),
        coin: 'KMD',
        withdrawPubkey: key(),
        amount: 5n,
      },
      { op: 'gateway-complete', ...shared, signatures: 1, hex },
      { op: 'gateway-sign', ...shared, lastTxid: id(), signers: [key()], signatures: 1, hex },
      { op: 'gateway-done', ...shared, completeTxid: id() },
      { op: 'gateway-done', ...shared, teller: key(), completeTxid: id() },
    ]
    const read = ops.map((op) => tx.decodeOp(tx.encodeOp(op)))
    if (JSON.stringify(read, big) !== JSON.stringify(ops, big)) t.match(read, ops)
  }
  t.end()
})

/** Amounts as text, members sorted. */
function big(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort())
}

t.test('recorded multisig withdrawals: who has signed', (t) => {
  const counts = new Set<number>()
  for (const decoded of byId.values()) {
    const op = tx.opOf(decoded)
    if (op?.op !== 'gateway-partial' && op?.op !== 'gateway-complete') continue
    let payment: tx.Transaction
    try {
      payment = tx.decodeTransaction(op.hex)
    } catch {
      continue
    }
    const steps = tx.stepsOf(payment.inputs[0]?.script ?? '') ?? []
    const redeemScript = steps.at(-1)?.data ?? ''
    if (tx.scriptKind(redeemScript).kind !== 'multisig') continue
    const script = tx.payToScriptHash(tx.hash160Hex(redeemScript))
    // The amount is not in the transaction; the right one is that under which the signatures hold.
    const value = [100_000_000n, 200_000_000n, 500_000_000n, 1_000_000_000n, 300_000_000n].find(
      (value) => (tx.readMultisigInput(payment, 0, { value, script })?.signatures.size ?? 0) > 0,
    )
    if (value !== undefined)
      counts.add(tx.readMultisigInput(payment, 0, { value, script })?.signatures.size ?? 0)
  }
  t.ok(counts.size > 0, [...counts].join())
  t.end()
})

t.test('multisig: signatures in the order of the keys, at most m', (t) => {
  const keys = [1, 2, 3].map((n) => new Uint8Array(32).fill(n))
  const redeemScript = tx.multisigScript(2, keys.map(tx.publicKeyOf))
  const spent = { value: 5n, script: tx.payToScriptHash(tx.hash160Hex(redeemScript)), redeemScript }
  const input = { txid: 'ab'.repeat(32), vout: 1, script: '', sequence: 0xffffffff }
  const blank = tx.saplingTransaction(
    [input],
    [{ value: 4n, script: tx.payToPubkey(tx.publicKeyOf(keys[0] as Uint8Array)) }],
    {
      expiryHeight: 100,
    },
  )
  const sign = (state: tx.Transaction, n: number) =>
    tx.withScripts(state, [tx.signMultisigInput(state, 0, spent, keys[n] as Uint8Array)])
  const [first, second] = [sign(blank, 2), sign(sign(blank, 2), 0)]
  t.notOk(tx.inputIsSigned(first, 0, spent))
  t.ok(tx.inputIsSigned(second, 0, spent))
  t.same(second, sign(sign(blank, 0), 2), 'in either order')
  t.same(sign(second, 1), sign(sign(blank, 0), 1), 'no third signature')
  t.throws(() => tx.signMultisigInput(blank, 0, spent, new Uint8Array(32).fill(9)), { code: 'E_KOMODO_SIGN' })
  t.end()
})

t.test('hash types: what each of them leaves open', (t) => {
  const script = tx.payToPubkey(`02${'11'.repeat(32)}`)
  const inputs = [0, 1].map((vout) => ({ txid: 'cd'.repeat(32), vout, script: '', sequence: 7 }))
  const outputs = [1n, 2n].map((value) => ({ value, script }))
  for (const build of [
    (a = inputs, b = outputs) => tx.plainTransaction(a, b),
    (a = inputs, b = outputs) => tx.saplingTransaction(a, b, { expiryHeight: 9 }),
  ]) {
    const hash = (of: tx.Transaction, hashType: number) =>
      tx.toHex(tx.signatureHash(of, { index: 0, scriptCode: script, value: 3n, hashType }))
    const otherOutput = build(inputs, [outputs[0] as tx.TxOutput, { value: 9n, script }])
    const otherInput = build([inputs[0] as tx.TxInput, { ...(inputs[1] as tx.TxInput), vout: 5 }])
    const { ALL, NONE, SINGLE, ANYONECANPAY } = tx.SIGHASH
    const same = (other: tx.Transaction, type: number) => hash(build(), type) === hash(other, type)
    t.notOk(same(otherOutput, ALL))
    t.ok(same(otherOutput, NONE))
    t.ok(same(otherOutput, SINGLE))
    t.notOk(same(otherInput, NONE))
    t.ok(same(otherInput, ALL | ANYONECANPAY))
    t.notOk(same(otherOutput, ALL | ANYONECANPAY))
  }
  t.throws(() => tx.signatureHash(tx.plainTransaction([], []), { index: 0, scriptCode: '', value: 0n }), {
    code: 'E_KOMODO_SIGN',
  })
  t.end()
})

t.test('headers and proofs of the recorded chains', (t) => {
  let headers = 0
  let proofs = 0
  for (const { request, reply } of calls) {
    if (!reply?.startsWith('{"result":"04000000')) continue
    const hex = (JSON.parse(reply) as { result: string }).result
    const [first] = (request?.params ?? []) as [unknown]
    if (request?.method === 'getblockheader') {
      const header = tx.decodeHeader(hex)
      t.equal(tx.encodeHeader(header), hex)
      t.equal(tx.blockHashOf(header), first)
      headers++
    }
    if (request?.method === 'gettxoutproof') {
      const proof = tx.decodeTxOutProof(hex)
      t.equal(proof.merkleRoot, proof.header.merkleRoot)
      const wanted = new Set(first as string[])
      t.same(new Set(proof.matches.map(({ txid }) => txid)), wanted)
      proofs++
      t.throws(() => tx.decodeTxOutProof(hex.slice(0, -2)), { code: 'E_KOMODO_TX' })
    }
  }
  t.ok(headers > 0 && proofs > 10, `${headers} headers, ${proofs} proofs`)
  t.end()
})

t.test('proofs of made-up blocks', (t) => {
  const header = {
    ...tx.decodeHeader('00'.repeat(80)),
    version: 4,
    saplingRoot: tx.ZERO_ID,
    nonce: tx.ZERO_ID,
    solution: 'aabb',
  }
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (count, pick) => {
      const txids = Array.from({ length: count }, (_, i) => tx.toHex(tx.sha256(Uint8Array.of(i))))
      const wanted = new Set([txids[pick % count] as string, txids[0] as string])
      const root = tx.merkleRootOf(txids)
      const proof = tx.decodeTxOutProof(tx.encodeTxOutProof({ ...header, merkleRoot: root }, txids, wanted))
      return (
        proof.merkleRoot === root &&
        proof.matches.every(({ txid, index }) => txids[index] === txid) &&
        proof.matches.length === wanted.size
      )
    }),
    { numRuns: 60 },
  )
  t.end()
})

t.test('hostile bytes: an error with a code, or a transaction that comes out as it went in', (t) => {
  const seeds = raws.slice(0, 40)
  fc.assert(
    fc.property(
      fc.constantFrom(...seeds),
      fc.nat(),
      fc.integer({ min: 0, max: 255 }),
      fc.boolean(),
      (hex, at, byte, cut) => {
        const bytes = Buffer.from(hex, 'hex')
        bytes[at % bytes.length] = byte
        const changed = (cut ? bytes.subarray(0, at % bytes.length) : bytes).toString('hex')
        try {
          return tx.encodeTransaction(tx.decodeTransaction(changed)) === changed
        } catch (error) {
          return isCoded(error) && error.code === 'E_KOMODO_TX'
        }
      },
    ),
    { numRuns: 300 },
  )
  for (const hex of ['', 'zz', '0', '00', '01000000fdfc00'])
    t.throws(() => tx.decodeTransaction(hex), { code: 'E_KOMODO_TX' })
  t.end()
})

t.test('compact sizes have one form', (t) => {
  for (const value of [0, 0xfc, 0xfd, 0xffff, 0x10000]) {
    const bytes = new Writer().size(value).done()
    t.equal(new Reader(bytes, 'size').size(), value)
  }
  for (const hex of ['fdfc00', 'feffff0000', 'ff0000000001000000'])
    t.throws(() => new Reader(tx.hexBytes(hex), 'size').size(), { code: 'E_KOMODO_TX' })
  t.end()
})

t.test('addresses, keys and markers of the documentation', (t) => {
  t.equal(
    tx.pubkeyAddress('02d3431950c2f0f9654217b6ce3d44468d3a9ca7255741767fdeee7c5ec6b47567'),
    'RN727JeeiZ6NXic7PUKTCiHT1HvuBN4RDa',
  )
  t.equal(
    tx.markerKey('5569e66859a8269b3b7a512ac66a42b1a4d375bb404fc73abaf2faf3080ec4af'),
    '02afc40e08f3faf2ba3ac74f40bb75d3a4b1426ac62a517a3b9b26a85968e66955',
  )
  const wif = 'Uq1zcXSc3qh46tBSq6t53rcUCzM2LbaT7CBv4guSxTB8sAnW34da'
  t.equal(tx.encodeWif(tx.decodeWif(wif)), wif)
  t.equal(tx.pubkeyAddress(tx.publicKeyOf(tx.decodeWif(wif))), 'RTN2sphBfCSVAgaYvkijvTNzXuYmUHgcfZ')
  t.equal(
    tx.depositAddress(2, [
      '037251f186695ce918d15eb793e6b4955779ac1db22b76d8235c542d544cbdf5ed',
      '03be252188932def60b2663ea5489b3ab8aab5ffe4e0b841b0f9fb095547d20d7d',
    ]),
    'bMKGzrAyyEppP34Ued1vZFLbtspp67bqbA',
  )
  t.throws(() => tx.decodeWif('Uxxxxxxxx'), { code: 'E_KOMODO_KEY' })
  for (const bad of ['', 'xx', 'RTN2sphBfCSVAgaYvkijvTNzXuYmUHgcfA', '1BoatSLRHtKNngkdXEeobR76b53LETtpyT'])
    t.throws(() => tx.readAddress(bad), { code: 'E_KOMODO_ADDRESS' })
  const { hash } = tx.readAddress('RTN2sphBfCSVAgaYvkijvTNzXuYmUHgcfZ')
  const zcash = { pubkey: 0xb8, script: 0xbd, wif: 0x80, taddr: 0x1c }
  const text = tx.encodeAddress({ kind: 'pubkeyhash', hash }, zcash)
  t.match(text, /^t1/)
  t.same(tx.decodeAddress(text, zcash), { kind: 'pubkeyhash', hash })
  t.end()
})

t.test('payloads of the documentation', (t) => {
  t.equal(vectors.payloads.length, 6)
  for (const { height, hash, merkleRoot, payload } of vectors.payloads) {
    t.equal(tx.encodePayload({ height, hash, merkleRoot, balance: null }), payload)
    t.same(tx.decodePayload(payload), { height, hash, merkleRoot, balance: null })
    const long = tx.encodePayload({ height, hash, merkleRoot, balance: 123n })
    t.same(tx.decodePayload(long), { height, hash, merkleRoot, balance: 123n })
  }
  t.throws(() => tx.decodePayload('00'), { code: 'E_KOMODO_TX' })
  t.end()
})

t.test('transactions and the proof of the documentation, from the real chain', (t) => {
  const { transactions, proof } = vectors
  for (const hex of Object.values(transactions)) t.equal(tx.encodeTransaction(tx.decodeTransaction(hex)), hex)
  t.equal(tx.txidOf(transactions.payment), proof.txid)
  t.match(tx.gatewayOpOf(tx.decodeTransaction(transactions.gatewaysdeposit)), {
    op: {
      op: 'gateway-deposit',
      coin: 'KMD',
      height: proof.block.height,
      coinTxid: proof.txid,
      proof: proof.hex,
    },
    tokenId: null,
  })
  t.match(tx.gatewayOpOf(tx.decodeTransaction(transactions.gatewaysclaim))?.op, {
    op: 'gateway-claim',
    amount: 1_000_000n,
  })
  const withdraw = tx.decodeTransaction(transactions.gatewayswithdraw)
  t.match(tx.gatewayOpOf(withdraw)?.op, { op: 'gateway-withdraw', coin: 'KMD', amount: 1_000_000n })
  t.equal(tx.decodeTransaction(transactions.pegsget).inputs[0]?.vout, 1_000_000_000)
  const read = tx.decodeTxOutProof(proof.hex)
  t.equal(tx.blockHashOf(read.header), proof.block.hash)
  t.equal(read.merkleRoot, proof.block.merkleRoot)
  t.equal(read.header.merkleRoot, proof.block.merkleRoot)
  matchExactly(t, read, {
    transactions: proof.block.transactions,
    matches: [{ txid: proof.txid, index: proof.index }],
  })
  t.equal(tx.markerAddress(proof.txid), tx.pubkeyAddress(tx.markerKey(proof.txid)))
  t.end()
})
