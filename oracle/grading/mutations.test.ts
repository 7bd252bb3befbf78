/**
 * Are the vectors any good? Each mutation changes one step of grading, as a careless rewrite might, and must be caught:
 * the changed program grades at least one of the reference's blocks, or one of the made-up ones, differently.
 */
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

import t from 'tap'

import { LONG } from '../../test/fixtures/long.js'
import { occurrences, writeMutant, type Mutation } from '../../test/fixtures/mutants.js'
import { createHasher, lxrParams, openByteMap } from '../../lxrhash/index.js'
import { encodeOpr, readClaim } from '../records/index.js'
import { bitsOf, entriesOf, inReferenceTerms, inStakingTerms, load } from './fixtures/load.js'
import type { ReferenceBlock, ReferenceStakingBlock } from './fixtures/load.js'
import { gradeBlock, noWinners, type Difficulty } from './grade.js'
import { gradeStakingBlock } from './staking.js'
import type { OprEntry } from './validate.js'

interface Grader {
  readonly gradeBlock: typeof gradeBlock
  readonly gradeStakingBlock: typeof gradeStakingBlock
}

const mutation = (name: string, file: string, from: string, to: string): Mutation => ({
  name,
  file,
  from,
  to,
})

const MUTATIONS: readonly Mutation[] = [
  mutation('sum in another order', 'average', 'of lists) {', 'of [...lists].reverse()) {'),
  mutation(
    'trimmed sum downwards',
    'average',
    'let at = cut; at < count - cut; at++',
    'let at = count - cut - 1; at >= cut; at--',
  ),
  mutation('trimmed sum as it stands', 'average', '(sorted[at - 1] as number) > value', 'false'),
  mutation('a tenth trimmed, not one more', 'average', 'count * 0.1) + 1', 'count * 0.1)'),
  mutation('one part in a hundred trimmed', 'average', 'count * 0.1) + 1', 'count * 0.01) + 1'),
  mutation('trim rounded up', 'average', 'Math.trunc(count * 0.1) + 1', 'Math.ceil(count * 0.1) + 1'),
  mutation('a power function', 'average', 'return d * d * d * d', 'return d ** 4'),
  mutation('the square of the square', 'average', 'return d * d * d * d', 'return (d * d) * (d * d)'),
  mutation('squares only', 'average', 'return d * d * d * d', 'return d * d'),
  mutation('distances without the band taken off', 'average', ': distance - band', ': distance'),
  mutation('no band', 'average', 'distance <= band ? 0', 'distance <= 0 ? 0'),
  mutation(
    'distance to the value, not the average',
    'average',
    '(value - average) / average)\n  const d',
    '(value - average) / value)\n  const d',
  ),
  mutation('band from 26 records on', 'rank', 'count >= BAND_RECORDS', 'count > BAND_RECORDS'),
  mutation('band for any number', 'rank', 'count >= BAND_RECORDS', 'count > 0'),
  mutation(
    'no sort by difficulty between passes',
    'rank',
    'pass.sort(tieBreak).sort(byGrade)',
    'pass.sort(byGrade)',
  ),
  mutation(
    'no sort between passes',
    'rank',
    'pass.sort(tieBreak).sort(byGrade)',
    'if (count === records.length) pass.sort(tieBreak).sort(byGrade)',
  ),
  mutation(
    'worst grade first',
    'rank',
    'if (a.grade < b.grade) return -1',
    'if (a.grade > b.grade) return -1',
  ),
  mutation('one pass only', 'rank', 'count >= rules.lastPass; count--', 'count >= records.length; count--'),
  mutation('passes down to 25', 'rank', 'count >= rules.lastPass', 'count >= Math.max(25, rules.lastPass)'),
  mutation('version 1 passes down to 1', 'rules', 'lastPass: 10,', 'lastPass: 1,'),
  mutation('version 5 with the plain mean', 'rules', '...V3, average: trimmedMean', '...V3, average: mean'),
  mutation(
    'version 2 with the trimmed mean',
    'rules',
    'lastPass: 1,\n  average: mean,',
    'lastPass: 1,\n  average: trimmedMean,',
  ),
  mutation('49 records', 'rules', 'GRADED_RECORDS = 50', 'GRADED_RECORDS = 49'),
  mutation('51 records', 'rules', 'GRADED_RECORDS = 50', 'GRADED_RECORDS = 51'),
  mutation('payouts of version 1', 'rules', '[800n * PEG, 600n * PEG', '[600n * PEG, 800n * PEG'),
  mutation('payouts of version 5', 'rules', 'same(25, 360n)', 'same(25, 200n)'),
  mutation('payouts of staking', 'rules', 'same(25, 180n)', 'same(24, 180n)'),
  mutation(
    '24 winners',
    'rules',
    'payouts: same(25, 200n),\n  previous',
    'payouts: same(24, 200n),\n  previous',
  ),
  mutation('repeats stay', 'grade', 'honestBest(withoutRepeats(accepted, drop),', 'honestBest(accepted,'),
  mutation(
    'repeats by entry hash',
    'grade',
    "Buffer.concat([record.nonce, record.oprHash]).toString('latin1')",
    'record.entryHash',
  ),
  mutation(
    'repeats by record only',
    'grade',
    'Buffer.concat([record.nonce, record.oprHash])',
    'Buffer.concat([record.oprHash])',
  ),
  mutation(
    'repeats after the sort',
    'grade',
    'honestBest(withoutRepeats(accepted, drop),',
    'honestBest(withoutRepeats(accepted.sort(byDescendingDifficulty), drop),',
  ),
  mutation(
    'claims believed',
    'grade',
    'record.nonce, record.difficulty) === record.difficulty',
    'record.nonce, record.difficulty) >= 0n',
  ),
  mutation(
    'lowest difficulty first',
    'grade',
    'a.difficulty > b.difficulty ? -1 : 1',
    'a.difficulty < b.difficulty ? -1 : 1',
  ),
  mutation('no sort by difficulty at first', 'grade', 'records.toSorted(byDescendingDifficulty)', 'records'),
  mutation(
    'one winner too few is enough',
    'grade',
    'honest.length >= rules.winners',
    'honest.length >= rules.winners - 1',
  ),
  mutation(
    'one winner more is needed',
    'grade',
    'honest.length >= rules.winners',
    'honest.length > rules.winners',
  ),
  mutation('no winners carried on', 'grade', ': [...previousWinners],', ': [],'),
  mutation('height not looked at', 'validate', 'opr.height !== expected.height', 'opr.height < 0'),
  mutation('zero prices accepted', 'validate', 'value === 0)', 'value < 0)'),
  mutation(
    'winners not compared',
    'validate',
    'some((hash, k) => hash !== previousWinners[k])',
    'some(() => false)',
  ),
  mutation('addresses not looked at', 'validate', 'problem && `', 'null && `${problem}'),
  mutation('any identity', 'validate', '/^[a-zA-Z0-9,]+$/', '/^[^]*$/'),
  mutation(
    'address checked before the assets',
    'validate',
    '[height, assetCount, noZero(0), ...OWNER, ...WINNERS] }',
    '[...OWNER, height, assetCount, noZero(0), ...WINNERS] }',
  ),
  mutation(
    'staking: signature not looked at',
    'validate-staking',
    'verifyEd25519(key, content, signature)',
    'true',
  ),
  mutation(
    'staking: signature looked at in version 5',
    'validate-staking',
    'expected.version === 5 ? null : signatureProblem(entry)',
    'signatureProblem(entry)',
  ),
  mutation(
    'staking: addresses may repeat',
    'staking',
    'addresses.has(checked.spr.address)',
    'addresses.has(entry.hash)',
  ),
  mutation(
    'staking: all are compared',
    'staking',
    'const compared = records.slice(0, GRADED_RECORDS)',
    'const compared = records.slice()',
  ),
  mutation(
    'staking: the rest is lost',
    'staking',
    '[...compared, ...records.slice(GRADED_RECORDS)]',
    '[...compared]',
  ),
]

