import t from 'tap'
import { createHasher, lxrParams, openByteMap } from '../../lxrhash/index.js'
import { createClaimChecker } from './claims.js'

const byteMap = await openByteMap(lxrParams({ bits: 10 }), { dir: t.testdir(), slots: 3 })
const verifier = createHasher(byteMap, 2)

t.test('difficulties of many claims, by threads and without', async (t) => {
  const claims = Array.from({ length: 2500 }, (_, k) => ({
    oprHash: new Uint8Array(32).fill(k),
    nonce: Uint8Array.of(k >> 8, k).subarray(k % 3),
  }))
  const expected = claims.map(({ oprHash, nonce }) => verifier.difficulty(oprHash, nonce))
  const checker = createClaimChecker({ byteMap, hasher: verifier, threads: 2, firstHasher: 0, few: 100 })
  t.teardown(() => checker.close())
  const progress: number[] = []
  const [few, many, none] = await Promise.all([
    checker.difficulties(claims.slice(0, 100)),
    checker.difficulties(claims, { onProgress: (done) => progress.push(done) }),
    checker.difficulties([]),
  ])
  t.same(few, expected.slice(0, 100))
  t.same(many, expected)
  t.same(none, [])
  t.same(progress, [0, 2000])
  t.rejects(checker.difficulties(claims, { signal: AbortSignal.abort() }))
  const halt = new AbortController()
  await t.rejects(checker.difficulties(claims, { signal: halt.signal, onProgress: () => halt.abort() }))
  t.same(
    await checker.difficulties(claims.slice(0, 200)),
    expected.slice(0, 200),
    'it goes on after an interruption',
  )
})
