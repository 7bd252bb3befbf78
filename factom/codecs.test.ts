import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'

import fc from 'fast-check'
import t from 'tap'

import { fromHex, hashBytes, toHex, uintBytes } from './bytes.js'
import { pairOfSeed } from './ed25519.js'
import * as factom from './index.js'

const fixture = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')) as T
const hex = (text: string) => fromHex(text) ?? new Uint8Array()
const utf8 = (text: string) => new TextEncoder().encode(text)
const code = (wanted: string) => ({ code: wanted })

const OPR_CHAIN = 'a642a8674f46696cc47fdb6b65f9c87b2a19c5ea8123b3d2f0c13b6f33a9d5ef'
const EC_SECRET = 'Es2XT3jSxi1xqrDvS5JERM3W3jh1awRHuyoahn3hbQLyfEi1jvbq'
const EC_ADDRESS = 'EC3TsJHUs8bzbbVnratBafub6toRYdgzgbR7kWwCW4tqbmyySRmg'
const FCT_SECRET = 'Fs3E9gV6DXsYzf7Fqx1fVBQPQXV695eP3k5XbmHEZVRLkMdD9qCK'
const FCT_ADDRESS = 'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q'

t.test('addresses', (t) => {
  const known = [
    ['FA', FCT_ADDRESS, '646f3e8750c550e4582eca5047546ffef89c13a175985e320232bacac81cc428'],
    ['Fs', FCT_SECRET, 'fb3b471b1dcdadfeb856bd0b02d8bf49ace0edd372a3d9f2a95b78ec12a324d6'],
    ['EC', EC_ADDRESS, 'e0258b1b95d757f061cb79425cbefe5e761946f76418b14c149ecd738c81ea53'],
    ['Es', EC_SECRET, '0d26b92b985aaca8041833ccdeefa27b209df0fa67bedaa858eef05a002bc94e'],
    [
      'EC',
      'EC2BURNFCT2PEGNETooo1oooo1oooo1oooo1oooo1oooo19wthin',
      '37399721298d77984585040ea61055377039a4c3f3e2cd48c46ff643d50fd64f',
    ],
    [
      'EC',
      'EC2BURNFCT2TESTxoooo1oooo1oooo1oooo1oooo1oooo1EoyM6d',
      '37399721298d8b92934b4f767a56be38ad8a30cf0b7ed9d9fd2eb0919905c4af',
    ],
  ] as const
  for (const [kind, text, body] of known) {
    t.equal(toHex(factom.decodeAddress(text, kind)), body, text.slice(0, 14))
    t.equal(factom.encodeAddress(kind, hex(body)), text)
  }
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.constantFrom('FA', 'Fs', 'EC', 'Es'),
      (body, kind) => {
        const text = factom.encodeAddress(kind, body)
        return (
          text.length === 52 &&
          text.startsWith(kind) &&
          toHex(factom.decodeAddress(text, kind)) === toHex(body)
        )
      },
    ),
  )
  const wrong = {
    'one character changed': [EC_ADDRESS.replace('HUs8', 'HUs9'), 'EC'],
    'another kind': [FCT_ADDRESS, 'EC'],
    'too short': [EC_ADDRESS.slice(1), 'EC'],
    'too long': [`${EC_ADDRESS}1`, 'EC'],
    'not base58': [EC_ADDRESS.replace('T', '0'), 'EC'],
    'a blank at the end': [`${EC_ADDRESS.slice(0, 51)} `, 'EC'],
    empty: ['', 'EC'],
  } as const
  for (const [what, [text, kind]] of Object.entries(wrong)) {
    t.throws(() => factom.decodeAddress(text, kind), code('E_FACTOM_ADDRESS'), what)
    t.equal(factom.isAddress(text, kind), false, what)
  }
  t.throws(() => factom.encodeAddress('EC', new Uint8Array(31)), code('E_FACTOM_ADDRESS'))
  t.end()
})

