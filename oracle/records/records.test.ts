import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'

import fc from 'fast-check'
import t from 'tap'

import { isCoded } from '../../base/index.js'
import { networkOf, versionAt, MAINNET_OPR_HEIGHTS, NETWORKS } from '../../pegnet/index.js'
import { chainIdOf, encodeEntry, entryHash } from '../../factom/index.js'
import { hex, load, loadReal, type ReferenceStakingBlock } from '../grading/fixtures/load.js'
import type { Opr, OprVersion } from './index.js'
import {
  ASSETS,
  buildOprEntry,
  buildSprEntry,
  decodeContent,
  decodeOpr,
  encodeOpr,
  decodeSpr,
  encodeSpr,
  sprChainId,
  oprChainId,
  oprHash,
  pegnetChains,
  priceFromDecimal,
  priceToDecimal,
  priceToNumber,
  shortHash,
  splitOprExtIds,
} from './index.js'

const CONTENTS = JSON.parse(
  readFileSync(new URL('./fixtures/contents.json', import.meta.url), 'utf8'),
) as Record<'v1' | 'v2' | 'jsonThatReadsAsProtobuf', string>
const utf8 = (text: string) => new TextEncoder().encode(text)
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const VERSIONS: readonly OprVersion[] = [1, 2, 3, 4, 5]
const ADDRESS = 'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q'

/** The reason why content is refused, or the record. */
function read(version: OprVersion, content: Uint8Array): Opr | string {
  try {
    return decodeOpr(version, content)
  } catch (error) {
    if (isCoded(error) && error.code === 'E_OPR_DECODE') return error.message
    throw error
  }
}

t.test('asset lists', (t) => {
  t.same(
    VERSIONS.map((version) => ASSETS[version].length),
    [32, 30, 30, 42, 62],
  )
  for (const version of VERSIONS) t.equal(new Set(ASSETS[version]).size, ASSETS[version].length)
  const v5 = ASSETS[5]
  t.same(
    [v5[0], v5[1], v5[17], v5[21], v5[29], v5[41], v5[42], v5[61]],
    'PEG USD XBT XBC DCR XTZ HBAR NGN'.split(' '),
  )
  t.same([ASSETS[1][0], ASSETS[1][17], ASSETS[1][18]], ['PNT', 'XPD', 'XPT'])
  t.end()
})

t.test('networks', (t) => {
  t.equal(networkOf('mainnet'), NETWORKS.MainNet)
  t.equal(networkOf(' TestNet-pM7 '), NETWORKS.TestNet)
  t.throws(() => networkOf('unit-test'), { code: 'E_NETWORK_UNKNOWN', kind: 'usage' })
  const versions = [0, 206421, 206422, 210329, 210330, 222269, 222270, 231619, 231620, 258795, 258796, 9e6]
  t.same(
    versions.map((height) => NETWORKS.MainNet.oprVersionAt(height)),
    [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5],
  )
  for (const name of ['dev', 'local', 'TestNet'] as const) t.equal(NETWORKS[name].oprVersionAt(0), 5)
  t.equal(versionAt({ ...MAINNET_OPR_HEIGHTS, 5: 0 })(1), 5)
  const next = versionAt({ ...MAINNET_OPR_HEIGHTS, 6: 300_000 })
  t.same([0, 299_999, 300_000].map(next), [1, 5, 6], 'a version counts as soon as it has a row')
  t.end()
})

t.test('chains', (t) => {
  const ids = (name: string) =>
    Object.values(pegnetChains(networkOf(name))).map((extIds) => chainIdOf(extIds))
  t.same(ids('MainNet'), [
    '8fdfdccf605b1196825ff59ec291009cb47321cb8f8aa7bb4300ead81373aa0e',
    'cffce0f409ebba4ed236d49d89c70e4bd1f1367d86402a3363366683265a242d',
    'cae43444b69163c65937103dc4761ee446e5dd0a90cf1b22ddbe5bc0a4891f8b',
    'a642a8674f46696cc47fdb6b65f9c87b2a19c5ea8123b3d2f0c13b6f33a9d5ef',
    'd5e395125335a21cef0ceca528168e87fe929fdac1f156870c1b1be6502448b4',
  ])
  t.same(ids('dev'), ids('MainNet'))
  t.equal(
    oprChainId(networkOf('TestNet')),
    '332d2649a1524918c0071ab4deb06c7e20a471193047d6046115a147a5b9651c',
  )
  t.end()
})

