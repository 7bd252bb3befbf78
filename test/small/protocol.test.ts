/** The tables of docs/protocol say what the code does: they are computed with, or held against its constants. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { base58 } from '@scure/base'
import t from 'tap'

import { DIRECTORY_HEADER_BYTES, LOCAL_NETWORK_ID } from '../../factom/directory-block.js'
import { encodeAddress, type AddressKind } from '../../factom/index.js'
import { capabilitiesOf, encodePayload, EVAL, payoutFee, type ProbedMethod } from '../../komodo/index.js'
import { buildReasonOf } from '../../komodo/reasons.js'
import { GRADING_RULES, PAID_PLACES, STAKING_RULES } from '../../oracle/grading/rules.js'
import { oprChainId, sprChainId } from '../../oracle/records/index.js'
import { ASSETS, MAINNET_OPR_HEIGHTS, NETWORKS, SPR_HEIGHTS, type OprVersion } from '../../pegnet/index.js'
import { difficultyFloor } from '../../miner/run/floor.js'
import { tablesOf } from '../fixtures/markdown.js'

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8')
const LXRHASH = read('docs/protocol/lxrhash.md')
const FACTOM = read('docs/protocol/factom.md')
const KOMODO = read('docs/protocol/komodo.md')
const RECORDS = read('docs/protocol/records-and-grading.md')
const VERSIONS = Object.keys(ASSETS).map(Number) as OprVersion[]

const WORD = (1n << 64n) - 1n

const lineOf = (form: RegExp): string => {
  const [line] = form.exec(LXRHASH) ?? []
  if (line === undefined) throw new Error(`no line ${form}`)
  return line.replace(/^\W+/, '')
}

interface ParameterSet {
  readonly seed: string
  readonly mapSizeBits: number
  readonly passes: number
  readonly hashBits: number
  readonly vectors: readonly { readonly input: string; readonly hash: string }[]
}

t.test('the page counts as many places as the rules pay', (t) => {
  t.match(read('telemetry/page/past.js'), `\nconst WINNERS = ${PAID_PLACES}\n`)
  t.end()
})

t.test('LXRHash, as the document tells it, gives the hashes of the reference', (t) => {
  const sets = JSON.parse(read('lxrhash/fixtures/vectors.json')) as ParameterSet[]
  const set = sets.find((known) => known.mapSizeBits === 8 && known.passes === 5 && known.hashBits === 256)
  t.ok(set !== undefined && set.vectors.length > 3)
  const seed = BigInt(`0x${set!.seed}`)
  const map = byteMapOf(seed, 256)
  for (const { input, hash } of set!.vectors.slice(0, 6))
    t.equal(hashOf(map, seed, Buffer.from(input, 'hex')).toString('hex'), hash, `hash of "${input}"`)
  for (const [, bits = '', hash = ''] of LXRHASH.matchAll(/^- (\d+) bits: `([0-9a-f]{64})`$/gm)) {
    const found = hashOf(byteMapOf(seed, 2 ** Number(bits)), seed, Buffer.from('test string'))
    t.equal(found.toString('hex'), hash, `the example of ${bits} bits`)
  }
  t.end()
})

type Registers = Record<string, bigint>

/** A sum (⊕) of terms like `s1`, `s1≪9`, `hs[j]≫13`, `c`. */
function valueOf(expression: string, registers: Registers): bigint {
  return expression.split('⊕').reduce((sum, text) => {
    const [, name = '', sign, by = '0'] = /^([a-z0-9[\]]+)(?:([≪≫])(\d+))?$/.exec(text.trim()) ?? []
    const value = registers[name]
    if (value === undefined) throw new Error(`what is "${text}"?`)
    return sum ^ (sign === '≫' ? value >> BigInt(by) : (value << BigInt(by)) & WORD)
  }, 0n)
}

/** Carries out `name ← expression`. */
function assign(line: string, registers: Registers): void {
  const [, name = '', expression = ''] = /(\S+) ← (.*)$/.exec(line) ?? []
  registers[name] = valueOf(expression, registers)
}