const ROOM = { folder: new URL('./', import.meta.url), without: /^(index|block-file)/ }
const blocks = load('reference-v1-v5') as ReferenceBlock[]
const staking = load('reference-spr') as ReferenceStakingBlock[]
const synthetic = load('synthetic-v4-v5') as {
  cases: {
    version: 4 | 5
    oprs: { difficulty: string; assets: string[] }[]
    expected: { order: number[]; gradeBits: string[] }
  }[]
}
const map = await openByteMap(lxrParams({ bits: 12 }), { dir: t.testdir(), slots: 1 })
const hasher = createHasher(map, 0)
/** All mutants ask for the same hashes. */
const known = new Map<string, bigint>()
const difficulty: Difficulty = (hash, nonce) => {
  const key = Buffer.concat([hash, nonce]).toString('latin1')
  const value = known.get(key) ?? hasher.difficulty(hash, nonce)
  known.set(key, value)
  return value
}

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))
const syntheticBlocks = synthetic.cases.map(({ version, oprs, expected }) => {
  const entries = oprs.map(({ difficulty, assets }, k): OprEntry => {
    const record = {
      version,
      address: 'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q',
      identity: 'a',
      height: 9,
      winners: noWinners(version),
      prices: assets.map(BigInt),
    }
    const nonce = bytes(`${k.toString(16).padStart(4, '0')}${difficulty}`)
    return {
      hash: k.toString(16).padStart(64, '0'),
      extIds: [nonce, bytes(difficulty), Uint8Array.of(version)],
      content: encodeOpr(record),
    }
  })
  const order = expected.order.map((index, k) => [index, expected.gradeBits[k]])
  return { input: { version, height: 9, previousWinners: [], entries }, order }
})
const claimInNonce: Difficulty = (_, nonce) => readClaim(nonce.subarray(-8))