t.test('a version 2 record of the test network', (t) => {
  const content = hex(CONTENTS.v2)
  t.equal(toHex(oprHash(content)), '853870b965165a13c52e4850bf4ad3d1ab5aab5192a7145a0520856c12e7c592')
  const opr = decodeOpr(2, content)
  t.match(opr, {
    version: 2,
    address: 'FA28wF5WSfXVJB5kzLTwsLiGRS4qgAo5iVg4k3fqVPQmNK7PoLhY',
    identity: 'fccentral001',
    height: 96165,
  })
  t.equal(opr.winners.length, 25)
  t.equal(opr.winners[0], '1ddcd640a224ab91')
  t.equal(opr.prices.length, 30)
  t.equal(opr.prices[2], 110643335n)
  t.equal(toHex(encodeOpr(opr)), CONTENTS.v2)
  t.end()
})

t.test('a version 1 record of MainNet', (t) => {
  const content = utf8(CONTENTS.v1)
  t.equal(toHex(oprHash(content)), 'dc041de2b17d08a32ffec7bb27fc9aed6fca45f9f0d73da049ab591fe94f8303')
  const { opr, values, absent } = decodeContent(1, content)
  t.match(opr, { identity: 'oprv2testing', height: 96029 })
  t.equal(opr.winners.at(-1), '49b391b4db98bfeb')
  t.equal(opr.prices[2], 110100000n)
  t.equal(values[2], 1.101)
  t.equal(absent, -1)
  t.equal(Buffer.from(encodeOpr(opr)).toString('utf8'), CONTENTS.v1)
  t.end()
})

t.test('real entries: hashes, and the same bytes when written again', (t) => {
  const chainId = oprChainId(networkOf('MainNet'))
  let [protobuf, json, canonical] = [0, 0, 0]
  for (const block of [loadReal(210330), loadReal(206422)]) {
    for (const { hash, extIds, content } of block.entries) {
      const parts = splitOprExtIds(extIds)
      if (!parts) throw new Error('a real entry has three external ids')
      const version = parts.version as OprVersion
      const entry = buildOprEntry({ ...parts, version, chainId, content })
      if (entryHash(encodeEntry(entry)) !== hash) t.fail(`entry ${hash} is built with another hash`)
      const again = encodeOpr(decodeOpr(version, content))
      const same = Buffer.compare(again, content) === 0
      if (version === 1) {
        json++
        canonical += Number(same)
      } else {
        protobuf++
        if (!same) t.fail(`entry ${hash} is written with other bytes`)
      }
    }
  }
  t.equal(protobuf, 94)
  // The others were written by a miner with another order of keys.
  t.same([json, canonical], [602, 494 + 74])
  t.end()
})

t.test('version 5 records of the Go miner', (t) => {
  const { blocks, rates } = load('go-miners-opr') as {
    blocks: { height: number; entries: string[] }[]
    rates: Record<string, Record<string, string>>
  }
  let records = 0
  for (const { height, entries } of blocks.slice(1)) {
    for (const raw of entries) {
      const content = hex(raw).subarray(35 + Buffer.from(raw, 'hex').readUInt16BE(33))
      const opr = decodeOpr(5, content)
      if (opr.height !== height || toHex(encodeOpr(opr)) !== toHex(content))
        t.fail(`a record of block ${height}`)
      records++
    }
  }
  t.equal(records, 448)
  t.equal(Object.keys(rates['3'] ?? {}).length, 62)
  t.end()
})