function byteMapOf(seed: bigint, size: number): Uint8Array {
  const map = Uint8Array.from({ length: size }, (_, index) => index)
  const at = (index: bigint) => Number(index & BigInt(size - 1))
  const startOf = (name: string) => BigInt(/\d{10,}/.exec(lineOf(new RegExp(`^- ${name} = .*$`, 'm')))![0])
  const registers: Registers = { o: seed ^ startOf('o'), b: seed ^ startOf('b'), v: startOf('v') }
  const passes = Number(tablesOf(LXRHASH, 'Parameters')[0]!.find(([name]) => name === 'passes')![1])
  const [first, third] = [lineOf(/^1\. o ← .*$/m), lineOf(/^3\. b ← .*$/m)]
  const [, read = '', rest = ''] = /^2\. v ← T\((.*?)\) ⊕ (.*)$/m.exec(LXRHASH) ?? []
  for (let k = 0; k < passes * size; k++) {
    const i = k % size
    assign(first, registers)
    registers['v'] = BigInt(map[at(valueOf(read, registers))]!) ^ valueOf(rest, registers)
    assign(third, registers)
    const j = at(registers['o']!)
    ;[map[i], map[j]] = [map[j]!, map[i]!]
  }
  return map
}

function hashOf(map: Uint8Array, seed: bigint, input: Uint8Array): Buffer {
  const read = (index: bigint) => BigInt(map[Number(index & BigInt(map.length - 1))]!)
  const hs = new Array<bigint>(32).fill(0n)
  const registers: Registers = { a: seed, s1: 0n, s2: 0n, s3: 0n }
  const rotate = () => {
    const { s1, s2, s3 } = registers
    Object.assign(registers, { s1: s3, s2: s1, s3: s2 })
  }
  const fast = [/- a ← .*$/m, /- s1 ← .*$/m, /- hs\[j\] ← .*$/m].map(lineOf)
  input.forEach((byte, position) => {
    const [c, j] = [BigInt(byte), position % 32]
    Object.assign(registers, { c, t: read(registers['a']! ^ c), 'hs[j]': hs[j] })
    for (const line of fast) assign(line, registers)
    hs[j] = registers['hs[j]']!
    rotate()
  })
  const rows = tablesOf(LXRHASH, 'Step')[0]!
  const step = (x: bigint, j: number) => {
    Object.assign(registers, { x, 'hs[j]': hs[j] })
    for (const [, R = '', left = '', right = '', extra = '', index = '', M = ''] of rows) {
      if (R === '') {
        if (extra.startsWith('(')) rotate()
        else assign(extra, registers)
      } else {
        const byte = read(valueOf(index, registers)) << BigInt(M)
        const more = extra === '' ? 0n : valueOf(extra, registers)
        registers[R] = valueOf(`${R}≪${left} ⊕ ${R}≫${right}`, registers) ^ more ^ byte
      }
    }
    hs[j] = registers['hs[j]']!
  }
  input.forEach((byte, position) => step(BigInt(byte), position % 32))
  const output = Buffer.alloc(32)
  for (let k = 31; k >= 0; k--) {
    step(hs[k]!, k)
    output[k] = Number(read(registers['a']!) ^ read(hs[k]!))
  }
  return output
}

t.test('assets', (t) => {
  const lists = new Map<number, string[]>()
  for (const [versions = '', count, list = ''] of tablesOf(RECORDS, 'Assets')[0]!) {
    const [, base, more = list] = /^those of (\d), (.*)$/.exec(list) ?? []
    const assets = [...(base === undefined ? [] : lists.get(Number(base))!), ...more.split(' ')]
    t.equal(assets.length, Number(count), `number of version ${versions}`)
    for (const version of versions.split(', ')) lists.set(Number(version), assets)
  }
  for (const version of VERSIONS) t.same(lists.get(version), ASSETS[version], `version ${version}`)
  t.end()
})

t.test('heights', (t) => {
  const rows = tablesOf(RECORDS, 'Heights')[0]!
  const pairs = (column: number) =>
    Object.fromEntries(
      rows.map((row) => [row[column], Number(row[column + 1])]).filter(([version]) => version !== ''),
    ) as Record<string, number>
  t.same(pairs(0), MAINNET_OPR_HEIGHTS)
  t.same(pairs(2), SPR_HEIGHTS)
  t.end()
})

