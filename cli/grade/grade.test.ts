import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import t from 'tap'

import { startDevChain } from '../../factom/dev/index.js'
import type { Terminal } from '../program/output.js'
import { runProgram } from '../program/program.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

type Event = Record<string, unknown> & { event: string }
/** A block graded by the reference, in the fixtures' words. */
interface Fixture {
  readonly name: string
  readonly version: number
  readonly height: number
  readonly previousWinners?: readonly string[]
  readonly entries: readonly { hash: string; extids: string[]; content: string }[]
  readonly rejected: Readonly<Record<string, string>>
  readonly cutoff: number
  readonly graded: readonly Record<'entryHash' | 'place' | 'gradeBits' | 'payout' | 'difficulty', string>[]
  readonly winnersShortHashes: readonly string[]
}

const dir = t.testdir()
const SMALL = ['--bits', '12', '--dir', dir]
const load = (name: string): unknown => {
  const file = new URL(`../../oracle/grading/fixtures/${name}.json.gz`, import.meta.url)
  return JSON.parse(gunzipSync(readFileSync(file)).toString('utf8'))
}
const oracle = load('reference-v1-v5') as Fixture[]
const staking = load('reference-spr') as Fixture[]

function sink(): Terminal & { text: () => string } {
  const stream = new PassThrough()
  let text = ''
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return Object.assign(stream, { text: () => text })
}

async function run(...words: string[]): Promise<{ code: number; out: string; err: string; events: Event[] }> {
  const [stdout, stderr] = [sink(), sink()]
  const interrupted = new AbortController().signal
  const io = { stdin: Readable.from([]), stdout, stderr, env: {}, interrupted }
  const code = await runProgram(['grade', ...words], io)
  const out = stdout.text()
  const lines = words.includes('--json') ? out.trim().split('\n') : []
  return { code, out, err: stderr.text(), events: lines.map((line) => JSON.parse(line) as Event) }
}

const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64')

/** Writes a block as a file of the reference's form. */
function fileOf(name: string, block: Fixture, winners: readonly string[] | null = null): string {
  const file = join(dir, `${name}.json`)
  const Entries = block.entries.map(({ hash, extids, content }) => ({
    Hash: hash,
    ExtIDs: extids.map(base64),
    Content: base64(content),
  }))
  const text = {
    Height: block.height,
    PreviousWinners: block.previousWinners ?? null,
    Winners: winners,
    Entries,
  }
  writeFileSync(file, JSON.stringify(text))
  return file
}

/** A MainNet block: the fixture is such a file. */
function realFile(
  height: 206422 | 210330,
  change: (block: Record<string, unknown>) => void = () => {},
): string {
  const block = load(String(height)) as Record<string, unknown>
  change(block)
  const file = join(dir, `${height}-${Math.random()}.json`)
  writeFileSync(file, JSON.stringify(block))
  return file
}

t.test('blocks of private networks, as events', async (t) => {
  for (const version of [1, 4] as const) {
    const blocks = oracle.filter((block) => block.version === version).slice(3, 8)
    const files = blocks.map((block) => fileOf(block.name, block, block.winnersShortHashes))
    const { code, events } = await run('--opr-version', String(version), ...SMALL, '--json', ...files)
    t.equal(code, 0)
    const graded = events.filter(({ event }) => event === 'graded')
    t.equal(graded.length, 5)
    for (const [k, block] of blocks.entries()) {
      const { height, entries, rejected, winnersShortHashes } = block
      const event = graded[k] as Event & { order: Record<string, unknown>[]; rates: Record<string, string> }
      t.match(event, { height, version, entries: entries.length, winners: winnersShortHashes })
      t.same(
        event['rejected'],
        Object.entries(rejected).map(([index, reason]) => ({ entryHash: entries[+index]?.hash, reason })),
      )
      const gradable = block.cutoff !== 50 || block.graded.length === 50
      t.same(
        event.order.map(({ grade: _, ...row }) => row),
        block.graded.map(({ entryHash, difficulty, gradeBits, place, payout }) => ({
          entryHash,
          difficulty,
          gradeBits,
          place: gradable ? place : null,
          payout: String(Number(payout) / 1e8),
        })),
      )
      t.equal(Object.keys(event.rates).length > 0, gradable)
    }
  }
})