t.test('staking records of the reference: the same bytes and the same entries', (t) => {
  const chainId = sprChainId(networkOf('MainNet'))
  let records = 0
  for (const { version, entries, graded } of load('reference-spr') as ReferenceStakingBlock[]) {
    const valid = new Set(graded.map(({ entryHash }) => entryHash))
    for (const { hash, extids, content } of entries.filter((entry) => valid.has(entry.hash))) {
      records++
      t.same(encodeSpr(decodeSpr(hex(content))), hex(content), hash)
      const [, rcd = '', signed = ''] = extids
      const staker = {
        rcdHash: hex(rcd),
        publicKey: hex(signed.slice(0, 64)),
        sign: () => hex(signed.slice(64)),
      }
      const entry = buildSprEntry({ chainId, version, content: hex(content), staker })
      t.same(entry.extIds, extids.map(hex))
      t.equal(entryHash(encodeEntry(entry)), hash, 'in the chain of staking records')
    }
  }
  t.ok(records > 300, `${records} records`)
  t.end()
})

t.test('canonical form', (t) => {
  const first: Opr = {
    version: 5,
    address: ADDRESS,
    identity: 'a,B9',
    height: 1,
    winners: new Array<string>(25).fill(''),
    prices: ASSETS[5].map((_, k) => BigInt(k)),
  }
  const content = encodeOpr(first)
  const text = toHex(content)
  t.ok(text.includes(`1801${'2200'.repeat(25)}2a3e`), 'a first record names 25 empty winners')
  t.same(decodeOpr(5, content), first)

  const bare = encodeOpr({ ...first, address: '', identity: '', height: 0, winners: [] })
  t.equal(toHex(bare).slice(0, 4), '2a3e', 'defaults are left out')
  t.equal(decodeOpr(5, encodeOpr({ ...first, height: -2 })).height, -2)
  t.ok(toHex(encodeOpr({ ...first, height: -1 })).includes('18ffffffffffffffffff01'))

  const refused: [Partial<Opr>, RegExp][] = [
    [{ prices: first.prices.slice(1) }, /prices 62 assets, the record 61/],
    [{ prices: [-1n, ...first.prices.slice(1)] }, /price of PEG/],
    [{ prices: [1n << 64n, ...first.prices.slice(1)] }, /price of PEG/],
    [{ height: 2 ** 31 }, /height/],
    [{ height: 1.5 }, /height/],
    [{ winners: ['abc'] }, /winner/],
    [{ winners: ['ABCDEF0123456789'] }, /winner/],
    [{ identity: '漢' }, /one byte/],
    [{ identity: 'x'.repeat(11_000) }, /entry holds/],
  ]
  for (const [change, message] of refused) {
    t.throws(() => encodeOpr({ ...first, ...change }), { code: 'E_OPR_ENCODE', message })
  }
  const old = (price: bigint): Opr => ({
    ...first,
    version: 1,
    prices: ASSETS[1].map((_, k) => (k === 0 ? price : 1n)),
  })
  t.throws(
    () => encodeOpr(old((1n << 64n) - 1n)),
    { code: 'E_OPR_ENCODE' },
    'as a double it would be 2^64, which nobody reads',
  )
  t.doesNotThrow(() => encodeOpr(old((1n << 64n) - 4096n)))
  t.end()
})

