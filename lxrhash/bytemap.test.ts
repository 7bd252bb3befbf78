/** ByteMap files: built, saved, opened, checked; and what happens when disk, file or user get in the way. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { basename, join } from 'node:path'
import t from 'tap'
import { NODE_FILES, type FileSystem } from './files.js'
import { openCounts } from './counts.js'
import { fetchByteMap } from './fetch.js'
import { createMapMemory, type MapMemory } from './map-memory.js'
import { readAndDigest } from './read.js'
import {
  buildByteMap,
  byteMapFile,
  byteMapInfo,
  createHasher,
  lxrParams,
  openByteMap,
  verifyByteMapFile,
  type ByteMapProgress,
} from './index.js'

/** Its SHA-256 is known to the program. */
const STANDARD = lxrParams({ bits: 10 })
/** Needs a side file. */
const OWN = lxrParams({ bits: 12, seed: 7n, passes: 2 })

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex')
const sideFile = (file: string): string => `${file}.sha256`

/** Changes a file in place. */
function edit(file: string, change: (bytes: Buffer) => Buffer): void {
  writeFileSync(file, change(readFileSync(file)))
}

const flipped = (bytes: Buffer): Buffer => {
  bytes[5] = (bytes[5] as number) ^ 1
  return bytes
}

/** The counts of the byte values stay even. */
const swapped = (bytes: Buffer): Buffer => {
  const other = bytes.findIndex((byte) => byte !== bytes[0])
  const first = bytes[0] as number
  bytes[0] = bytes[other] as number
  bytes[other] = first
  return bytes
}

t.test('built, saved, opened again', async (t) => {
  const dir = join(t.testdir(), 'new', 'folder')
  for (const params of [STANDARD, OWN]) {
    const file = byteMapFile(params, dir)
    const before = await byteMapInfo(params, dir)
    t.equal(before.fileBytes, null, 'nothing there')
    const built = await openByteMap(params, { dir, slots: 2 })
    t.match(built, { file, origin: 'built', slots: 2, params })
    t.equal(sha256(file), built.sha256)
    const opened = await openByteMap(params, { dir, slots: 1, build: false })
    t.match(opened, { file, origin: 'opened', sha256: built.sha256, proof: built.proof })
    const input = Uint8Array.of(1, 2, 3)
    t.strictSame(createHasher(opened, 0).hash(input), createHasher(built, 1).hash(input), 'the same hash')
    t.match(await verifyByteMapFile(params, { dir }), { file, sha256: built.sha256, proof: built.proof })
    const info = await byteMapInfo(params, dir)
    t.match(info, {
      file,
      bytes: 2 ** params.bits,
      fileBytes: 2 ** params.bits,
      proof: { origin: built.proof },
    })
  }
  const own = byteMapFile(OWN, dir)
  t.equal(readFileSync(sideFile(own), 'utf8'), `${sha256(own)}  ${basename(own)}\n`, 'as sha256sum writes it')
  t.same(readdirSync(dir).length, 3, 'two maps, one side file, nothing else')
})

t.test('progress', async (t) => {
  const dir = t.testdir()
  const seen: ByteMapProgress[] = []
  const onProgress = (progress: ByteMapProgress) => seen.push(progress)
  await openByteMap(OWN, { dir, slots: 1, onProgress })
  await openByteMap(OWN, { dir, slots: 1, onProgress })
  await verifyByteMapFile(OWN, { dir, onProgress })
  const phases = seen.map(({ phase }) => phase).filter((phase, index, all) => phase !== all[index - 1])
  t.same(phases, ['build', 'save', 'open', 'verify'])
  for (const phase of phases) {
    const of = seen.filter((progress) => progress.phase === phase)
    t.ok(
      of.every(({ done }, index) => index === 0 || done >= (of[index - 1] as ByteMapProgress).done),
      `${phase} only rises`,
    )
    t.match(of.at(-1), { done: 4096, total: 4096, secondsLeft: 0 })
  }
})