/** An honest record stands behind a copy of it with a false claim, which removes it. No vector has that. */
const copied = (() => {
  const block = blocks.find(({ name }) => name.startsWith('v5-n60')) as ReferenceBlock
  const entries = entriesOf(block)
  const best = block.graded[0]?.entryHash
  const honest = entries.find(({ hash }) => hash === best) as OprEntry
  const [nonce, , version] = honest.extIds as [Uint8Array, Uint8Array, Uint8Array]
  const lie = { ...honest, hash: 'ee'.repeat(32), extIds: [nonce, new Uint8Array(8), version] }
  const { height, previousWinners } = block
  return { best, input: { version: 5 as const, height, previousWinners, entries: [lie, ...entries] } }
})()

const oracleAgrees = ({ gradeBlock }: Grader): boolean =>
  syntheticBlocks.every(({ input, order }) => {
    const { graded } = gradeBlock(input, claimInNonce)
    return isDeepStrictEqual(
      graded.map(({ index, grade }) => [index, bitsOf(grade)]),
      order,
    )
  }) &&
  gradeBlock(copied.input, difficulty).graded.every(({ entryHash }) => entryHash !== copied.best) &&
  blocks.every((block) => {
    const { version, height, previousWinners, rejected, cutoff, graded, winnersShortHashes } = block
    const result = gradeBlock({ version, height, previousWinners, entries: entriesOf(block) }, difficulty)
    return isDeepStrictEqual(inReferenceTerms(result), { rejected, cutoff, graded, winnersShortHashes })
  })

const stakingAgrees = ({ gradeStakingBlock }: Grader): boolean =>
  staking.every((block) => {
    const { version, height, rejected, cutoff, count, graded } = block
    const result = gradeStakingBlock({ version, height, entries: entriesOf(block) })
    return isDeepStrictEqual(inStakingTerms(result), { rejected, cutoff, count, graded })
  })

/** This room's files with one of them changed; other rooms are taken as they are. */
async function mutant(change: Mutation, dir: string): Promise<Grader> {
  writeMutant(ROOM, change, dir)
  const load = async (name: string) => (await import(join(dir, `${name}.js`))) as Grader
  return { ...(await load('grade')), ...(await load('staking')) }
}

t.test('the grader as it is agrees with all vectors', (t) => {
  const grader = { gradeBlock, gradeStakingBlock }
  t.ok(oracleAgrees(grader))
  t.ok(stakingAgrees(grader))
  t.end()
})

t.test('each mutation is caught', async (t) => {
  const dir = t.testdir()
  for (const [k, change] of MUTATIONS.entries()) {
    const { name, file } = change
    t.equal(occurrences(ROOM, change), 1, `${name}: what it changes stands once in ${file}.ts`)
    if (!LONG && k % 4 > 0) continue
    const grader = await mutant(change, join(dir, String(k)))
    const forStaking = file.includes('staking') || name.includes('staking')
    t.notOk(forStaking ? stakingAgrees(grader) : oracleAgrees(grader), name)
  }
})