t.test('staking records', async (t) => {
  for (const version of [5, 6, 7] as const) {
    const blocks = staking.filter((block) => block.version === version)
    const files = blocks.map((block) => fileOf(block.name, block))
    const bare = JSON.parse(readFileSync(files[0] as string, 'utf8')) as Record<string, unknown>
    delete bare['PreviousWinners']
    const named = join(t.testdir(), 'bare.json')
    writeFileSync(named, JSON.stringify(bare))
    t.equal(
      (await run('--spr-version', String(version), '--json', named)).code,
      0,
      'no winners of before needed',
    )
    t.match(
      await run('--opr-version', '5', named),
      { err: /PreviousWinners is missing/ },
      'but for oracle records',
    )
    const { code, events } = await run('--spr-version', String(version), '--json', ...files)
    t.equal(code, 0)
    const graded = events.filter(({ event }) => event === 'graded')
    t.same(
      graded.map(({ rejected, order }) => [
        Object.fromEntries(
          (rejected as Event[]).map(({ entryHash, reason }) => [entryHash, reason]),
        ) as Event,
        (order as Event[]).map(({ entryHash, gradeBits, payout }): unknown[] => [
          entryHash,
          gradeBits,
          payout,
        ]),
      ]),
      blocks.map((block) => [
        block.rejected,
        block.graded.map(({ entryHash, gradeBits, payout }) => [
          entryHash,
          gradeBits,
          String(Number(payout) / 1e8),
        ]),
      ]),
    )
  }
})

t.test('a real block, for people', async (t) => {
  const { code, out, err } = await run('--trust-claims', realFile(210330))
  t.equal(code, 0)
  t.equal(err, '')
  t.match(out, /^block 210330, version 2: 192 entries, 94 valid, 50 graded\n/)
  t.match(out, /\n +1 {2}PrestigeMining2099 {4}ffffffffed78e41c {2}0 {9}200 {2}0aa7da814df36be1\n/)
  t.match(out, /\n REJECTED {4}98 × invalid version: /)
  t.match(out, /\n PROOFS {6}trusted, not checked\n WINNERS {5}25, the same as in the file\n/)
  t.ok(out.split('\n').every((line) => line.length <= 80))

  const verbose = await run('--trust-claims', '--verbose', realFile(206422))
  t.match(verbose.out, /\n +1 {2}YJQ4 .*\n {8}[A-Z]{3}\u00a0[+-][0-9.e-]+%/)
  const json = await run('--trust-claims', '-v', '--json', realFile(206422))
  const [first] = (json.events[0] as unknown as { order: { distances: Record<string, number> }[] }).order
  t.equal(Object.keys(first?.distances ?? {}).length, 32)
})

