import { createHash } from 'node:crypto'

import { base58 } from '@scure/base'
import fc from 'fast-check'
import t from 'tap'
import type { Test } from 'tap'

import { decodeEntry, entryHash } from '../../factom/index.js'
import { createHasher, lxrParams, openByteMap } from '../../lxrhash/index.js'
import { ASSETS, encodeOpr, oprHash, readClaim, type Opr, type OprVersion } from '../records/index.js'
import { addressProblem } from './address.js'
import { gradeOf, mean, trimmedMean } from './average.js'
import { bitsOf, entriesOf, inReferenceTerms, load, loadReal, type ReferenceBlock } from './fixtures/load.js'
import { gradeBlock, noWinners, type Difficulty, type GradedBlock } from './grade.js'
import { GRADING_RULES } from './rules.js'
import { checkEntry, type OprEntry } from './validate.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

const ADDRESS = 'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q'
const VERSIONS: readonly OprVersion[] = [1, 2, 3, 4, 5]
const utf8 = (text: string) => new TextEncoder().encode(text)
const claimBytes = (claim: bigint) => new Uint8Array(Buffer.from(claim.toString(16).padStart(16, '0'), 'hex'))

/** A stand-in for the proof of work: the difficulty is written in the nonce's last 8 bytes. */
const fromNonce: Difficulty = (_, nonce) => readClaim(nonce.subarray(-8))
/** Finds every claim of these entries true. */
function trusting(entries: readonly OprEntry[]): Difficulty {
  const key = (hash: Uint8Array, nonce: Uint8Array) => Buffer.concat([hash, nonce]).toString('latin1')
  const claims = new Map(
    entries.map(({ extIds: [nonce, claim], content }) => [
      key(oprHash(content), nonce as Uint8Array),
      readClaim(claim as Uint8Array),
    ]),
  )
  return (hash, nonce) => claims.get(key(hash, nonce)) ?? 0n
}

function record(version: OprVersion, change: Partial<Opr> = {}): Opr {
  const prices = ASSETS[version].map((_, k) => BigInt(k + 1) * 1_000_000n)
  return {
    version,
    address: ADDRESS,
    identity: 'miner1',
    height: 9,
    winners: noWinners(version),
    prices,
    ...change,
  }
}

let entryCount = 0
/** An entry whose claim is true by `fromNonce`. */
function entry(opr: Opr, difficulty: bigint, change: Partial<OprEntry> = {}): OprEntry {
  return {
    hash: createHash('sha256').update(String(entryCount++)).digest('hex'),
    extIds: [
      Uint8Array.of(entryCount, ...claimBytes(difficulty)),
      claimBytes(difficulty),
      Uint8Array.of(opr.version),
    ],
    content: encodeOpr(opr),
    ...change,
  }
}

const grade = (version: OprVersion, entries: OprEntry[], difficulty: Difficulty = fromNonce): GradedBlock =>
  gradeBlock({ version, height: 9, previousWinners: noWinners(version), entries }, difficulty)

async function hasher(t: Test, bits: number): Promise<Difficulty> {
  const map = await openByteMap(lxrParams({ bits }), { dir: t.testdir(), slots: 1 })
  const lxr = createHasher(map, 0)
  return (hash, nonce) => lxr.difficulty(hash, nonce)
}

t.test('45 blocks as the reference grades them', async (t) => {
  const difficulty = await hasher(t, 12)
  const blocks = load('reference-v1-v5') as ReferenceBlock[]
  t.equal(blocks.length, 45)
  for (const block of blocks) {
    const { version, height, previousWinners, rejected, cutoff, graded, winnersShortHashes } = block
    const result = gradeBlock({ version, height, previousWinners, entries: entriesOf(block) }, difficulty)
    t.same(inReferenceTerms(result), { rejected, cutoff, graded, winnersShortHashes }, block.name)
    t.equal(result.records, block.entries.length - Object.keys(rejected).length)
  }
})

