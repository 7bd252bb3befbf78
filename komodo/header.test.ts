/** Headers that prove themselves: recorded ones, one of Komodo's main chain, and forgeries of each kind. */
import t from 'tap'

import { recordings } from './fixtures/recordings.js'
import { vectors } from './fixtures/vectors.js'
import {
  easyRun,
  proveHeader,
  readRawHeader,
  targetOf,
  type HeaderPlace,
  type ProvenHeader,
} from './header.js'
import { blockHashOf, encodeHeader, isEquihashSolution, type BlockHeader } from './tx/index.js'

const REAL_HEIGHT = 1_618_112
/** Header, length and solution of Komodo's block 1618112, from the documentation's proof. */
const REAL = vectors.proof.hex.slice(0, 2 * 1487)

const light = (recordings('komodod')['general'] ?? []).flatMap(({ request, reply }) =>
  request?.method === 'getblockheader' && (request.params as unknown[])[1] === false && reply
    ? [(JSON.parse(reply) as { result: string }).result]
    : [],
)

const prove = (hex: string, place: Partial<HeaderPlace> = {}): ProvenHeader => {
  const hash = blockHashOf(hex)
  return proveHeader(readRawHeader(hex, hash), {
    hash,
    height: REAL_HEIGHT,
    coin: 'KMD',
    before: null,
    ...place,
  })
}
const changed = (hex: string, change: Partial<BlockHeader>): string =>
  encodeHeader({ ...readRawHeader(hex, blockHashOf(hex)), ...change })
const real = readRawHeader(REAL, blockHashOf(REAL))
const before: ProvenHeader = {
  hash: real.previous,
  previous: '00'.repeat(32),
  merkleRoot: '00'.repeat(32),
  time: real.time - 60,
  target: targetOf(real.bits) ?? 0n,
  easy: 0,
}

t.test('true ones', (t) => {
  t.match(prove(REAL, { before }), { hash: blockHashOf(REAL), merkleRoot: real.merkleRoot, easy: 0 })
  t.equal(light.length, 2, 'of chains with light Equihash, as they were recorded')
  for (const hex of light)
    t.equal(prove(hex, { height: 133 }).merkleRoot, readRawHeader(hex, blockHashOf(hex)).merkleRoot)
  t.end()
})

t.test('forged ones', (t) => {
  const refused = (what: string, run: () => unknown, message: RegExp): unknown =>
    t.throws(run, { code: 'E_KOMODO_HEADER', message }, what)
  const root = 'bad0'.repeat(16)
  refused(
    'a root in bytes that hash to another block',
    () => readRawHeader(changed(REAL, { merkleRoot: root }), blockHashOf(REAL)),
    /do not hash/,
  )
  refused('no header', () => readRawHeader('00', blockHashOf('00')), /no header/)
  refused('a root without work', () => prove(changed(REAL, { merkleRoot: root })), /no work|solves nothing/)
  refused('another block before', () => prove(REAL, { before: { ...before, hash: root } }), /does not follow/)
  refused('a light solution on the main chain', () => prove(light[0] ?? ''), /solution of .* has 68 bytes/)
  refused('no difficulty', () => prove(changed(REAL, { bits: 0 })), /is none/)
  refused('less than the least', () => prove(changed(REAL, { bits: 0x2100ffff })), /below the least/)
  refused(
    'a sudden fall',
    () => prove(REAL, { before: { ...before, target: before.target / 5n } }),
    /falls too far/,
  )
  t.doesNotThrow(() => prove(REAL, { before: { ...before, target: before.target / 2n } }))
  for (const at of [0, 700, 1343]) {
    const bytes = Buffer.from(real.solution ?? '', 'hex')
    bytes[at] = (bytes[at] ?? 0) ^ 1
    t.equal(
      isEquihashSolution(Buffer.from(REAL.slice(0, 280), 'hex'), bytes),
      false,
      `byte ${at} of the solution`,
    )
  }
  t.end()
})

t.test('targets in their compact form', (t) => {
  for (const [bits, target] of [
    [0x01120000, 0x12n],
    [0x02123400, 0x1234n],
    [0x03123456, 0x123456n],
    [0x04123456, 0x12345600n],
    [0x2000ffff, 0xffffn << 232n],
    [0x01000012, null],
    [0x04000000, null],
    [0x04923456, null],
    [0x23123456, null],
  ] as const)
    t.equal(targetOf(bits), target, bits.toString(16))
  t.end()
})

t.test('easy blocks of notaries', (t) => {
  // Within the least difficulty, and far from that of the block itself.
  const hash = `0e${'00'.repeat(31)}`
  const place = { hash, height: 4_000_000, time: real.time, target: before.target, before }
  const run = (more: Partial<Parameters<typeof easyRun>[0]>): number => easyRun({ ...place, ...more })
  t.equal(run({}), 1)
  t.equal(run({ before: null }), 1, 'the first that is looked at')
  t.equal(run({ before: { ...before, easy: 63 } }), 64)
  const refused = { code: 'E_KOMODO_HEADER' }
  t.throws(() => run({ before: { ...before, easy: 64 } }), refused, 'there are 64 notaries')
  t.equal(run({ before: { ...before, easy: 64, time: real.time - 421 } }), 64, 'after a gap each may again')
  t.throws(() => run({ before: { ...before, time: real.time - 56 } }), refused, 'less than a minute later')
  t.equal(run({ before: { ...before, time: real.time - 57 } }), 1)
  t.equal(run({ hash: '00'.repeat(32), before: { ...before, easy: 64 } }), 0, 'true work ends the row')
  t.equal(run({ height: 700_000, before: { ...before, easy: 64 } }), 0, 'old blocks are as they are')
  t.throws(() => run({ height: 700_000, hash: 'ff'.repeat(32) }), refused, 'but never without any work')
  t.end()
})
