/** Huge pages: what is asked for, what is measured, and what is said when there are none. */
import { constants } from 'node:os'
import t from 'tap'
import type { Native, NoNative } from './native/calls.js'
import { hugeBytesOf, requestHugePages, type PagesSystem } from './pages.js'

const MIB = 2 ** 20
const ADDRESS = 0x7f0000001000n
const bytes = new Uint8Array(64 * MIB)

const native = (error = 0): Native => ({
  addressOf: () => ADDRESS,
  madvise: () => error,
  executable: () => () => undefined,
})
const MISSING: NoNative = { missing: true, reason: "Cannot find module 'koffi'" }
const BROKEN: NoNative = { missing: false, reason: 'wrong ELF class' }

const mapping = (from: bigint, size: number, huge: number): string =>
  [
    `${from.toString(16)}-${(from + BigInt(size)).toString(16)} rw-p 00000000 00:00 0 `,
    `Size:           ${size / 1024} kB`,
    `AnonHugePages:  ${huge / 1024} kB`,
    'VmFlags: rd wr mr mw me dc nr sd hg',
    '',
  ].join('\n')

interface World {
  readonly platform?: NodeJS.Platform
  readonly mode?: string | null
  /** Bytes in huge pages. */
  readonly huge?: number
  readonly native?: Native | NoNative
  readonly status?: string
  readonly files?: Readonly<Record<string, string | undefined>>
}

function system(world: World): PagesSystem {
  const { mode = 'always [madvise] never', huge = 0 } = world
  const around = [mapping(ADDRESS - 0x10000n, 0x10000, 4 * MIB), mapping(ADDRESS, bytes.length, huge)]
  const files: Record<string, string | undefined> = {
    '/sys/kernel/mm/transparent_hugepage/enabled': mode ?? undefined,
    '/proc/self/smaps': around.join(''),
    '/proc/self/smaps_rollup': mapping(0n, bytes.length, huge),
    '/proc/self/status': world.status,
    ...world.files,
  }
  return {
    platform: world.platform ?? 'linux',
    read: (file) => files[file],
    native: () => world.native ?? native(),
  }
}

t.test('what is reached, why not more, what to do', (t) => {
  const report = (world: World, wanted = true) =>
    requestHugePages(bytes, wanted, system(world)).report(bytes.length)
  const half = 32 * MIB
  t.same(report({ huge: 64 * MIB }), { share: 1 })
  t.same(report({ huge: 60 * MIB }), { share: 60 / 64 }, 'what the ends lose is no fault')
  t.match(report({ huge: half }), { share: 0.5, reason: /in pieces/, fix: /compact_memory/ })
  t.match(report({ mode: 'always madvise [never]' }), { share: 0, reason: /switched off/, fix: /madvise \|/ })
  t.match(report({ mode: null }), { reason: /no transparent huge pages/, fix: undefined })
  t.match(report({ status: 'Name:\tx\nTHP_enabled:\t0\n' }), { reason: /this process/, fix: undefined })
  t.match(report({ native: MISSING }), { reason: /not installed/, fix: 'npm install koffi' })
  t.match(report({ native: BROKEN }), { reason: /wrong ELF class/, fix: /always \|/ })
  t.match(report({ native: native(constants.errno.EINVAL) }), { reason: /EINVAL/, fix: /always \|/ })
  t.match(report({ huge: half, native: MISSING, mode: '[always] madvise never' }), { reason: /in pieces/ })
  t.match(report({ platform: 'darwin' }), { share: 0, reason: /darwin/, fix: undefined })
  t.same(report({}, false), { share: 0, reason: 'they were not asked for' })
  t.match(report({ files: { '/proc/self/smaps': undefined } }), { share: 0, reason: /does not tell/ })
  t.end()
})

t.test('asked for once, before anything else, and only if wanted', (t) => {
  const advice: number[] = []
  const counting: Native = { ...native(), madvise: (_, value) => (advice.push(value), 0) }
  requestHugePages(bytes, true, system({ native: counting }))
  t.same(advice, [14])
  requestHugePages(bytes, false, system({ native: counting }))
  requestHugePages(bytes, true, system({ native: counting, platform: 'win32' }))
  requestHugePages(new Uint8Array(4096), true, system({ native: counting }))
  t.same(advice, [14])
  t.end()
})

t.test('without koffi only what came since counts', (t) => {
  let huge = 10 * MIB
  const world: PagesSystem = {
    ...system({ native: MISSING }),
    read: (file) => (file.endsWith('smaps_rollup') ? mapping(0n, 0, huge) : undefined),
  }
  const request = requestHugePages(bytes, true, world)
  huge = 74 * MIB
  t.same(request.report(bytes.length), { share: 1 })
  t.end()
})

t.test('smaps', (t) => {
  const text =
    mapping(0x1000n, 0x2000, 2048) + mapping(0x3000n, 0x1000, 4096) + mapping(0x9000n, 0x1000, 8192)
  t.equal(hugeBytesOf(text), 2048 + 4096 + 8192)
  t.equal(hugeBytesOf(text, { from: 0x2000n, to: 0x4000n }), 2048 + 4096, 'mappings that overlap')
  t.equal(hugeBytesOf(text, { from: 0x4000n, to: 0x9000n }), undefined)
  t.equal(hugeBytesOf('nothing of the kind'), undefined)
  t.equal(hugeBytesOf(undefined), undefined)
  t.end()
})

t.test('on this system it does no harm', (t) => {
  const memory = new WebAssembly.Memory({ initial: 256, maximum: 256, shared: true })
  const request = requestHugePages(new Uint8Array(memory.buffer), true)
  new Uint8Array(memory.buffer).fill(1)
  const { share, reason } = request.report(256 * 65_536)
  t.ok(share >= 0 && share <= 1)
  t.ok(share > 0.5 || reason !== undefined, 'huge pages, or the reason why not')
  t.end()
})