t.test('the chain of two Go miners as pegnetd grades it', async (t) => {
  const difficulty = await hasher(t, 16)
  const chain = load('go-miners-opr') as {
    blocks: { height: number; entries: string[] }[]
    graded: { height: number; winnersShortHashes: string[]; order: Record<string, unknown>[] }[]
    rates: Record<string, Record<string, string>>
  }
  let previousWinners: string[] = []
  t.equal(chain.blocks.length, 9)
  for (const [k, { height, entries }] of chain.blocks.entries()) {
    const read = entries.map((text) => {
      const raw = new Uint8Array(Buffer.from(text, 'hex'))
      return { hash: entryHash(raw), ...decodeEntry(raw) }
    })
    const block = gradeBlock({ version: 5, height, previousWinners, entries: read }, difficulty)
    const expected = chain.graded[k]
    t.equal(expected?.height, height)
    t.same(block.winners, expected?.winnersShortHashes)
    const order = block.graded.map((graded) => ({
      place: graded.place + 1,
      entryHash: graded.entryHash,
      oprHash: Buffer.from(graded.oprHash).toString('hex'),
      nonce: Buffer.from(graded.nonce).toString('hex'),
      difficulty: graded.difficulty.toString(16).padStart(16, '0'),
      grade: graded.grade,
      gradeBits: bitsOf(graded.grade),
      payout: String(graded.payout),
      identity: graded.opr.identity,
      address: graded.opr.address,
    }))
    t.same(order, expected?.order, `the order of block ${height}`)
    const rates = Object.values(chain.rates[String(height)] ?? {})
    const prices = block.graded[0]?.opr.prices ?? []
    t.same(prices.map(String).sort(), rates.sort(), 'the best record gives the rates')
    previousWinners = block.winners
  }
})

t.test('real blocks, their claims trusted', (t) => {
  const first = loadReal(206422)
  const v1 = gradeBlock({ version: 1, ...first }, trusting(first.entries))
  t.same(v1.winners, first.winners)
  t.match(v1, { entries: 504, records: 504, cutoff: 50, gradable: true })
  t.equal(bitsOf(v1.graded[0]?.grade ?? NaN), '3327c47c1c0c41e0')
  t.equal(v1.graded[0]?.opr.identity, 'YJQ4')
  t.same([v1.byDifficulty[0], v1.byDifficulty[49]], [0xfffffffdf97de09bn, 0xffffffb294563adcn])
  const parts = [v1.graded, v1.ungraded, v1.rejected, v1.dropped]
  t.equal(new Set(parts.flat().map(({ entryHash }) => entryHash)).size, 504, 'each entry is in one of them')
  t.same([v1.graded.length, v1.ungraded.length], [50, 454])
  const claims = v1.ungraded.map(({ claim }) => claim)
  t.ok(
    claims.every((claim, k) => claim <= (claims[k - 1] ?? v1.byDifficulty[49] ?? 0n)),
    'by their claims',
  )

  const switched = loadReal(210330)
  t.equal(switched.previousWinners.length, 10)
  const v2 = gradeBlock({ version: 2, ...switched }, trusting(switched.entries))
  t.same(v2.winners, switched.winners)
  t.match(v2, { entries: 192, records: 94 })
  t.same(new Set(v2.rejected.map(({ reason }) => reason)), new Set(['invalid version']))
  t.equal(v2.graded[0]?.opr.identity, 'PrestigeMining2099')
  t.equal(v2.byDifficulty[49], 0xffffffc5e79543a2n)
  t.end()
})

t.test('made-up blocks that tell apart what real ones do not', (t) => {
  const { cases } = load('synthetic-v4-v5') as {
    cases: {
      name: string
      version: 4 | 5
      oprs: { difficulty: string; assets: string[] }[]
      expected: { order: number[]; gradeBits: string[] }
    }[]
  }
  t.equal(cases.length, 6)
  for (const { name, version, oprs, expected } of cases) {
    const entries = oprs.map(({ difficulty, assets }) =>
      entry(record(version, { prices: assets.map(BigInt) }), BigInt(`0x${difficulty}`)),
    )
    const { graded, rejected } = grade(version, entries)
    t.equal(rejected.length, 0)
    t.same(
      graded.map(({ index, grade }) => [index, bitsOf(grade)]),
      expected.order.map((index, k) => [index, expected.gradeBits[k]]),
      name,
    )
  }
  t.end()
})