t.test('false claims, false winners, changed entries', async (t) => {
  const [block] = oracle.filter(({ name }) => name.startsWith('v5-n80'))
  if (!block) throw new Error('the fixture has such a block')
  const winners = [...block.winnersShortHashes]
  winners[2] = 'ab'.repeat(8)
  const [good, bad] = [fileOf('good', block, block.winnersShortHashes), fileOf('bad', block, winners)]
  const { code, events, err } = await run('--opr-version', '5', ...SMALL, '--json', bad, good)
  t.equal(code, 1)
  t.match(err, /E_CLI_WINNERS: the winners of .*bad\.json differ from those that the file names/)
  const both = await run(
    '--opr-version',
    '5',
    ...SMALL,
    '--trust-claims',
    bad,
    fileOf('worse', block, winners),
  )
  t.match(both.err, /the winners of .*bad\.json, .*worse\.json differ from those that the files name\n$/)
  const checked = events.filter(({ event }) => event === 'checked')
  matchExactly(t, checked[0], { winnersAgree: false, differences: [2] })
  matchExactly(t, checked[1], { winnersAgree: true, differences: [] })
  const { claims, dropped } = checked[0] as unknown as {
    claims: { checked: number; false: string[] }
    dropped: { entryHash: string; reason: string }[]
  }
  const lies = dropped.filter(({ reason }) => reason === 'claims a false difficulty')
  t.ok(lies.length > 0)
  t.ok(lies.every(({ entryHash }) => claims.false.includes(entryHash)))
  t.ok(claims.checked > claims.false.length)
  const people = await run('--opr-version', '5', ...SMALL, bad)
  t.match(people.out, / WINNERS {5}25; different from the file's at place 3\n/)
  t.match(people.out, / PROOFS {6}\d+ checked, \d+ true; false: [0-9a-f]{16}/)

  const changed = realFile(210330, (real) => {
    const [entry] = real['Entries'] as { Content: string }[]
    if (entry) entry.Content = `AAAA${entry.Content.slice(4)}`
  })
  const printed = (await run('--trust-claims', '--json', changed)).events
  matchExactly(
    t,
    printed.filter(({ event }) => event === 'notice'),
    [
      {
        event: 'notice',
        code: 'E_CLI_ENTRY_HASH',
        message: /1 entry with the hash of another: [0-9a-f]{16}$/,
      },
    ],
  )
})

t.test('what is no block', async (t) => {
  const cases: [name: string, text: string, problem: RegExp][] = [
    ['empty', '', /it is not JSON/],
    ['cut', '{"Height":1,"PreviousWinners":[],"Entries":[{"Hash":"00', /it is not JSON/],
    ['list', '[]', /the file is no JSON object/],
    ['height', '{"Height":-1,"PreviousWinners":[],"Entries":[]}', /Height is no height/],
    ['none', '{"Height":1,"PreviousWinners":[]}', /Entries is missing/],
    ['text', '{"Height":1,"PreviousWinners":[],"Entries":"x"}', /Entries is no list/],
    ['entry', '{"Height":1,"PreviousWinners":[],"Entries":[null]}', /Entries\[0\] is no JSON object/],
    ['hash', '{"Height":1,"PreviousWinners":[],"Entries":[{"Hash":"xy"}]}', /Entries\[0\]\.Hash is not hex/],
    [
      'base64',
      '{"Height":1,"PreviousWinners":[],"Entries":[{"Hash":"","ExtIDs":["AA==","A"],"Content":""}]}',
      /Entries\[0\]\.ExtIDs\[1\] is not base64/,
    ],
  ]
  const files = cases.map(([name, text]) => {
    writeFileSync(join(dir, name), text)
    return join(dir, name)
  })
  const { code, err } = await run('--trust-claims', ...files, join(dir, 'absent'), dir)
  t.equal(code, 2)
  const lines = err.trim().split('\n')
  t.equal(lines.length, cases.length + 2, 'all of them are named')
  for (const [k, [name, , problem]] of cases.entries()) {
    t.match(lines[k], problem, name)
    t.match(lines[k], `E_GRADING_FILE: ${join(dir, name)}: `)
  }
  matchExactly(t, lines.slice(-2), [/there is no such file/, /it is a folder/])

  t.match(await run(), { code: 2, err: /name a file with a block/ })
  t.match(await run('--opr-version', '5', '--spr-version', '5', 'x'), {
    code: 2,
    err: /--opr-version or --spr/,
  })
  t.match(await run('--opr-version', '6', 'x'), { code: 2, err: /from 1 to 5/ })
  t.match(await run('--trust-claims', '--opr-version', '5', realFile(210330)), {
    code: 1,
    err: /E_GRADING_INPUT: .* version 5 block cannot follow this list of 10 winners/,
  })
})

t.test('whether there is anything to grade is asked before a ByteMap is built', async (t) => {
  const chain = await startDevChain({ dataDir: join(dir, 'chain'), manual: true, blockSeconds: 60 })
  t.teardown(() => chain.close())
  const maps = join(dir, 'no-maps')
  const blockOf = (height: number, factomd: string, ...words: string[]) => {
    const network = ['--network', 'local', '--factomd', factomd, '--data-dir', join(dir, 'follower')]
    return run('--height', String(height), ...network, '--bits', '20', '--dir', maps, ...words)
  }
  t.match(await blockOf(1000, chain.url), {
    code: 1,
    err: /E_CLI_HEIGHT: block 1000 is not there yet: the last block of the node is \d+/,
  })
  t.match(await blockOf(0, chain.url, '--spr-version', '7'), {
    code: 1,
    err: /block 0 has no staking records/,
  })
  t.match(await blockOf(0, 'http://127.0.0.1:1'), { code: 1, err: /E_FACTOM_\w+: / })
  t.match(await run('--height', '300000', '--network', 'MainNet', '--bits', '12', '--dir', maps), {
    code: 2,
    err: /--bits must be 30 on MainNet/,
  })
  t.notOk(existsSync(maps), 'nothing was built')
})

t.test('so is whether the node answers', async (t) => {
  const [stdout, stderr] = [sink(), sink()]
  const [maps, ending] = [join(dir, 'maps-of-ledgers'), new AbortController()]
  const io = { stdin: Readable.from([]), stdout, stderr, env: {}, interrupted: ending.signal }
  const network = ['--network', 'local', '--factomd', 'http://127.0.0.1:1', '--data-dir', join(dir, 'ledger')]
  const ledger = (action: string, ...words: string[]) =>
    runProgram(['ledger', action, ...network, '--bits', '12', '--dir', maps, ...words], io)
  t.equal(await ledger('sync'), 1)
  t.match(stderr.text(), /E_FACTOM_UNREACHABLE: /)
  t.notOk(existsSync(maps), 'nothing was built')
  const builtWhenTold = new Promise<boolean>((resolve) => {
    stderr.on('data', () => {
      if (stderr.text().includes('asked again and again')) resolve(existsSync(maps))
    })
  })
  const serving = ledger('serve', '--metrics-port', '0')
  t.notOk(await builtWhenTold, 'what waits for its node says so first')
  ending.abort()
  t.equal(await serving, 130)
})

t.test('a file that was found here is named, with its network', async (t) => {
  const folder = t.testdir({ 'pegminer.yaml': 'network: { name: TestNet }\n', other: {} })
  chmodSync(join(folder, 'pegminer.yaml'), 0o600)
  const before = process.cwd()
  t.teardown(() => process.chdir(before))
  process.chdir(folder)
  const found = /settings are from the file found in this folder.*pegminer\.yaml.*TestNet/
  const file = realFile(210330)
  const json = await run('--trust-claims', '--json', file)
  t.match(json.err, found)
  t.equal(json.err.trim().split('\n').length, 1)
  t.notMatch(json.out, /pegminer\.yaml/)
  t.match((await run('--height', '5', '--opr-version', '5')).err, found, 'beside an error of its making')
  t.equal((await run('--trust-claims', '--config', 'pegminer.yaml', file)).err, '', 'the user has named it')
  t.equal((await run('--trust-claims', '--config', 'off', file)).err, '')
  const [stdout, stderr] = [sink(), sink()]
  const io = { stdin: Readable.from([]), stdout, stderr, env: {}, interrupted: new AbortController().signal }
  await runProgram(['farm', 'status', '--metrics-port', '1'], io)
  t.match(
    stderr.text(),
    /settings are from the file found in this folder.*pegminer\.yaml/,
    'farm does so, too',
  )
})
