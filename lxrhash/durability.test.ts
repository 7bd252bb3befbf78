/** Builds that are interrupted, killed, or run twice at once. */

import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { NODE_FILES, type FileSystem } from './files.js'
import {
  buildByteMap,
  byteMapFile,
  lxrParams,
  openByteMap,
  type BuildOptions,
  type ByteMapNotice,
  type ByteMapProgress,
} from './index.js'
import { matchExactly } from '../test/fixtures/match-exactly.js'

/** Six slices of the generator. */
const PARAMS = lxrParams({ bits: 16, seed: 7n, passes: 6 })
const OTHER = lxrParams({ bits: 16, seed: 8n, passes: 6 })
const ALWAYS = { checkpoints: { every: 0, least: 0, share: Infinity } }
const AT_THE_END = { checkpoints: { every: Infinity, least: 0, share: 1 } }

const file = (dir: string): string => byteMapFile(PARAMS, dir)
const part = (dir: string): string => `${file(dir)}.part`
const lock = (dir: string): string => `${file(dir)}.lock`

const expected = buildByteMap(PARAMS, { dir: t.testdir(), slots: 1 }).then(({ sha256 }) => sha256)

/** Runs a build and keeps what it says. */
async function run(dir: string, options: Partial<BuildOptions> = {}) {
  const notices: ByteMapNotice[] = []
  const progress: ByteMapProgress[] = []
  const result = await openByteMap(PARAMS, {
    dir,
    slots: 1,
    onNotice: (notice) => notices.push(notice),
    ...options,
    onProgress: (state) => {
      progress.push(state)
      options.onProgress?.(state)
    },
  }).catch((error: unknown) => error as { code: string })
  const builtFrom = progress.find(({ phase }) => phase === 'build')?.done
  return { result, notices, progress, builtFrom, texts: notices.map(({ message }) => message) }
}

/** Interrupts in a phase, at a share of it. */
function interruptAt(phase: ByteMapProgress['phase'], share: number) {
  const interrupt = new AbortController()
  const onProgress = (state: ByteMapProgress): void => {
    if (state.phase === phase && state.done >= share * state.total) interrupt.abort()
  }
  return { signal: interrupt.signal, onProgress }
}

/** Leaves the checkpoint of a build that was interrupted half way. */
async function halfBuilt(dir: string): Promise<string> {
  await run(dir, { ...interruptAt('build', 0.5), timing: AT_THE_END })
  return dir
}

t.test('an interrupted build goes on where it was', async (t) => {
  const dir = t.testdir()
  const first = await run(dir, { ...interruptAt('build', 0.3), timing: AT_THE_END })
  t.match(first.result, { code: 'E_LXR_ABORTED' })
  matchExactly(t, first.notices, [{ level: 'info', code: 'E_LXR_CHECKPOINT', message: /kept at 33 %/ }])
  t.same(readdirSync(dir), [basename(part(dir))], 'the checkpoint, and no half map')

  const second = await run(dir, { ...interruptAt('build', 0.8), timing: AT_THE_END })
  matchExactly(t, second.texts, [/going on at 33 %/, /kept at 83 %/])
  t.equal(second.builtFrom, Math.floor(2 ** 16 / 3))
  t.equal(second.progress.find(({ phase, done }) => phase === 'build' && done > 0)?.perSecond, 0)

  const third = await run(dir)
  t.match(third.result, { origin: 'built', sha256: await expected })
  t.same(readdirSync(dir).length, 2, 'the map and its side file')
})

t.test('a little work is not worth a checkpoint', async (t) => {
  const dir = t.testdir()
  const { notices } = await run(dir, interruptAt('build', 0.5))
  t.same(notices, [])
  t.same(readdirSync(dir), [])
})

t.test('killed at any checkpoint', async (t) => {
  const dir = t.testdir({ kept: {} })
  const kept = join(dir, 'kept')
  let count = 0
  const fileSystem: FileSystem = {
    ...NODE_FILES,
    rename: async (from, to) => {
      await NODE_FILES.rename(from, to)
      if (to === part(dir)) copyFileSync(part(dir), join(kept, String(count++)))
    },
  }
  t.match((await run(dir, { fileSystem, timing: ALWAYS })).result, { sha256: await expected })
  t.equal(count, PARAMS.passes)
  for (let n = 0; n < count; n++) {
    const again = join(dir, `again${n}`)
    mkdirSync(again)
    copyFileSync(join(kept, String(n)), part(again))
    writeFileSync(join(again, `.${basename(file(again))}.1-abc.tmp`), 'half a map')
    writeFileSync(join(again, `.${basename(part(again))}.1-abc.tmp`), 'half a checkpoint')
    const { result, builtFrom, notices } = await run(again)
    t.match(result, { origin: 'built', sha256: await expected })
    t.equal(builtFrom, Math.floor(((n + 1) * 2 ** 16) / PARAMS.passes))
    t.equal(notices.length, 1)
    t.equal(readdirSync(again).length, 2, 'nothing is left of the killed one')
  }
})