t.test('averages and grades, bit by bit', (t) => {
  const one = (values: number[]) => values.map((value) => [value])
  t.same(mean(one([1e16, 1, 1])), [1e16 / 3], 'the sum runs in list order')
  t.same(mean(one([1, 1, 1e16])), [(1e16 + 2) / 3])
  t.same(mean(one([-3, 1])), [2], 'negative prices count as positive')
  t.same(mean([]), [])

  t.same(trimmedMean(one([7])), [7])
  t.same(trimmedMean(one([9, 1])), [9])
  t.same(trimmedMean(one([9, 1, 5])), [5])
  t.same(trimmedMean(one([100, 2, 4, 0])), [3])
  const cut = (count: number) => {
    // Ascending powers: the mean tells which of them were added up.
    const sum = trimmedMean(one(Array.from({ length: count }, (_, k) => 2 ** k)))[0] as number
    return Array.from({ length: count / 2 }, (_, p) => p).find((p) => {
      return sum === (2 ** (count - p) - 2 ** p) / (count - 2 * p)
    })
  }
  t.same([4, 9, 10, 19, 20, 29, 30, 39, 40, 49, 50].map(cut), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6])
  t.same(trimmedMean(one([1, 1e16, 1, 0, 1e17])), [(1 + 1 + 1e16) / 3], 'the sum runs upwards')
  t.not(1 + 1 + 1e16, 1e16 + 1 + 1)

  const d = 0.4
  t.not(d * d * d * d, d * d * (d * d), 'the example can tell the two apart')
  t.equal(gradeOf([7], [5], 0), d * d * d * d)
  t.equal(gradeOf([101], [100], 0.01), 0, 'the band includes its end')
  t.equal(gradeOf([0], [0], 0), 0)
  t.equal(gradeOf([5, 5], [0, 5], 0), 0, 'an average of 0 does not count')
  t.equal(gradeOf([2, 2], [1, 1], 0.5), 0.125)
  t.ok(Number.isNaN(gradeOf([1], [Infinity], 0)))
  t.end()
})

t.test('payouts', (t) => {
  const totals = VERSIONS.map(
    (version) => GRADING_RULES[version].payouts.reduce((a, b) => a + b) / 100_000_000n,
  )
  t.same(totals, [5000n, 5000n, 5000n, 5000n, 9000n])
  for (const version of VERSIONS) {
    const entries = Array.from({ length: 30 }, (_, k) => entry(record(version), BigInt(k + 1)))
    const { graded, winners } = grade(version, entries)
    const { payouts } = GRADING_RULES[version]
    t.same(
      graded.map(({ payout }) => payout),
      [...payouts, ...new Array<bigint>(30 - payouts.length).fill(0n)],
    )
    t.same(
      winners,
      graded.slice(0, payouts.length).map(({ entryHash }) => entryHash.slice(0, 16)),
    )
    t.same(graded.map(({ place }) => place).slice(0, 3), [0, 1, 2])
    t.equal(graded[0]?.difficulty, 30n, 'equal grades: the higher difficulty is better')
  }
  t.end()
})