t.test('keys', (t) => {
  const ec = factom.ecKey(EC_SECRET)
  const fct = factom.factoidKey(FCT_SECRET)
  t.equal(ec.address, EC_ADDRESS)
  t.equal(toHex(ec.publicKey), 'e0258b1b95d757f061cb79425cbefe5e761946f76418b14c149ecd738c81ea53')
  t.equal(fct.address, FCT_ADDRESS)
  t.equal(toHex(fct.rcdHash), '646f3e8750c550e4582eca5047546ffef89c13a175985e320232bacac81cc428')

  t.equal(JSON.stringify({ ec, fct }), JSON.stringify({ ec: EC_ADDRESS, fct: FCT_ADDRESS }))
  t.equal(inspect({ ec }, { depth: 9, showHidden: true }).includes(EC_ADDRESS), true)
  const everything =
    inspect([ec, fct], { depth: 9, showHidden: true, getters: true }) + JSON.stringify([ec, fct])
  for (const secret of [EC_SECRET, FCT_SECRET, '0d26b92b985aaca8', 'fb3b471b1dcdadfe']) {
    t.notOk(everything.includes(secret), 'a printed key shows no secret')
  }
  for (const mixedUp of [FCT_SECRET, EC_ADDRESS, EC_SECRET.replace('T3', 'T4'), 'Es']) {
    t.throws(() => factom.ecKey(mixedUp), code('E_FACTOM_ADDRESS'))
    try {
      factom.ecKey(mixedUp)
    } catch (error) {
      t.notOk(
        inspect(error).includes(mixedUp.slice(0, 12)) && mixedUp.length > 2,
        'the error does not repeat it',
      )
    }
  }

  const data = utf8('a message')
  const signature = ec.sign(data)
  t.ok(factom.verifyEd25519(ec.publicKey, data, signature))
  t.notOk(factom.verifyEd25519(ec.publicKey, utf8('a massage'), signature))
  t.notOk(factom.verifyEd25519(fct.publicKey, data, signature))
  t.notOk(factom.verifyEd25519(ec.publicKey, data, signature.subarray(1)))
  t.notOk(factom.verifyEd25519(new Uint8Array(32).fill(255), data, signature), 'a key that is no point')
  t.notOk(
    factom.verifyEd25519(ec.publicKey, data, withHighS(signature)),
    'S + L is the same signature, written twice',
  )
  t.end()
})

t.test('signatures of more keys than are kept read', (t) => {
  const data = utf8('a message')
  const pairs = Array.from({ length: 1100 }, (_, k) => pairOfSeed(uintBytes(k, 32)))
  const signatures = pairs.map((pair) => pair.sign(data))
  const wrong = pairs.flatMap(({ publicKey }, k) => {
    const own = factom.verifyEd25519(publicKey, data, signatures[k]!)
    const other = factom.verifyEd25519(publicKey, data, signatures[(k + 1) % pairs.length]!)
    return own && !other ? [] : [k]
  })
  t.same(wrong, [])
  t.ok(factom.verifyEd25519(pairs[0]!.publicKey, data, signatures[0]!), 'the first ones again')
  t.end()
})

/** Adds the group order to S, little-endian: valid for careless verifiers only. */
function withHighS(signature: Uint8Array): Uint8Array {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  const s = BigInt(`0x${toHex(signature.slice(32).reverse())}`) + order
  const bytes = hex(s.toString(16).padStart(64, '0')).reverse()
  return new Uint8Array([...signature.slice(0, 32), ...bytes])
}

