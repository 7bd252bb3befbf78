import t from 'tap'

import { entriesOf, inStakingTerms, load, type ReferenceStakingBlock } from './fixtures/load.js'
import { gradeStakingBlock } from './staking.js'
import { checkStakingEntry, type ExpectedStaking } from './validate-staking.js'
import type { OprEntry } from './validate.js'

t.test('12 blocks of staking records as the reference grades them', (t) => {
  const blocks = load('reference-spr') as ReferenceStakingBlock[]
  t.equal(blocks.length, 12)
  for (const block of blocks) {
    const { name, version, height, rejected, cutoff, count, graded } = block
    const result = gradeStakingBlock({ version, height, entries: entriesOf(block) })
    t.same(inStakingTerms(result), { rejected, cutoff, count, graded }, name)
    t.equal(result.entries, block.entries.length)
  }
  t.end()
})

t.test('the reasons, in order', (t) => {
  const [block] = (load('reference-spr') as ReferenceStakingBlock[]).filter(({ name }) => name === 's3-n60')
  const { version, height, entries, graded } = block as ReferenceStakingBlock
  const [good] = entriesOf({ entries: entries.filter(({ hash }) => hash === graded[0]?.entryHash) })
  if (!good) throw new Error('the first place is an entry of the block')
  const [byte, rcd, signed] = good.extIds as [Uint8Array, Uint8Array, Uint8Array]
  const forged = signed.with(95, 0xff)
  const check = (change: Partial<OprEntry>, expected: Partial<ExpectedStaking> = {}) => {
    const checked = checkStakingEntry({ ...good, ...change }, { version, height, ...expected })
    return checked.accepted ? 'accepted' : checked.reason
  }
  const none = new Uint8Array()
  t.equal(check({}), 'accepted')
  t.equal(check({ hash: 'ab', extIds: [] }), 'invalid entry hash length')
  t.equal(check({ extIds: [], content: none }), 'invalid extid count')
  t.equal(check({ extIds: [none, rcd, forged], content: none }), 'invalid version')
  t.equal(check({ extIds: [Uint8Array.of(version, 0), rcd, signed] }), 'invalid version')
  t.equal(check({ content: none, extIds: [byte, rcd, none] }), 'no bytes to decode')
  t.equal(check({ extIds: [byte, none, none] }, { height: 1 }), 'invalid signature length')
  t.equal(check({ extIds: [byte, none, forged] }, { height: 1 }), 'invalid signature')
  t.equal(check({}, { height: 1 }), 'invalid height')
  t.equal(check({ extIds: [byte, none, signed] }), 'accepted', 'nobody looks at the RCD hash')
  const old = { extIds: [Uint8Array.of(5), rcd, none] }
  t.equal(check(old, { version: 5 }), 'accepted', 'version 5 is not signed')
  t.throws(() => gradeStakingBlock({ version, height: -1, entries: [] }), { code: 'E_GRADING_INPUT' })
  t.end()
})