t.test('the reasons, in order', (t) => {
  const expected = (version: OprVersion) => ({ version, height: 9, previousWinners: noWinners(version) })
  const reason = (
    version: OprVersion,
    opr: Partial<Opr>,
    change: (e: OprEntry) => Partial<OprEntry> = () => ({}),
  ) => {
    const good = entry(record(version, opr), 7n)
    const checked = checkEntry({ ...good, ...change(good) }, expected(version))
    return checked.accepted ? 'accepted' : checked.reason
  }
  const extIds = (change: (ids: Uint8Array[]) => Uint8Array[]) => (e: OprEntry) => ({
    extIds: change([...e.extIds]),
  })
  const empty = new Uint8Array()
  const all = (text: string) => VERSIONS.map(() => text)
  const each = (opr: (version: OprVersion) => Partial<Opr>, change?: (e: OprEntry) => Partial<OprEntry>) =>
    VERSIONS.map((version) => reason(version, opr(version), change))
  const zero = (at: number) => (version: OprVersion) => ({
    prices: record(version).prices.map((price, k) => (k === at ? 0n : price)),
  })
  const none = () => ({})

  t.same(each(none), all('accepted'))
  t.same(
    each(none, () => ({ hash: '00' })),
    all('invalid entry hash length'),
  )
  t.same(
    each(
      none,
      extIds((ids) => ids.slice(1)),
    ),
    all('invalid extid count'),
  )
  t.same(
    each(
      none,
      extIds((ids) => [...ids, empty]),
    ),
    all('invalid extid count'),
  )
  t.same(
    each(
      none,
      extIds(([n, , v]) => [n, empty, v] as Uint8Array[]),
    ),
    all('self reported difficulty must be 8 bytes'),
  )
  t.same(
    each(
      none,
      extIds(([n, d]) => [n, d, Uint8Array.of(6)] as Uint8Array[]),
    ),
    all('invalid version'),
  )
  t.same(
    each(
      none,
      extIds(([n, d]) => [n, d, Uint8Array.of(5, 5)] as Uint8Array[]),
    ),
    all('invalid version'),
  )
  t.same(
    each(
      none,
      extIds(([n]) => [n, empty, empty] as Uint8Array[]),
    ),
    ['invalid version', ...all('self reported difficulty must be 8 bytes').slice(1)],
  )
  t.same(
    each(
      none,
      extIds(([, d, v]) => [empty, d, v] as Uint8Array[]),
    ),
    all('accepted'),
    'the nonce may be empty',
  )
  t.same(
    each(none, () => ({ content: empty })),
    ['the content is not JSON', ...all('no bytes to decode').slice(1)],
  )
  t.same(
    each(() => ({ height: 10 })),
    all('invalid height'),
  )
  t.same(each(zero(0)), [...all('accepted').slice(3), ...all('assets must be greater than 0').slice(2)])
  t.same(each(zero(5)), [
    'all values other than PNT must be nonzero',
    ...all('assets must be greater than 0').slice(1),
  ])

  const foreign: [Partial<Opr>, string][] = [
    [{ address: `${ADDRESS.slice(0, -1)}R` }, 'factoidaddress is invalid : checksum is not correct'],
    [{ identity: 'a-b' }, 'only alphanumeric characters and commas are allowed in the identity'],
    [{ identity: '' }, 'only alphanumeric characters and commas are allowed in the identity'],
    [{ identity: 'abc\n' }, 'only alphanumeric characters and commas are allowed in the identity'],
  ]
  for (const [change, text] of foreign)
    t.same(
      each(() => change),
      ['accepted', ...all(text).slice(1)],
    )

  const winners = (count: number, hash: string) => () => ({ winners: new Array<string>(count).fill(hash) })
  const count = 'must have exactly'
  t.same(each(winners(24, '')), [
    'invalid list of previous winners',
    `${count} 10 or 25 previous winning shorthashes`,
    `${count} 25 previous winning shorthashes`,
    ...all('incorrect amount of previous winners').slice(3),
  ])
  t.same(each(winners(10, '')), [
    'accepted',
    'incorrect set of previous winners',
    `${count} 25 previous winning shorthashes`,
    ...all('incorrect amount of previous winners').slice(3),
  ])
  t.same(each(winners(25, 'ab'.repeat(8))), [
    'invalid list of previous winners',
    ...all('incorrect set of previous winners').slice(1),
  ])
  t.same(
    each((version) => ({ winners: noWinners(version).map((_, k) => (k === 3 ? 'ab'.repeat(8) : '')) })),
    ['invalid list of previous winners', ...all('incorrect amount of previous winners').slice(1)],
  )

  const v5 = (prices: bigint[]) => {
    const { content, ...rest } = entry(record(4), 7n)
    void content
    const other = encodeOpr(record(prices.length === 42 ? 4 : 2))
    return checkEntry(
      { ...rest, content: other, extIds: [empty, claimBytes(1n), Uint8Array.of(5)] },
      expected(5),
    )
  }
  t.same(v5(new Array<bigint>(42).fill(1n)), { accepted: false, reason: 'invalid assets' })
  const json = (assets: string) =>
    checkEntry(
      {
        ...entry(record(1), 7n),
        content: utf8(`{"dbht":9,"winners":[${'"",'.repeat(9)}""],"assets":${assets}}`),
      },
      expected(1),
    )
  t.match(json('{}'), { reason: 'asset list is not correct' })
  t.match(json('{"PNT":0}'), { reason: 'asset list is not correct' })
  t.match(json('{"PNT":0,"USD":0}'), { reason: 'all values other than PNT must be nonzero' })
  const listed = ASSETS[1].map((code) => `"${code}":-1`).join()
  t.match(json(`{${listed},"MORE":0}`), { accepted: true }, 'more assets and negative prices pass')

  // Two faults: the one that is looked for first is named.
  t.equal(reason(5, { height: 1, identity: '' }), 'invalid height')
  t.equal(reason(5, { address: 'x', identity: '' }), 'factoidaddress is invalid : address is of wrong length')
  t.equal(reason(5, { ...zero(1)(5), address: 'x' }), 'assets must be greater than 0')
  t.equal(reason(3, { winners: [], address: 'x' }), `${count} 25 previous winning shorthashes`)
  t.equal(reason(4, { winners: [], address: 'x' }), 'factoidaddress is invalid : address is of wrong length')
  t.end()
})