t.test('entries', (t) => {
  t.test('vector', (t) => {
    const extIds = [hex('0102030405060708'), hex('ffffffffffffff00'), hex('05')]
    const raw = factom.encodeEntry({ chainId: OPR_CHAIN, extIds, content: utf8('hello') })
    t.equal(toHex(raw), `00${OPR_CHAIN}0017000801020304050607080008ffffffffffffff0000010568656c6c6f`)
    t.equal(factom.entryHash(raw), '52f027025dfdf611b279735ab95642f91915491c348b32987fcab976e6c7f238')
    t.equal(factom.entryCost(raw), 1)
    t.same(factom.decodeEntry(raw), { chainId: OPR_CHAIN, extIds, content: utf8('hello') })
    t.end()
  })

  t.test('real entries hash to their hashes', (t) => {
    const recorded = fixture<{ entries: { hash: string; raw: string }[] }[]>('entry-blocks.json')
    for (const { hash, raw } of recorded.flatMap(({ entries }) => entries)) {
      t.equal(factom.entryHash(hex(raw)), hash)
      t.same(factom.encodeEntry(factom.decodeEntry(hex(raw))), hex(raw))
    }
    for (const { Hash, ExtIDs, Content } of fixture<{ Hash: string; ExtIDs: string[]; Content: string }[]>(
      'mainnet-entries.json',
    )) {
      const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'))
      const entry = { chainId: OPR_CHAIN, extIds: ExtIDs.map(bytes), content: bytes(Content) }
      t.equal(factom.entryHash(factom.encodeEntry(entry)), Hash)
      t.same(factom.decodeEntry(factom.encodeEntry(entry)), entry)
    }
    t.end()
  })

  t.test('chain ids of PegNet', (t) => {
    const chain = (...ids: string[]) => factom.chainIdOf(ids.map(utf8))
    t.equal(chain('PegNet', 'MainNet', 'OraclePriceRecords'), OPR_CHAIN)
    t.equal(chain('PegNet', 'MainNet'), '8fdfdccf605b1196825ff59ec291009cb47321cb8f8aa7bb4300ead81373aa0e')
    t.equal(
      chain('PegNet', 'TestNet-pM7', 'OraclePriceRecords'),
      '332d2649a1524918c0071ab4deb06c7e20a471193047d6046115a147a5b9651c',
    )
    const extIds = ['PegNet', 'MainNet', 'OraclePriceRecords'].map(utf8)
    t.equal(
      factom.entryHash(factom.encodeEntry({ chainId: OPR_CHAIN, extIds, content: new Uint8Array() })),
      '716526c3279184bca11fc453fa9c2ab2f4488a03c821ee107664c9052f01d733',
    )
    t.end()
  })

  t.test('limits and price', (t) => {
    const sized = (bytes: number) => ({ chainId: OPR_CHAIN, extIds: [], content: new Uint8Array(bytes) })
    const price = [0, 1, 1024, 1025, 2048, 2049, 10240].map((bytes) =>
      factom.entryCost(factom.encodeEntry(sized(bytes))),
    )
    t.same(price, [1, 1, 1, 2, 2, 3, 10])
    t.throws(() => factom.encodeEntry(sized(10241)), code('E_FACTOM_ENTRY'))
    t.doesNotThrow(
      () => factom.encodeEntry({ ...sized(10238), extIds: [new Uint8Array()] }),
      'an empty id takes two bytes',
    )
    t.throws(
      () => factom.encodeEntry({ ...sized(10239), extIds: [new Uint8Array()] }),
      code('E_FACTOM_ENTRY'),
    )
    t.throws(
      () => factom.encodeEntry({ ...sized(1), chainId: OPR_CHAIN.toUpperCase() }),
      code('E_FACTOM_ENTRY'),
    )
    t.end()
  })

  t.test('damaged bytes', (t) => {
    const head = hex(`00${OPR_CHAIN}`)
    const raw = (area: number, ...rest: number[]) => new Uint8Array([...head, ...uintBytes(area, 2), ...rest])
    const damaged = {
      empty: new Uint8Array(),
      'no area size': head,
      'version 1': new Uint8Array([1, ...raw(0).slice(1)]),
      'area beyond the end': raw(4, 0, 1),
      'id beyond the area': raw(3, 0, 2, 7),
      'half a length': raw(1, 0),
      'half a length, content behind': raw(1, 0, 0, 9),
      'an id that runs into the content': raw(3, 0, 5, 7, 7, 7, 7, 7),
      'too large': new Uint8Array([...raw(0), ...new Uint8Array(10241)]),
    }
    for (const [what, bytes] of Object.entries(damaged)) {
      t.throws(() => factom.decodeEntry(bytes), code('E_FACTOM_ENTRY'), what)
    }
    t.end()
  })

  t.test('any entry comes back as it was', (t) => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }),
        fc.uint8Array(),
        (extIds, content) => {
          const raw = factom.encodeEntry({ chainId: OPR_CHAIN, extIds, content })
          const back = factom.decodeEntry(raw)
          return back.extIds.length === extIds.length && toHex(factom.encodeEntry(back)) === toHex(raw)
        },
      ),
    )
    t.end()
  })
  t.end()
})