t.test('whatever can be written is read back', (t) => {
  const text = fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)), maxLength: 60 })
  const winner = fc.oneof(
    fc.constant(''),
    fc.bigInt(0n, (1n << 64n) - 1n).map((n) => n.toString(16).padStart(16, '0')),
  )
  const opr = fc.constantFrom<OprVersion>(2, 3, 4, 5).chain((version) =>
    fc.record<Opr>({
      version: fc.constant(version),
      address: text,
      identity: text,
      height: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      winners: fc.array(winner, { maxLength: 30 }),
      prices: fc.array(fc.bigInt(0n, (1n << 64n) - 1n), {
        minLength: ASSETS[version].length,
        maxLength: ASSETS[version].length,
      }),
    }),
  )
  fc.assert(
    fc.property(opr, (record) => {
      const content = encodeOpr(record)
      const back = decodeOpr(record.version, content)
      return isDeepStrictEqual(back, { ...record }) && Buffer.compare(encodeOpr(back), content) === 0
    }),
  )
  const v1 = fc.record<Opr>({
    version: fc.constant(1),
    address: fc.string({ unit: 'grapheme' }),
    identity: fc.string({ unit: 'binary' }),
    height: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    winners: fc.array(winner, { maxLength: 12 }),
    prices: fc.array(fc.bigInt(0n, 10n ** 15n), { minLength: 32, maxLength: 32 }),
  })
  fc.assert(fc.property(v1, (record) => isDeepStrictEqual(decodeOpr(1, encodeOpr(record)), { ...record })))
  t.end()
})

t.test('the protobuf reader decides as the reference does', (t) => {
  const accepted: [string, string, Partial<Opr>][] = [
    ['fields in any order', '1805120161', { height: 5, identity: 'a' }],
    ['the last of a single field counts', '1201611201621801 1802', { identity: 'b', height: 2 }],
    ['winners add up, of any length', '2200220222332200', { winners: ['', '2233', ''] }],
    ['prices packed and one by one', '2a0201022803 2a0104', { prices: [1n, 2n, 3n, 4n] }],
    ['an empty packed block', '2a00', { prices: [] }],
    ['a packed number that runs over its block', '2a0180 01 1807', { prices: [128n], height: 7 }],
    ['ten bytes, cut to 64 bits', '28ffffffffffffffffff7f', { prices: [(1n << 64n) - 1n] }],
    ['a number longer than it needs to be', '2881808000', { prices: [1n] }],
    ['the low half of a long height', '18858080808010 ', { height: 5 }],
    ['a negative height', '18ffffffffffffffffff01', { height: -1 }],
    ['a height of 2^31', '188080808008', { height: -(2 ** 31) }],
    ['unknown fields of each kind', '3096013900112233445566773a0141 3500112233 1809', { height: 9 }],
    ['an unknown group, with groups in it', '33 3001 33 3a0101 34 34 1803', { height: 3 }],
    ['a group ended by another number', '337c1803', { height: 3 }],
    ['field 0 and field 5 of a wrong kind inside a group', '330001 2d00000000 34', {}],
    ['a field number of 33 bits that is cut to 3', '98808080800105', { height: 5 }],
    ['no text check', '1202fffe', { identity: '\xff\xfe' }],
  ]
  for (const [name, text, fields] of accepted) t.match(read(5, hex(text.replaceAll(' ', ''))), fields, name)

  const refused: [string, string, RegExp][] = [
    ['nothing at all', '', /^no bytes to decode$/],
    ['a truncated tag', '80', /^unexpected EOF$/],
    ['a truncated number', '1880', /^unexpected EOF$/],
    ['text beyond the end', '1203aa', /^unexpected EOF$/],
    ['a block beyond the end', '2a05', /^unexpected EOF$/],
    ['a packed number beyond the end', '2a0180', /^unexpected EOF$/],
    ['eleven bytes', '18808080808080808080808001', /^proto: integer overflow$/],
    ['a negative length', '12ffffffffffffffffff01', /^proto: negative length/],
    ['a length that runs over', '12ffffffffffffffff7f', /^proto: negative length/],
    ['a huge length', '12ffffffffffffff7f', /^unexpected EOF$/],
    ['a wrong kind for Address', '0801', /^proto: wrong wireType = 0 for field Address$/],
    ['a wrong kind for ID', '1100', /^proto: wrong wireType = 1 for field ID$/],
    ['a wrong kind for Height', '1a00', /^proto: wrong wireType = 2 for field Height$/],
    ['a wrong kind for Winners', '2001', /^proto: wrong wireType = 0 for field Winners$/],
    ['a wrong kind for Assets', '2d01020304', /^proto: wrong wireType = 5 for field Assets$/],
    ['an end of no group', '0c', /wiretype end group for non-group$/],
    ['an end of no group with number 0', '04', /wiretype end group for non-group$/],
    ['number 0', '0001', /^proto: V2Content: illegal tag 0 \(wire type 0\)$/],
    ['a negative number', 'f8ffffffff7f01', /illegal tag -1/],
    ['kind 6', '3e', /^proto: illegal wireType 6$/],
    ['kind 7 in a group', '3337', /^proto: illegal wireType 7$/],
    ['a group without an end', '333001', /^unexpected EOF$/],
    ['four bytes that are three', '35000000', /^unexpected EOF$/],
    ['eight bytes that are seven', '3900000000000000', /^unexpected EOF$/],
    ['more than an entry holds', '00'.repeat(10_241), /more than an entry holds/],
  ]
  for (const [name, text, reason] of refused) t.match(read(5, hex(text)), reason, name)

  t.type(read(2, utf8(CONTENTS.jsonThatReadsAsProtobuf)), 'object', 'JSON may read as protobuf')
  t.match(read(1, utf8(CONTENTS.jsonThatReadsAsProtobuf)), { identity: 'e37cdb9d640c077d' })
  t.end()
})