t.test('factoid addresses', (t) => {
  const valid = [
    ADDRESS,
    'FA3VAprcnL8pdgDmoSvJbMjsX4DoHx814jeen31n7S9Md8aGwiKX',
    'FA3WWfn5mjDMY1ueTgLouJ6rCBUwATmB1hodBExF3Pu2qYsS4FG8',
  ]
  for (const text of valid) t.equal(addressProblem(text), null)
  const invalid: [string, RegExp][] = [
    ['', /base58/],
    ['FA0', /base58/],
    ['\xff', /base58/],
    [`${ADDRESS}\n`, /base58/],
    ['1', /length/],
    ['1'.repeat(38), /prefix/],
    [`1${ADDRESS}`, /length/],
    [`${ADDRESS}1`, /length/],
    [ADDRESS.slice(1), /prefix/],
    [ADDRESS.slice(2), /length/],
    ['z'.repeat(10_000), /length/],
    ['EC3TsJHUs8bzbbVnratBafub6toRYdgzgbR7kWwCW4tqbmyySRmg', /prefix/],
    ['FA3VAprcnL8pdgDmoSvJbMjsX4DoHx814jeen31n7S9Md8aGwiKa', /checksum/],
  ]
  for (const [text, problem] of invalid) t.match(addressProblem(text), problem, text.slice(0, 60))

  // A text of each number of leading ones and of the characters that follow, as another reader of base58 takes it.
  const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest()
  const expected = (text: string): string | null => {
    const raw = base58.decode(text)
    if (raw.length !== 38) return 'address is of wrong length'
    if (raw[0] !== 0x5f || raw[1] !== 0xb1) return 'address has wrong prefix'
    const sum = sha256(sha256(raw.subarray(0, 34))).subarray(0, 4)
    return sum.equals(raw.subarray(34)) ? null : 'checksum is not correct'
  }
  const withSum = (body: Uint8Array): string => {
    const payload = Buffer.concat([Uint8Array.of(0x5f, 0xb1), body])
    return base58.encode(Buffer.concat([payload, sha256(sha256(payload)).subarray(0, 4)]))
  }
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  const texts = fc.oneof(
    bytes(32).map(withSum),
    fc
      .tuple(bytes(32), fc.nat(51))
      .map(([body, at]) => withSum(body).replace(/./g, (c, k) => (k === at ? '2' : c))),
    fc.uint8Array({ maxLength: 39 }).map((raw) => base58.encode(raw)),
    fc.tuple(fc.nat(52), fc.nat(52)).map(([ones, more]) => '1'.repeat(ones) + 'z'.repeat(more)),
  )
  fc.assert(
    fc.property(
      texts.filter((text) => text !== '' && text.length <= 52),
      (text) => addressProblem(text) === expected(text),
    ),
    { numRuns: 2000 },
  )
  t.end()
})