t.test('a file that is not right is reported and left alone', async (t) => {
  const build = async (dir: string, params = STANDARD) => (await buildByteMap(params, { dir, slots: 1 })).file
  const refuses = async (file: string, code: string, params = STANDARD) => {
    const dir = join(file, '..')
    const before = sha256(file)
    const expected = { code, kind: 'failure', message: /bytemap build --force|with --force/ }
    await t.rejects(openByteMap(params, { dir, slots: 1 }), expected, 'open')
    await t.rejects(verifyByteMapFile(params, { dir }), expected, 'verify')
    t.equal(sha256(file), before, 'unchanged')
    await buildByteMap(params, { dir, slots: 1 })
    await t.resolves(openByteMap(params, { dir, slots: 1, build: false }), 'built anew, it opens')
  }
  const shorter = await build(t.testdir({ a: {} }))
  edit(shorter, (bytes) => bytes.subarray(0, -1))
  await refuses(shorter, 'E_LXR_FILE_LENGTH')
  edit(shorter, (bytes) => Buffer.concat([bytes, Buffer.of(0)]))
  await refuses(shorter, 'E_LXR_FILE_LENGTH')
  edit(shorter, () => Buffer.alloc(0))
  await refuses(shorter, 'E_LXR_FILE_LENGTH')
  edit(shorter, flipped)
  await refuses(shorter, 'E_LXR_FILE_DAMAGED')
  edit(shorter, swapped)
  await refuses(shorter, 'E_LXR_FILE_DAMAGED')

  const own = await build(join(shorter, '..'), OWN)
  edit(own, flipped)
  await refuses(own, 'E_LXR_FILE_DAMAGED', OWN)
  edit(own, swapped)
  await refuses(own, 'E_LXR_FILE_DAMAGED', OWN)
  writeFileSync(sideFile(own), 'nothing\n')
  await refuses(own, 'E_LXR_FILE_DAMAGED', OWN)
  rmSync(sideFile(own))
  edit(own, flipped)
  await refuses(own, 'E_LXR_FILE_DAMAGED', OWN)
  rmSync(sideFile(own))
  t.match(await openByteMap(OWN, { dir: join(own, '..'), slots: 1 }), { proof: 'none' }, 'counts must do')
})

t.test('no file, or something else in its place', async (t) => {
  const dir = t.testdir()
  const missing = { code: 'E_LXR_FILE_MISSING', message: /bytemap build/ }
  await t.rejects(openByteMap(STANDARD, { dir, slots: 1, build: false }), missing)
  await t.rejects(verifyByteMapFile(STANDARD, { dir }), missing)
  t.same(readdirSync(dir), [])
  mkdirSync(byteMapFile(STANDARD, dir))
  await t.rejects(openByteMap(STANDARD, { dir, slots: 1 }), { code: 'E_LXR_FILE_READ' })
})

/** Node's file system with some of it replaced. */
const faulty = (replaced: Partial<Record<keyof FileSystem, unknown>>): FileSystem =>
  ({ ...NODE_FILES, ...replaced }) as FileSystem

const systemError = (code: string): Error => Object.assign(new Error(`${code}: no luck`), { code })

/** Files whose method `name` fails the `nth` time. */
function failingHandles(name: 'write' | 'sync' | 'close', code: string, nth = 1): FileSystem {
  let calls = 0
  return faulty({
    open: async (...open: Parameters<FileSystem['open']>) => {
      const handle = await NODE_FILES.open(...open)
      const real = handle[name].bind(handle) as (...args: unknown[]) => unknown
      const replacement = (...args: unknown[]) => {
        if (++calls !== nth) return real(...args)
        if (name === 'close') void real()
        return Promise.reject(systemError(code))
      }
      return Object.defineProperty(handle, name, { value: replacement })
    },
  })
}