t.test('payouts', (t) => {
  const payouts = new Map<string, bigint[]>()
  for (const [versions = '', places = '', peg = ''] of tablesOf(RECORDS, 'Payouts')[0]!) {
    const [first, last = first] = places.split(' to ').map(Number)
    const [from, to = from] = versions.split(' to ')
    const names = from === 'staking' ? [from] : VERSIONS.map(String).filter((v) => v >= from! && v <= to!)
    for (const name of names) {
      const list = payouts.get(name) ?? []
      t.equal(list.length, first! - 1, `${name}: places follow each other`)
      payouts.set(name, [...list, ...new Array<bigint>(last! - first! + 1).fill(BigInt(peg) * 100_000_000n)])
    }
  }
  for (const version of VERSIONS) t.same(payouts.get(String(version)), GRADING_RULES[version].payouts)
  t.same(payouts.get('staking'), STAKING_RULES.payouts)
  t.end()
})

t.test('chains and floors', (t) => {
  t.match(RECORDS, oprChainId(NETWORKS.MainNet))
  t.match(RECORDS, sprChainId(NETWORKS.MainNet))
  const rows = tablesOf(RECORDS, 'Difficulty floor')[0]!
  t.equal(rows.length, 2)
  for (const [difficulty = '', , floor = ''] of rows) {
    const worst = BigInt(`0x${/[0-9a-f]{16}/.exec(difficulty)![0]}`)
    const found = difficultyFloor(new Array<bigint>(50).fill(worst), 200)
    t.equal(`\`${found.toString(16)}\``, floor)
  }
  t.end()
})

/** The sum of numbers of bytes at the beginning of cells. */
const bytesIn = (cells: readonly string[]): number =>
  cells.reduce((sum, cell) => sum + Number(/^\d+/.exec(cell)?.[0] ?? 0), 0)

t.test('Factom: layouts and prefixes', (t) => {
  const commits = tablesOf(FACTOM, 'Commits')[0]!
  t.same(
    [0, 1].map((column) => bytesIn(commits.map((row) => row[column]!))),
    [136, 200],
  )
  t.equal(bytesIn(tablesOf(FACTOM, 'Directory block')[0]!.map(([size]) => size!)), DIRECTORY_HEADER_BYTES)
  t.match(FACTOM, `\`${LOCAL_NETWORK_ID.toString(16)}\` LOCAL`)
  const addresses = tablesOf(FACTOM, 'Addresses')[0]!
  t.equal(addresses.length, 4)
  for (const [kind = '', prefix] of addresses) {
    const raw = base58.decode(encodeAddress(kind as AddressKind, new Uint8Array(32)))
    t.equal(`\`${Buffer.from(raw.subarray(0, 2)).toString('hex')}\``, prefix, kind)
  }
  t.end()
})

t.test('Komodo: families, codes, texts, payloads', (t) => {
  const row = tablesOf(KOMODO, 'Families')[0]!.find(([name]) => name === 'withdrawals')!
  for (const [k, family] of (['A', 'B'] as const).entries()) {
    const methods = [...row[k + 1]!.matchAll(/`(\w+)`/g)].map(([, name]) => name as ProbedMethod)
    t.equal(capabilitiesOf(new Set(methods)).withdrawals, family)
    for (const method of methods)
      t.equal(capabilitiesOf(new Set(methods.filter((other) => other !== method))).withdrawals, null, method)
  }
  t.match(KOMODO, `## Oracles\n\nEvaluation code \`${EVAL.oracles}\``)
  t.match(
    KOMODO,
    `## Gateways\n\nEvaluation code \`${EVAL.gateways}\`; in token transfers (\`${EVAL.tokens}\`)`,
  )
  for (const [texts = ''] of tablesOf(KOMODO, 'Contract calls')[0]!)
    for (const [, text = ''] of texts.matchAll(/`([^`]+)`/g)) t.not(buildReasonOf(text), 'other', text)
  const header = { height: 16, hash: '00'.repeat(32), merkleRoot: '11'.repeat(32) }
  const size = bytesIn(tablesOf(KOMODO, 'Payload')[0]!.map(([bytes]) => bytes!))
  t.equal(encodePayload({ ...header, balance: null }).length / 2, size)
  t.equal(encodePayload({ ...header, balance: 1n }).length / 2, size + 8)
  t.match(KOMODO, 'A fee is 10,000 satoshis, on BTC 20,000')
  t.same([payoutFee('KMD'), payoutFee('BTC')], [10_000n, 20_000n])
  t.end()
})