t.test('commits', (t) => {
  const key = factom.ecKey(EC_SECRET)
  const timeMs = 1_600_000_000_000
  const entryHash = '52f027025dfdf611b279735ab95642f91915491c348b32987fcab976e6c7f238'
  const entryCommit =
    '000174876e800052f027025dfdf611b279735ab95642f91915491c348b32987fcab976e6c7f23801e0258b1b95d757f061cb79425cbefe5e761946f76418b14c149ecd738c81ea53bebb910bd8812d5d4311b97fbf621f07b366db6d146584e9cef1ce63720e0113aee3443c35f4603b2ad532a0c04698868d534a0b7493af45d933b00c1421080f'

  t.test('entry commit', (t) => {
    const raw = factom.composeEntryCommit({ entryHash, credits: 1, timeMs, key })
    t.equal(toHex(raw), entryCommit)
    const commit = factom.decodeEntryCommit(raw)
    t.match(commit, {
      timeMs,
      entryHash,
      credits: 1,
      ecPublicKey: toHex(key.publicKey),
      txid: factom.commitTxid(raw),
    })
    t.ok(factom.commitSigned(commit))
    t.same(factom.decodeEntryCommit(new Uint8Array([...raw, 1, 2])), commit, 'bytes behind it are ignored')
    t.end()
  })

  t.test('entry commit of the Go library, with the all-zero seed', (t) => {
    const zero = factom.ecKey('Es2Rf7iM6PdsqfYCo3D1tnAR65SkLENyWJG1deUzpRMQmbh9F3eG')
    const raw = factom.composeEntryCommit({
      entryHash: '285ed45081d5b8819a678d13c7c2d04f704b34c74e8aaecd9bd34609bee04720',
      credits: 1,
      timeMs,
      key: zero,
    })
    t.equal(
      toHex(raw),
      '000174876e8000285ed45081d5b8819a678d13c7c2d04f704b34c74e8aaecd9bd34609bee04720013b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da296bc94eeed188fecfdce967c91e5aa89cbebabe2040fc539b28fa5538634cd5b0ccc1335e2bb6133a156103e9b312e4fa273efe7e119ab8f0f7e77d2d0b77e202',
    )
    t.equal(factom.commitTxid(raw), '9f149970bacd0ab1f862f9026e6a3820fb7f40b9544f8babba17ea4cf5ee313f')
    t.end()
  })

  t.test('chain commit', (t) => {
    const extIds = ['PegNet', 'TestNet-pM7', 'OraclePriceRecords'].map(utf8)
    const chainId = factom.chainIdOf(extIds)
    const first = factom.encodeEntry({ chainId, extIds, content: new Uint8Array() })
    const raw = factom.composeChainCommit({
      chainId,
      entryHash: factom.entryHash(first),
      credits: 11,
      timeMs,
      key,
    })
    t.equal(
      toHex(raw),
      '000174876e800098de606c22cfcc45bc020e7b10cede0f4be3646b128e335c4d9941eddbd494a3b06d974dab5b80751cb38a2f18afa347a802b46fa33639ebd5d983b6a3d26b6974607c41e913fe53d6f9c2f5a6428cc4881c5d530e56babb35e667fea0603f9b0be0258b1b95d757f061cb79425cbefe5e761946f76418b14c149ecd738c81ea53deb26b88976ec8830abf1a430d4645f9a124d7516db789b4870557a5b7372966026148809f7745190823a7c8a9d060fd10fd69a50a29748f62b8faa29ad50a08',
    )
    const commit = factom.decodeChainCommit(raw)
    t.match(commit, { timeMs, credits: 11, entryHash: factom.entryHash(first), txid: factom.commitTxid(raw) })
    t.equal(commit.chainIdHash, toHex(raw.slice(7, 39)))
    t.equal(commit.weld, toHex(raw.slice(39, 71)))
    t.ok(factom.commitSigned(commit))
    t.end()
  })

  t.test('commits that a real node took or refused', (t) => {
    let taken = 0
    const calls = fixture<{ label: string; request: string; status: number; reply: string }[]>('rpc.json')
    for (const { label, request, status, reply } of calls) {
      const { method, params } = JSON.parse(request) as { method: string; params?: { message?: string } }
      const raw = fromHex(params?.message ?? '')
      if (!raw?.length || !method.startsWith('commit-')) continue
      const decode = method === 'commit-chain' ? factom.decodeChainCommit : factom.decodeEntryCommit
      if (status === 200) {
        taken++
        const { result } = JSON.parse(reply) as {
          result: { txid: string; entryhash: string; chainidhash?: string }
        }
        const commit = decode(raw)
        t.ok(factom.commitSigned(commit), label)
        t.match(
          { txid: commit.txid, entryhash: commit.entryHash },
          { txid: result.txid, entryhash: result.entryhash },
        )
        if (result.chainidhash) t.equal(factom.decodeChainCommit(raw).chainIdHash, result.chainidhash)
      } else if (/bad signature/.test(label)) t.notOk(factom.commitSigned(decode(raw)), label)
      else if (!reply.includes('-32011')) t.throws(() => decode(raw), code('E_FACTOM_COMMIT'), label)
    }
    t.ok(taken >= 12, `${taken} commits`)
    t.end()
  })

  t.test('terms out of range', (t) => {
    for (const credits of [0, 11, 1.5, NaN]) {
      t.throws(() => factom.composeEntryCommit({ entryHash, credits, timeMs, key }), code('E_FACTOM_COMMIT'))
    }
    for (const credits of [10, 21]) {
      t.throws(
        () => factom.composeChainCommit({ chainId: OPR_CHAIN, entryHash, credits, timeMs, key }),
        code('E_FACTOM_COMMIT'),
      )
    }
    for (const when of [-1, 2 ** 48, 0.5]) {
      t.throws(
        () => factom.composeEntryCommit({ entryHash, credits: 1, timeMs: when, key }),
        code('E_FACTOM_COMMIT'),
      )
    }
    t.throws(() => factom.commitTxid(new Uint8Array(137)), code('E_FACTOM_COMMIT'))
    t.end()
  })
  t.end()
})