t.test('trouble while saving', async (t) => {
  const cases: [string, () => FileSystem, string][] = [
    [
      'the directory cannot be made',
      () => faulty({ mkdir: () => Promise.reject(systemError('EACCES')) }),
      'E_LXR_DIRECTORY',
    ],
    [
      'the directory is read-only',
      () => faulty({ open: () => Promise.reject(systemError('EROFS')) }),
      'E_LXR_DIRECTORY',
    ],
    [
      'no room, said in advance',
      () => faulty({ statfs: () => Promise.resolve({ bavail: 0, bsize: 4096 }) }),
      'E_LXR_DISK_FULL',
    ],
    ['no inode left', () => faulty({ open: () => Promise.reject(systemError('ENOSPC')) }), 'E_LXR_DISK_FULL'],
    ['the disk fills up', () => failingHandles('write', 'ENOSPC'), 'E_LXR_DISK_FULL'],
    ['over the quota', () => failingHandles('write', 'EDQUOT'), 'E_LXR_DISK_FULL'],
    ['the disk fails', () => failingHandles('write', 'EIO'), 'E_LXR_FILE_WRITE'],
    ['the disk fills at the sync', () => failingHandles('sync', 'ENOSPC'), 'E_LXR_DISK_FULL'],
    ['the disk fails at the sync', () => failingHandles('sync', 'EIO'), 'E_LXR_FILE_WRITE'],
    ['the disk fails at the end', () => failingHandles('close', 'EIO'), 'E_LXR_FILE_WRITE'],
    [
      'the name is taken away',
      () => faulty({ rename: () => Promise.reject(systemError('EPERM')) }),
      'E_LXR_FILE_WRITE',
    ],
  ]
  for (const [name, broken, code] of cases) {
    await t.test(name, async (t) => {
      const dir = t.testdir()
      const kind = code === 'E_LXR_DIRECTORY' ? 'usage' : 'failure'
      await t.rejects(openByteMap(STANDARD, { dir, slots: 1, fileSystem: broken() }), {
        code,
        kind,
        message: /^.+$/,
      })
      t.same(readdirSync(dir), [], 'nothing is left')

      const { file } = await buildByteMap(STANDARD, { dir, slots: 1 })
      edit(file, flipped)
      const before = sha256(file)
      await t.rejects(buildByteMap(STANDARD, { dir, slots: 1, fileSystem: broken() }), { code })
      t.equal(sha256(file), before, 'the old file is as it was')
    })
  }
  const file = join(t.testdir({ file: 'x' }), 'file')
  await t.rejects(openByteMap(STANDARD, { dir: join(file, 'below'), slots: 1 }), {
    code: /E_LXR_(DIRECTORY|FILE_READ)/,
  })
})

t.test('no room is found out before the building', async (t) => {
  const phases = new Set<string>()
  const fileSystem = faulty({ statfs: () => Promise.resolve({ bavail: 1, bsize: 512 }) })
  const onProgress = ({ phase }: ByteMapProgress) => phases.add(phase)
  await t.rejects(openByteMap(STANDARD, { dir: t.testdir(), slots: 1, fileSystem, onProgress }), {
    code: 'E_LXR_DISK_FULL',
    message: /free/,
  })
  t.same([...phases], [])
})

t.test('the side file cannot be written', async (t) => {
  const dir = t.testdir()
  await t.rejects(buildByteMap(OWN, { dir, slots: 1, fileSystem: failingHandles('write', 'ENOSPC', 2) }), {
    code: 'E_LXR_DISK_FULL',
  })
  t.same(readdirSync(dir), [])
})

t.test('interrupted', async (t) => {
  for (const phase of ['build', 'save', 'open', 'verify'] as const) {
    const dir = t.testdir()
    const interrupt = new AbortController()
    const onProgress = (progress: ByteMapProgress) => {
      if (progress.phase === phase) interrupt.abort()
    }
    const options = { dir, slots: 1, signal: interrupt.signal, onProgress }
    const reading = phase === 'open' || phase === 'verify'
    if (reading) await buildByteMap(STANDARD, { dir, slots: 1 })
    const files = readdirSync(dir)
    const run = phase === 'verify' ? verifyByteMapFile(STANDARD, options) : openByteMap(STANDARD, options)
    await t.rejects(run, { code: 'E_LXR_ABORTED' }, phase)
    t.same(readdirSync(dir), files, 'no half file')
  }
  const dir = t.testdir()
  await t.rejects(openByteMap(STANDARD, { dir, slots: 1, signal: AbortSignal.abort() }), {
    code: 'E_LXR_ABORTED',
  })
  t.same(readdirSync(dir), [])
})