t.test('a checkpoint that cannot be used', async (t) => {
  const foreign = t.testdir()
  const other = { dir: foreign, slots: 1, ...interruptAt('build', 0.5), timing: AT_THE_END }
  await t.rejects(buildByteMap(OTHER, other), { code: 'E_LXR_ABORTED' })
  const flip = (at: number) => (bytes: Buffer) => {
    const place = at < 0 ? bytes.length + at : at
    bytes[place] = (bytes[place] as number) ^ 1
    return bytes
  }
  const cases: [string, (bytes: Buffer) => Buffer, RegExp][] = [
    ['another format', flip(0), /another version/],
    ['other parameters', flip(8), /another map/],
    ['a place beyond the end', flip(27), /wrong place/],
    ['a place of which the check sum knows nothing', flip(24), /check sum/],
    ["the generator's state", flip(41), /check sum/],
    ['the map', flip(5000), /check sum/],
    ['the check sum', flip(-1), /check sum/],
    ['cut off', (bytes) => bytes.subarray(0, -1), /length/],
    ['empty', () => Buffer.alloc(0), /length/],
    ['too long', (bytes) => Buffer.concat([bytes, Buffer.of(0)]), /length/],
    ['of another map', () => readFileSync(`${byteMapFile(OTHER, foreign)}.part`), /another map/],
  ]
  for (const [name, change, reason] of cases) {
    await t.test(name, async (t) => {
      const dir = await halfBuilt(t.testdir())
      writeFileSync(part(dir), change(readFileSync(part(dir))))
      const { result, notices, builtFrom } = await run(dir)
      matchExactly(t, notices, [{ level: 'warn', code: 'E_LXR_CHECKPOINT', message: /discarded.*anew/ }])
      t.match(notices[0]?.message, reason)
      t.equal(builtFrom, 0)
      t.match(result, { origin: 'built', sha256: await expected })
      t.notOk(existsSync(part(dir)))
    })
  }
})

t.test('no place for checkpoints', async (t) => {
  const systemError = (code: string): Error => Object.assign(new Error(code), { code })
  const noRename: FileSystem = {
    ...NODE_FILES,
    rename: (from, to) =>
      String(to).endsWith('.part') ? Promise.reject(systemError('EIO')) : NODE_FILES.rename(from, to),
  }
  const room = (bytes: number): FileSystem =>
    ({ ...NODE_FILES, statfs: () => Promise.resolve({ bavail: bytes, bsize: 1 }) }) as unknown as FileSystem
  for (const [fileSystem, reason] of [
    [noRename, /EIO/],
    // Enough for the map or the checkpoint, not for both.
    [room(2 ** 16 + 1000), /free/],
  ] as const) {
    const dir = t.testdir()
    const { result, notices } = await run(dir, { fileSystem, timing: ALWAYS })
    t.match(result, { origin: 'built', sha256: await expected })
    matchExactly(t, notices, [{ level: 'warn', code: 'E_LXR_CHECKPOINT', message: reason }])
    t.equal(notices.length, 1, 'said once')
    t.equal(readdirSync(dir).length, 2)
  }
})

t.test('interrupted while a long build is saved', async (t) => {
  const dir = t.testdir()
  const { result } = await run(dir, { ...interruptAt('save', 0), timing: AT_THE_END })
  t.match(result, { code: 'E_LXR_ABORTED' })
  t.match((await run(dir)).result, { origin: 'opened', sha256: await expected })
})

t.test('a checkpoint beside a whole map', async (t) => {
  const dir = await halfBuilt(t.testdir())
  const saved = readFileSync(part(dir))
  await run(dir)
  writeFileSync(part(dir), saved)
  writeFileSync(lock(dir), JSON.stringify({ pid: 1, host: 'elsewhere' }))
  await run(dir)
  t.ok(existsSync(part(dir)), 'whoever holds the lock may need it')
  await t.resolves(NODE_FILES.rm(lock(dir), { force: true }))
  await run(dir)
  t.notOk(existsSync(part(dir)), 'nobody needs it')
})

t.test('two builders: one builds, the other waits and opens', async (t) => {
  for (const build of [openByteMap, buildByteMap]) {
    const dir = t.testdir()
    const notices: ByteMapNotice[] = []
    const phases = new Set<string>()
    const options: BuildOptions = {
      dir,
      slots: 1,
      onNotice: (notice) => notices.push(notice),
      onProgress: ({ phase }) => phases.add(phase),
      timing: { lock: { look: 1 } },
    }
    const both = await Promise.all([build(PARAMS, options), build(PARAMS, options)])
    t.same(both.map(({ origin }) => origin).sort(), ['built', 'opened'])
    t.same(
      both.map(({ sha256 }) => sha256),
      [await expected, await expected],
    )
    matchExactly(t, notices, [
      { level: 'info', code: 'E_LXR_LOCKED', message: `process ${process.pid} is building` },
    ])
    t.ok(phases.has('wait'))
    t.equal(readdirSync(dir).length, 2)
  }
})

t.test('the other builder gives up', async (t) => {
  const dir = t.testdir()
  const fast = { lock: { look: 1 } }
  const half = interruptAt('build', 0.5)
  let first: ReturnType<typeof run> | undefined
  // The other comes when the lock has been taken for sure.
  const building = new Promise<void>((resolve) => {
    const onProgress = (state: ByteMapProgress): void => {
      if (state.phase === 'build') resolve()
      half.onProgress(state)
    }
    first = run(dir, { signal: half.signal, onProgress, timing: { ...AT_THE_END, ...fast } })
  })
  await building
  const second = run(dir, { timing: fast })
  t.match((await first)?.result, { code: 'E_LXR_ABORTED' })
  t.match((await second).result, { origin: 'built', sha256: await expected })
  t.match((await second).texts.at(-1), /going on at 50 %/)
})