t.test('entry blocks', (t) => {
  interface Recorded {
    keymr: string
    raw: string
    json: {
      header: { blocksequencenumber: number; prevkeymr: string; dbheight: number; timestamp: number }
      entrylist: { entryhash: string; timestamp: number }[]
    }
  }
  const blocks = fixture<Recorded[]>('entry-blocks.json')

  t.test('blocks of a real node', (t) => {
    for (const { keymr, raw, json } of blocks) {
      const block = factom.decodeEntryBlock(hex(raw))
      t.equal(block.keyMr, keymr)
      t.equal(toHex(factom.encodeEntryBlock(block)), raw)
      t.match(block, {
        sequence: json.header.blocksequencenumber,
        prevKeyMr: json.header.prevkeymr,
        height: json.header.dbheight,
      })
      const listed = block.entries.map(({ hash, minute }) => ({
        entryhash: hash,
        timestamp: json.header.timestamp + 60 * minute,
      }))
      t.same(listed, json.entrylist)
    }
    t.end()
  })

  t.test('damaged blocks', (t) => {
    const good = hex(blocks.at(-1)?.raw ?? '')
    const objects = (...list: Uint8Array[]) => {
      const header = good.slice(0, 140)
      header.set(factom.merkleRoot(list), 32)
      header.set(uintBytes(list.length, 4), 136)
      return new Uint8Array([...header, ...list.flatMap((object) => [...object])])
    }
    const marker = (minute: number) => uintBytes(minute, 32)
    const entry = hashBytes('11'.repeat(32))
    t.doesNotThrow(() => factom.decodeEntryBlock(objects(entry, marker(1), entry, marker(10))))
    const damaged = {
      empty: new Uint8Array(),
      'header only': good.slice(0, 140),
      'one byte short': good.slice(0, -1),
      'one object short': good.slice(0, -32),
      'a flipped bit': good.map((byte, at) => (at === 150 ? byte ^ 1 : byte)),
      'marker first': objects(marker(1), entry, marker(2)),
      'two markers': objects(entry, marker(1), marker(2)),
      'markers that fall': objects(entry, marker(2), entry, marker(1)),
      'the same marker twice': objects(entry, marker(2), entry, marker(2)),
      'no last marker': objects(entry, marker(1), entry),
      'minute 11': objects(entry, marker(11)),
    }
    for (const [what, raw] of Object.entries(damaged)) {
      t.throws(() => factom.decodeEntryBlock(raw), code('E_FACTOM_BLOCK'), what)
    }
    const block = factom.decodeEntryBlock(good)
    for (const minutes of [[0], [11], [2, 1], []]) {
      const entries = minutes.map((minute) => ({ hash: '11'.repeat(32), minute }))
      t.throws(() => factom.encodeEntryBlock({ ...block, entries }), code('E_FACTOM_BLOCK'), String(minutes))
    }
    t.end()
  })

  t.test('Merkle roots', (t) => {
    const leaf = (n: number) => new Uint8Array(32).fill(n)
    t.same(factom.merkleRoot([]), new Uint8Array(32))
    t.same(factom.merkleRoot([leaf(1)]), leaf(1))
    const doubled = factom.merkleRoot([leaf(1), leaf(2), leaf(3), leaf(3)])
    t.same(factom.merkleRoot([leaf(1), leaf(2), leaf(3)]), doubled, 'an odd last leaf is paired with itself')
    t.same(
      factom.merkleRoot([leaf(1), leaf(2), leaf(3), leaf(4), leaf(5)]),
      factom.merkleRoot([leaf(1), leaf(2), leaf(3), leaf(4), leaf(5), leaf(5), leaf(5), leaf(5)]),
      'at every level',
    )
    t.end()
  })
  t.end()
})