t.test('two at once', async (t) => {
  const dir = t.testdir()
  const [one, two] = await Promise.all([
    openByteMap(OWN, { dir, slots: 1 }),
    openByteMap(OWN, { dir, slots: 1 }),
  ])
  t.equal(one.sha256, two.sha256)
  t.equal(sha256(one.file), one.sha256)
  t.equal(readdirSync(dir).length, 2)
})

t.test('slots', async (t) => {
  const dir = t.testdir()
  for (const slots of [0, -1, 1.5, 40_000]) {
    await t.rejects(openByteMap(STANDARD, { dir, slots }), { code: 'E_LXR_SLOT' }, `${slots}`)
  }
  t.same(readdirSync(dir), [])
})

t.test('counts of the byte values, here and by a thread', async (t) => {
  for (const few of [Infinity, 0]) {
    const room = await createMapMemory(lxrParams({ bits: 12 }), { slots: 1 })
    const countAll = async (): Promise<boolean> => {
      const counts = openCounts(room, few)
      for (let at = 0; at < room.map.length; at += 1024) counts.add(at, 1024)
      return counts.even().finally(() => counts.close())
    }
    room.map.forEach((_, at, map) => (map[at] = at))
    t.equal(await countAll(), true)
    room.map[4095] = 0
    t.equal(await countAll(), false)
    const left = openCounts(room, few)
    left.add(0, 1024)
    await left.close()
  }
})

t.test(
  'several pieces are read at once, hashed in their order; of failures the first piece decides',
  async (t) => {
    const map = new Uint8Array(18 * 2 ** 20).map((_, at) => at * 7)
    const wanted = createHash('sha256').update(map).digest('hex')
    const mapped = { map: new Uint8Array(map.length) } as MapMemory
    let under = 0
    let most = 0
    const read =
      (fails: (at: number) => boolean) =>
      async (into: Uint8Array, from: number, length: number, at: number) => {
        most = Math.max(most, ++under)
        // The later piece is there first.
        for (let turn = (at / 2 ** 22) % 2 === 0 ? 3 : 1; turn > 0; turn--)
          await new Promise((done) => setImmediate(done))
        under--
        if (fails(at)) throw Object.assign(new Error('broken'), { code: 'EIO' })
        into.set(map.subarray(at, at + length), from)
        return { bytesRead: length }
      }
    const run = { file: 'a map', count: false, signal: undefined, report: () => undefined }
    const handle = (fails: (at: number) => boolean) => ({ read: read(fails) }) as unknown as FileHandle
    t.equal(
      (
        await readAndDigest(
          mapped,
          handle(() => false),
          run,
        )
      ).sha256,
      wanted,
    )
    t.equal(most, 3)
    await t.rejects(
      readAndDigest(
        mapped,
        handle((at) => at > 0),
        run,
      ),
      { code: 'E_LXR_FILE_READ', message: /EIO/ },
    )
    t.equal(under, 0, 'nothing is left under way')
  },
)

/** Pieces of 100 bytes of what a source has; `change` says what it gives instead. */
function sourceOf(
  bytes: Uint8Array,
  change: (piece: number, of: Uint8Array) => Uint8Array | null = (_, of) => of,
) {
  const asked: number[] = []
  return {
    ...{ asked, pieceBytes: 100 },
    async read(piece: number) {
      asked.push(piece)
      await Promise.resolve()
      return change(piece, bytes.subarray(100 * piece, 100 * piece + 100))
    },
  }
}