t.test('texts are written as Go writes them', (t) => {
  const prices = ASSETS[1].map(() => 100_000_000n)
  const written = (identity: string): string =>
    Buffer.from(encodeOpr({ version: 1, address: '', identity, height: 5, winners: [], prices })).toString()
  const table: readonly (readonly [identity: string, text: string])[] = [
    ['a\b\fc', 'a\\u0008\\u000cc'],
    ['<&>\u2028', '\\u003c\\u0026\\u003e\\u2028'],
    ['\ud800', '\\ufffd'],
    ['\n\t"\\', '\\n\\t\\"\\\\'],
  ]
  for (const [identity, text] of table) t.match(written(identity), `"minerid":"${text}"`, text)
  t.end()
})

t.test('the JSON reader decides as Go does', (t) => {
  const winners = '"winners":["00"]'
  const accepted: [string, string, Partial<Opr>][] = [
    [
      'keys in any case',
      '{"DBHT":5,"MinerId":"m","coinBA\u017fe":"c"}',
      { height: 5, identity: 'm', address: 'c' },
    ],
    ['the last of repeated keys', '{"dbht":5,"dbht":6}', { height: 6 }],
    ['null gives nothing', '{"dbht":5,"dbht":null,"minerid":null}', { height: 5, identity: '' }],
    ['null in a list', '{"winners":["a","b"],"winners":[null,"c",null]}', { winners: ['a', 'c', ''] }],
    ['null for a list', `{${winners},"winners":null}`, { winners: [] }],
    ['null alone', 'null', { height: 0, winners: [] }],
    ['white space and unknown keys', ' { "x" : [ { "y" : "}" } ] , "dbht" : -0 } ', { height: 0 }],
    ['escapes', '{"minerid":"\\u0041\\ud800\\"<"}', { identity: 'A\ufffd"<' }],
    ['the ends of the range', '{"dbht":-2147483648}', { height: -2147483648 }],
  ]
  for (const [name, text, fields] of accepted) t.match(read(1, utf8(text)), fields, name)

  const refused = [
    '{"dbht":1e3}',
    '{"dbht":1.0}',
    '{"dbht":2147483648}',
    '{"dbht":"1"}',
    '{"dbht":99999999999999999999}',
    '{"minerid":1}',
    '{"winners":{}}',
    '{"winners":[1]}',
    '{"winners":"x"}',
    '{"assets":[]}',
    '{"assets":{"USD":"1"}}',
    '{"assets":{"USD":1e400}}',
    '[]',
    '"x"',
    '1',
    '{} x',
    '{"dbht":1,}',
    '{"dbht":01}',
    '\ufeff{}',
    "{'dbht':1}",
    '',
  ]
  for (const text of refused) t.type(read(1, utf8(text)), 'string', text)

  const stray: [bytes: string, characters: number][] = [
    ['ff', 1],
    ['e282', 2],
    ['f09f92', 3],
    ['eda080', 3],
    ['c080', 2],
    ['f4908080', 4],
    ['e28261', 3],
  ]
  for (const [bytes, characters] of stray) {
    const content = Buffer.concat([utf8('{"minerid":"é€😀'), hex(bytes), utf8('"}')])
    const { identity } = read(1, content) as Opr
    t.equal([...identity.replace(/a$/, '\ufffd')].filter((c) => c === '\ufffd').length, characters, bytes)
    t.match(identity, /^é€😀/)
  }
  t.type(read(1, Buffer.from('{"dbht":\xa0 1}', 'latin1')), 'string')

  const values = (assets: string) => decodeContent(1, utf8(`{"assets":${assets}}`))
  t.match(values('{"PNT":1,"usd":2},"ASSETS":{"USD":-3.5},"assets":{"EUR":null}'), {
    absent: 3,
    values: [1, -3.5, 0],
  })
  t.match(values('{"PNT":1},"assets":null'), { absent: 0 })
  t.same(decodeContent(1, utf8('{"assets":{"PNT":1e308,"USD":-1e308}}')).opr.prices.slice(0, 2), [
    (1n << 64n) - 1n,
    1n - (1n << 64n),
  ])
  t.end()
})