t.test('repeats are dropped before any claim is looked at', (t) => {
  const records = Array.from({ length: 26 }, (_, k) => entry(record(5), BigInt(k + 1)))
  const honest = records[20] as OprEntry
  const lie = {
    ...honest,
    hash: 'ee'.repeat(32),
    extIds: [honest.extIds[0], claimBytes(9999n), honest.extIds[2]],
  }
  const copied = grade(5, [lie as OprEntry, ...records])
  matchExactly(t, copied.dropped, [
    { index: 21, reason: 'repeats an earlier entry' },
    { index: 0, reason: 'claims a false difficulty' },
  ])
  t.match(copied, { records: 27, gradable: true, cutoff: 25 })
  t.notOk(copied.graded.some(({ entryHash }) => entryHash === honest.hash))

  const later = grade(5, [...records, lie as OprEntry])
  matchExactly(t, later.dropped, [{ index: 26, reason: 'repeats an earlier entry' }])
  t.equal(later.cutoff, 26)
  t.end()
})

t.test('claims are verified from the top until 50 are true', (t) => {
  const verified: bigint[] = []
  const counting: Difficulty = (_, nonce) => {
    const claim = readClaim(nonce.subarray(-8))
    verified.push(claim)
    return claim % 10n === 0n ? 0n : claim
  }
  const block = grade(
    5,
    Array.from({ length: 80 }, (_, k) => entry(record(5), BigInt(k + 1))),
    counting,
  )
  t.equal(block.graded.length, 50)
  t.same(block.dropped.length, 6)
  t.equal(verified.length, 56)
  t.equal(verified.at(-1), 25n, 'what lies below is never hashed')
  t.same(block.byDifficulty.slice(0, 3), [79n, 78n, 77n])
  t.end()
})

t.test('too few records', (t) => {
  for (const version of VERSIONS) {
    const { winners } = GRADING_RULES[version]
    const previousWinners = Array.from({ length: winners }, (_, k) => k.toString(16).padStart(16, '0'))
    const entries = Array.from({ length: winners }, (_, k) =>
      entry(record(version, { winners: previousWinners }), BigInt(k + 1)),
    )
    const input = { version, height: 9, previousWinners, entries }
    t.match(gradeBlock(input, fromNonce), { gradable: true, cutoff: winners })
    const fewer = gradeBlock({ ...input, entries: entries.slice(1) }, fromNonce)
    t.match(fewer, { gradable: false, cutoff: 50, records: winners - 1 })
    t.same(fewer.winners, previousWinners, 'the old winners are carried on')
    t.same(
      fewer.graded.map(({ place, payout, grade }) => [place, payout, grade]),
      new Array(winners - 1).fill([-1, 0n, 0]),
    )
    t.equal(fewer.byDifficulty.length, winners - 1)
    t.same(gradeBlock({ ...input, entries: [], previousWinners: [] }, fromNonce).winners, noWinners(version))
  }
  t.end()
})

t.test('what a block cannot follow', (t) => {
  const hashes = (count: number, hash = 'ab'.repeat(8)) => new Array<string>(count).fill(hash)
  const lists: [string[], OprVersion[]][] = [
    [[], [1, 2, 3, 4, 5]],
    [hashes(10), [1, 2]],
    [hashes(10, ''), [1, 2]],
    [hashes(25), [2, 3, 4, 5]],
    [hashes(25, ''), [2, 3, 4, 5]],
    [hashes(24), []],
    [hashes(26), []],
    [hashes(25, 'ab'), []],
    [[...hashes(24), 'not a hex string'], []],
    [[...hashes(24), ''], []],
    [['', ...hashes(24)], []],
  ]
  for (const [previousWinners, allowed] of lists) {
    for (const version of VERSIONS) {
      const attempt = () => gradeBlock({ version, height: 1, previousWinners, entries: [] }, fromNonce)
      if (allowed.includes(version)) t.doesNotThrow(attempt)
      else t.throws(attempt, { code: 'E_GRADING_INPUT' })
    }
  }
  for (const height of [-1, 1.5, NaN])
    t.throws(() => gradeBlock({ version: 5, height, previousWinners: [], entries: [] }, fromNonce), {
      code: 'E_GRADING_INPUT',
    })
  t.end()
})

t.test('a broken proof of work is not taken for a false claim', (t) => {
  const broken = () => {
    throw new Error('no ByteMap')
  }
  t.throws(() => grade(5, [entry(record(5), 1n)], broken), /no ByteMap/)
  t.end()
})