t.test('fetched instead of built', async (t) => {
  const { file } = await buildByteMap(STANDARD, { dir: t.testdir(), slots: 1 })
  const bytes = Uint8Array.from(readFileSync(file))
  const dir = join(t.testdir(), 'new')
  const phases = new Set<string>()
  const onProgress = ({ phase }: { phase: string }): void => void phases.add(phase)
  t.equal(await fetchByteMap(STANDARD, sourceOf(bytes), { dir, onProgress }), 'fetched')
  t.same([...phases], ['fetch'])
  t.same(readdirSync(dir), [basename(file)], 'nothing is left beside it')
  const opened = await openByteMap(STANDARD, { dir, slots: 1, build: false })
  t.match(opened, { origin: 'opened', proof: 'known' })
  const none = sourceOf(bytes)
  t.equal(await fetchByteMap(STANDARD, none, { dir }), 'there')
  t.same(none.asked, [], 'what is there is not fetched')
  await t.rejects(fetchByteMap(OWN, none, { dir }), { code: 'E_LXR_FETCH', message: /could not be checked/ })
})

t.test('a fetch that is interrupted goes on where it was', async (t) => {
  const { file } = await buildByteMap(STANDARD, { dir: t.testdir(), slots: 1 })
  const bytes = Uint8Array.from(readFileSync(file))
  const dir = t.testdir()
  const end = new AbortController()
  const source = sourceOf(bytes, (piece, of) => {
    if (piece === 7) end.abort()
    return of
  })
  await t.rejects(fetchByteMap(STANDARD, source, { dir, signal: end.signal }), { code: 'E_LXR_ABORTED' })
  t.same(readdirSync(dir), [`${basename(file)}.fetched`], 'it is not there under its name')
  const rest = sourceOf(bytes)
  t.equal(await fetchByteMap(STANDARD, rest, { dir }), 'fetched')
  t.ok((rest.asked[0] as number) > 2, `from piece ${rest.asked[0]} on`)
  t.same(Uint8Array.from(readFileSync(join(dir, basename(file)))), bytes)
  const built = t.testdir({ [`${basename(file)}.fetched`]: 'x' })
  await openByteMap(STANDARD, { dir: built, slots: 1 })
  t.same(readdirSync(built), [basename(file)], 'one that was built meanwhile needs no rest')
})

t.test('what a source gives is not trusted', async (t) => {
  const { file } = await buildByteMap(STANDARD, { dir: t.testdir(), slots: 1 })
  const bytes = Uint8Array.from(readFileSync(file))
  const wrong: Record<string, Parameters<typeof sourceOf>[1]> = {
    'is not the ByteMap': (piece, of) => (piece === 3 ? of.map((byte) => byte ^ 1) : of),
    'piece 2 of the ByteMap has 1000000 bytes': (piece, of) => (piece === 2 ? new Uint8Array(1_000_000) : of),
    'piece 10 of the ByteMap has 100 bytes': (piece, of) => (piece === 10 ? new Uint8Array(100) : of),
    'piece 4 of the ByteMap has 0 bytes': (piece, of) => (piece === 4 ? new Uint8Array() : of),
    'no piece 5 of the ByteMap': (piece, of) => (piece === 5 ? null : of),
    'cannot be fetched: Error: gone': (piece, of) => {
      if (piece === 6) throw new Error('gone')
      return of
    },
  }
  for (const [message, change] of Object.entries(wrong)) {
    const dir = t.testdir()
    await t.rejects(fetchByteMap(STANDARD, sourceOf(bytes, change), { dir }), {
      code: 'E_LXR_FETCH',
      message: new RegExp(message),
    })
    t.same(readdirSync(dir), [], `${message}: nothing is kept`)
  }
  const slow = fetchByteMap(STANDARD, sourceOf(bytes), {
    dir: t.testdir(),
    leastPerSecond: 1e15,
    patienceMs: 0,
  })
  await t.rejects(slow, { code: 'E_LXR_FETCH', message: /slower than building/ })
})
