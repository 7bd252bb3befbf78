/** The reference chain as it was looked at, and a reorganisation at any moment of a pass. */
import t from 'tap'

import { decodeHeader } from '../../komodo/index.js'
import { createReference } from './reference.js'

const HEADER = { ...decodeHeader('00'.repeat(80)), bits: 0x200f0f0f, hex: '' }

/** A chain of 100 blocks; a reorganisation gives all blocks above `fork` another hash, and one block more. */
function chain() {
  const hashes = Array.from({ length: 101 }, (_, height) => `a${height}`)
  let calls = 0
  let strike: { readonly at: number; readonly fork: number } | null = null
  const tick = (): void => {
    calls++
    if (calls !== strike?.at) return
    const { fork } = strike
    const top = hashes.length
    for (let height = fork + 1; height <= top; height++) hashes[height] = `b${height}`
  }
  const client = {
    chainInfo: () => {
      tick()
      return Promise.resolve({ blocks: hashes.length - 1, headers: hashes.length - 1, bestBlock: '' })
    },
    blockHash: (height: number) => {
      tick()
      return Promise.resolve(hashes[height]!)
    },
    header: (hash: string) => {
      tick()
      const height = hashes.indexOf(hash)
      return Promise.resolve({ ...HEADER, merkleRoot: hash, previous: hashes[height - 1] ?? '' })
    },
  }
  return {
    client,
    hashes,
    /** At the `at`-th call from now on. */
    strikes: (at: number, fork: number): void => {
      calls = 0
      strike = { at, fork }
    },
    calls: () => calls,
  }
}

t.test('a reorganisation in the middle of a pass leaves nothing stale', async (t) => {
  for (let at = 1; at <= 60; at++) {
    const { client, hashes, strikes, calls } = chain()
    const reference = createReference(client, () => 'OTHER')
    await reference.refresh()
    for (let height = 60; height <= 80; height++) await reference.header(height)
    await reference.refresh()
    strikes(at, 70)
    // Two passes: what was known is checked, then published headers that are not known are looked up, then new ones.
    for (let pass = 0; pass < 2; pass++) {
      await reference.refresh()
      for (let height = 80; height >= 60; height--) await reference.hash(height)
      for (let height = 81 + 3 * pass; height < 84 + 3 * pass; height++) await reference.header(height)
    }
    if (calls() < at) break
    await reference.refresh()
    await reference.refresh()
    const stale = [...reference.hashes].filter(([height, hash]) => hashes[height] !== hash)
    t.same(stale, [], `at call ${at}`)
  }
})

t.test('what is linked and still there costs one call a pass', async (t) => {
  const { client, strikes, calls } = chain()
  const reference = createReference(client, () => 'OTHER')
  await reference.refresh()
  for (let height = 20; height < 70; height++) await reference.header(height)
  await reference.refresh()
  strikes(1e9, 0)
  await reference.refresh()
  t.equal(calls(), 2, 'the tip, and the highest known one')
  for (let height = 70; height < 90; height++) await reference.header(height)
  t.equal(calls(), 2 + 40)
  await reference.refresh()
  t.equal(calls(), 2 + 40 + 2)
  t.same((await reference.header(89)).hash, 'a89')
  t.equal(calls(), 44, 'nothing is asked twice')
})