t.test('entries', (t) => {
  const content = hex(CONTENTS.v2)
  const entry = buildOprEntry({
    chainId: '00'.repeat(32),
    version: 5,
    content,
    nonce: Uint8Array.of(7, 1),
    difficulty: 0xfffffafdd79055dbn,
  })
  t.same(entry.extIds.map(toHex), ['0701', 'fffffafdd79055db', '05'])
  t.match(splitOprExtIds(entry.extIds), { difficulty: 0xfffffafdd79055dbn, version: 5 })
  t.equal(splitOprExtIds([]), null)
  t.equal(splitOprExtIds([content, content, content]), null)
  t.equal(shortHash('af03e85c4ca545f49ea15cc3e6cc94948033aad8d7c3c20cb057b7788e4091f8'), 'af03e85c4ca545f4')
  t.end()
})

t.test('prices', (t) => {
  const decimals: [string, bigint][] = [
    ['0.29', 29_000_000n],
    ['1', 100_000_000n],
    ['.5', 50_000_000n],
    ['12.', 1_200_000_000n],
    ['0.123456789', 12_345_678n],
    ['1e-8', 1n],
    ['9.99e-9', 0n],
    ['1.5E3', 150_000_000_000n],
    ['184467440737.09551615', (1n << 64n) - 1n],
    ['0e999', 0n],
  ]
  for (const [text, units] of decimals.slice(0, -1)) t.equal(priceFromDecimal(text), units, text)
  for (const text of [
    '',
    '.',
    '-1',
    '+1',
    '1,5',
    'NaN',
    '1e99',
    '184467440737.09551616',
    '1'.repeat(70),
    '0x1',
  ])
    t.throws(() => priceFromDecimal(text), { code: 'E_OPR_PRICE' }, text)

  t.equal(priceToNumber(110643335n), 1.10643335)
  t.equal(priceToDecimal(123_450_000n), '1.2345')
  t.equal(priceToDecimal(100_000_000n), '1')
  t.equal(priceToDecimal(-1n), '-0.00000001')
  fc.assert(
    fc.property(
      fc.bigInt(0n, (1n << 64n) - 1n),
      (units) => priceFromDecimal(priceToDecimal(units)) === units,
    ),
  )
  const blank = { version: 5, address: '', identity: '', height: 0, winners: [] } as const
  fc.assert(
    fc.property(fc.array(fc.bigInt(0n, (1n << 64n) - 1n), { minLength: 62, maxLength: 62 }), (prices) => {
      const { opr, values } = decodeContent(5, encodeOpr({ ...blank, prices }))
      t.same([opr.prices, values], [prices, prices.map(priceToNumber)])
    }),
    { numRuns: 50 },
  )
  t.end()
})
