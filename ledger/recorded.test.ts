import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'

import { NETWORKS } from '../pegnet/index.js'
import { ledgerBlockOf, ledgerChains } from './block.js'
import { judged, RECORDED } from './fixtures/recorded-chain.js'
import { readRecordedChain } from './recorded.js'

type Block = { height: number; factoidBlock: string; entryBlocks: { raw: string; entries: string[] }[] }
const { blocks } = judged() as unknown as { blocks: Block[] }
const [first, second] = structuredClone(blocks.slice(0, 2)) as [Block, Block]
const chains = ledgerChains(NETWORKS.MainNet)

/** A file with these blocks, gzipped as the recording is, or as it is. */
function fileOf(t: Test, content: unknown, zipped = true): string {
  const file = join(t.testdir(), 'chain')
  const text = typeof content === 'string' ? content : JSON.stringify(content)
  writeFileSync(file, zipped ? gzipSync(text) : text)
  return file
}

t.test('a recorded chain is read, and each part has its hash', async (t) => {
  const chain = await readRecordedChain(RECORDED)
  t.equal(chain.heights.length, 431)
  const block = chain.block(206_422)
  t.ok(block)
  if (block) t.match(ledgerBlockOf(block, chains), { height: 206_422, seconds: 1_566_233_400, staking: null })
  t.equal(chain.block(206_500), null)
  const plain = await readRecordedChain(fileOf(t, { blocks: [first] }, false))
  t.same(plain.heights, [206_422])
})

t.test('what is no recorded chain, or a damaged one', async (t) => {
  const cases: readonly (readonly [content: unknown, message: RegExp])[] = [
    ['x', /JSON/],
    ['['.repeat(1000), /nested/],
    [{}, /no list of blocks/],
    [{ blocks: [] }, /no list of blocks/],
    [{ blocks: [first, null] }, /blocks\[1\]/],
    [{ blocks: [{ ...first, height: -1 }] }, /blocks\[0\]/],
    [{ blocks: [{ ...first, factoidBlock: 'xy' }] }, /blocks\[0\]/],
    [{ blocks: [{ ...first, entryBlocks: [{ raw: '00' }] }] }, /blocks\[0\]/],
    [{ blocks: [second, first] }, /does not come after/],
  ]
  for (const [content, message] of cases)
    await t.rejects(
      readRecordedChain(fileOf(t, content)),
      { code: 'E_LEDGER_FILE', message },
      String(message),
    )
  await t.rejects(readRecordedChain(join(t.testdir(), 'none')), { code: 'E_LEDGER_FILE' })
  const [entryBlock] = first.entryBlocks
  if (!entryBlock) throw new Error('the first block has records')
  const damaged: readonly (readonly [block: object, message: RegExp])[] = [
    [{ ...first, height: 206_423 }, /directory block/],
    [{ ...first, factoidBlock: second.factoidBlock }, /factoid block/],
    [{ ...first, entryBlocks: second.entryBlocks }, /block of chain/],
    [{ ...first, entryBlocks: [{ ...entryBlock, entries: entryBlock.entries.slice(1) }] }, /entry/],
    [{ ...first, factoidBlock: '00' }, /block 2064/],
  ]
  for (const [block, message] of damaged) {
    const chain = await readRecordedChain(fileOf(t, { blocks: [block] }))
    t.throws(() => chain.block(chain.heights[0] ?? 0), { code: 'E_LEDGER_FILE', message }, String(message))
  }
})
