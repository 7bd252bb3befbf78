/** A thread whose native kernel fails its check hashes with the portable one. */
import t from 'tap'
import { lxrParams, openByteMap, type HasherOptions } from '../../lxrhash/index.js'
import { soundHasher } from './sound.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

const dir = t.testdir()
const byteMap = await openByteMap(lxrParams({ bits: 10 }), { dir, slots: 1 })
const native = { ...byteMap, kernel: 'native' } as const

type System = NonNullable<HasherOptions['system']>
const system = (executable: () => () => unknown): System => ({
  platform: 'linux',
  arch: 'x64',
  native: () => ({ addressOf: () => 1n << 40n, madvise: () => 0, executable }),
})

t.test('a kernel that finds nothing right, or that cannot be had', (t) => {
  const faults: string[] = []
  const note = (reason: string): void => void faults.push(reason)
  const idle = soundHasher(
    { byteMap: native, hasherSlot: 0, hasher: { system: system(() => () => undefined) } },
    note,
  )
  t.equal(idle.kernel, 'simd')
  const forbidden = system(() => {
    throw new Error('executable memory is forbidden (error 13)')
  })
  const none = soundHasher({ byteMap: native, hasherSlot: 0, hasher: { system: forbidden } }, note)
  t.equal(none.kernel, 'simd')
  matchExactly(t, faults, [/another difficulty than the portable one/, /forbidden/])
  t.equal(soundHasher({ byteMap, hasherSlot: 0 }, note).kernel, 'simd')
  t.equal(faults.length, 2, 'the portable one is not asked')
  t.end()
})
