import fc from 'fast-check'
import t from 'tap'

import { isCoded } from '../../../base/index.js'
import { hashBytes, sha256, toHex } from '../../bytes.js'
import { factoidKey } from '../../address.js'
import { decodeEntryBlock, encodeEntryBlock } from '../../entry-block.js'
import { pairOfSeed } from '../../ed25519.js'
import { goMinersBlocks, recordedBlocks } from '../fixtures/recordings.js'
import { genesisBlock, LEADER_SEED } from '../genesis.js'
import { createArchive } from '../store/archive.js'
import * as blocks from './index.js'
import type { SavedBlock } from './index.js'

const chains = { 'node by hand': recordedBlocks(), 'Go miners': goMinersBlocks() }

for (const [name, chain] of Object.entries(chains)) {
  t.test(`recorded blocks come out of the codecs as they went in: ${name}`, (t) => {
    for (const block of chain) {
      const same = (raw: Uint8Array, again: Uint8Array, what: string) =>
        t.equal(toHex(again), toHex(raw), `${what} ${block.height}`)
      same(
        block.directory,
        blocks.encodeDirectoryBlock(blocks.decodeDirectoryBlock(block.directory)),
        'directory',
      )
      same(block.admin, blocks.encodeAdminBlock(blocks.decodeAdminBlock(block.admin)), 'admin')
      same(
        block.entryCredit,
        blocks.encodeEntryCreditBlock(blocks.decodeEntryCreditBlock(block.entryCredit)),
        'entry credits',
      )
      same(block.factoid, blocks.encodeFactoidBlock(blocks.decodeFactoidBlock(block.factoid)), 'factoids')
      for (const { raw } of block.entryBlocks) same(raw, encodeEntryBlock(decodeEntryBlock(raw)), 'entries')
    }
    t.end()
  })

  t.test(`recorded blocks are a chain that the archive accepts: ${name}`, (t) => {
    const [genesis, ...rest] = chain as [SavedBlock, ...SavedBlock[]]
    const archive = createArchive(genesis, () => t.fail('nothing is loaded') as never)
    for (const block of rest) archive.append(block)
    t.equal(archive.tip.height, rest.length)
    t.end()
  })

  t.test(`the leader signs the header of the block before: ${name}`, (t) => {
    const leader = pairOfSeed(hashBytes(LEADER_SEED))
    chain.slice(1).forEach((block, i) => {
      const [record] = blocks.decodeAdminBlock(block.admin).records
      const { header } = blocks.decodeDirectoryBlock((chain[i] as SavedBlock).directory)
      t.match(record, { type: 1, signature: toHex(leader.sign(header)) })
    })
    t.end()
  })
}

t.test('genesis is that of every LOCAL network', (t) => {
  const genesis = genesisBlock()
  t.same(genesis, chains['node by hand'][0])
  const { keyMr } = blocks.decodeDirectoryBlock(genesis.directory)
  t.equal(keyMr, 'c1fdd8c0a09e55e8b5f5e92eacb695d915b83af79735236fbd9274e37b26adc7')
  const factoid = blocks.decodeFactoidBlock(genesis.factoid)
  t.equal(factoid.keyMr, '0f426b2433103e606fb16b9340c14d88da8a02268af3c58b9a7896fa86e2904f')
  t.equal(factoid.ledgerKeyMr, '9264d9df82a1912d156669cd9d914d421fa14eb90136d8bcab98820592995535')
  t.end()
})

t.test('varInts', (t) => {
  const known: [bigint, string][] = [
    [0n, '00'],
    [127n, '7f'],
    [128n, '8100'],
    [130n, '8102'],
    [16383n, 'ff7f'],
    [16384n, '818000'],
    [100000000n, 'afd7c200'],
    [2n ** 32n - 1n, '8fffffff7f'],
    [2n ** 63n, '81808080808080808000'],
  ]
  for (const [value, hex] of known) t.equal(toHex(blocks.varIntBytes(value)), hex)
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (value) => {
      const reader = new blocks.Reader(blocks.varIntBytes(value))
      return reader.varInt() === value && reader.left === 0
    }),
  )
  t.throws(() => new blocks.Reader(blocks.hexBytes('82808080808080808000')).varInt(), {
    code: 'E_FACTOM_BLOCK',
  })
  t.throws(() => blocks.varIntBytes(2n ** 64n), RangeError)
  t.end()
})

t.test('a PegNet burn as published', (t) => {
  const payer = factoidKey('Fs3E9gV6DXsYzf7Fqx1fVBQPQXV695eP3k5XbmHEZVRLkMdD9qCK')
  const burn = blocks.composeTransaction(
    {
      timeMs: 1600000000000,
      inputs: [{ amount: 100000000n, address: toHex(payer.rcdHash) }],
      outputs: [],
      ecOutputs: [
        { amount: 0n, address: '37399721298d8b92934b4f767a56be38ad8a30cf0b7ed9d9fd2eb0919905c4af' },
      ],
    },
    [payer],
  )
  t.equal(burn.txid, 'f9183ecaa61e77fed17c48f21806bad1d3925d4d34447bc5b9de54a30a234f83')
  t.equal(burn.raw.length, 176)
  t.equal(burn.fullHash, toHex(sha256(burn.raw)))
  t.same(blocks.decodeTransaction(burn.raw), burn)
  t.equal(blocks.transactionFee(burn, 1000n), 12000n)
  t.ok(blocks.transactionSound(burn, 1000n))
  t.notOk(blocks.transactionSound(burn, 10_000_000n), 'the fee is not covered')
  const forged = burn.raw.slice()
  forged[forged.length - 40] = (forged[forged.length - 40] as number) ^ 1
  t.notOk(blocks.transactionSound(blocks.decodeTransaction(forged), 1000n), 'the signature is another')
  t.end()
})

t.test('damaged blocks are coded errors', (t) => {
  const block = chains['node by hand'][1] as SavedBlock
  const codecs: [Uint8Array, (raw: Uint8Array) => unknown][] = [
    [block.directory, blocks.decodeDirectoryBlock],
    [block.admin, blocks.decodeAdminBlock],
    [block.entryCredit, blocks.decodeEntryCreditBlock],
    [block.factoid, blocks.decodeFactoidBlock],
    [
      blocks.decodeFactoidBlock(block.factoid).transactions[1]?.transaction.raw ?? block.admin,
      blocks.decodeTransaction,
    ],
  ]
  for (const [raw, decode] of codecs) {
    const cut = fc.nat(raw.length - 1).map((length) => raw.slice(0, length))
    const flipped = fc.tuple(fc.nat(raw.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, bits]) => {
      const copy = raw.slice()
      copy[at] = (copy[at] as number) ^ bits
      return copy
    })
    fc.assert(
      fc.property(fc.oneof(cut, flipped, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        try {
          decode(bytes)
          return true
        } catch (error) {
          return isCoded(error)
        }
      }),
      { numRuns: 300 },
    )
    t.throws(() => decode(raw.slice(0, -1)), { code: 'E_FACTOM_BLOCK' })
  }
  t.end()
})
