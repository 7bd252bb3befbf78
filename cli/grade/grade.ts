/** `pegminer grade`: who won a block, by the network's rules. */
import { isCoded } from '../../base/index.js'
import { networkOf, type OprVersion, type SprVersion } from '../../pegnet/index.js'
import { problem, problemsError } from '../../config/index.js'
import { encodeEntry, entryHash } from '../../factom/index.js'
import { createHasher } from '../../lxrhash/index.js'
import type { ClaimChecker } from '../../miner/index.js'
import {
  gradeBlock,
  gradeStakingBlock,
  oprChainId,
  oprHash,
  readBlockFiles,
  splitOprExtIds,
  type BlockFile,
  type Difficulty,
  type DifficultyOrClaim,
  type OprEntry,
} from '../../oracle/index.js'
import { openMap, paramsOf } from '../bytemap/open.js'
import { EXIT, type CommandContext } from '../program/context.js'
import { bitsProblems } from '../network/bits.js'
import { devBits } from '../network/dev-bits.js'
import { fail } from '../program/errors.js'
import { findBlock, followTo, noRecords, type FoundBlock } from '../network/follow.js'
import { plural } from '../view/format.js'
import { differencesOf, gradedEvent, oracleReport, stakingReport, type GradeCheck } from './report.js'
import type { GradeKey } from '../program/keys.js'
import { machineOf, threadsOf } from '../service/machine.js'
import { dataDirOf } from '../network/data-dir.js'
import { withResources, type Resources } from '../program/resources.js'
import { createStatus } from '../view/status.js'
import { showReport } from './view.js'

type Context = CommandContext<GradeKey>

const MAINNET = networkOf('MainNet')
const CHAIN_ID = oprChainId(MAINNET)

interface NamedBlock {
  /** Its file, or its height in words. */
  readonly file: string
  readonly block: BlockFile
  readonly version: OprVersion
}

interface Proofs {
  readonly checker: ClaimChecker
  readonly difficulty: Difficulty
}

export async function grade(context: Context): Promise<number> {
  const { settings, positionals, signal } = context
  checkUsage(context)
  const files = await readBlockFiles(
    positionals,
    context.settings['grade.sprVersion'] === undefined ? 'oracle' : 'staking',
  )
  return withResources(async (resources) => {
    const { 'grade.height': height, 'grade.sprVersion': spr } = settings
    if (height !== undefined) checkBits(context)
    const found = height === undefined ? null : await askedBlock(context, height, resources)
    const hashed = found !== null || (spr === undefined && !settings['grade.trustClaims'])
    const proofs = hashed ? await openProofs(context, resources) : null
    const blocks =
      found !== null && proofs !== null
        ? [await gradedBlock(context, found, proofs, resources)]
        : files.map((named) => ({ ...named, version: versionOf(context, named.block) }))
    const checker = spr === undefined ? (proofs?.checker ?? null) : null
    const wrong: string[] = []
    for (const named of blocks) {
      signal.throwIfAborted()
      if (!(await gradeFile(context, named, checker))) wrong.push(named.file)
      await context.output.drained()
    }
    if (wrong.length === 0) return EXIT.done
    throw fail(
      'E_CLI_WINNERS',
      `the winners of ${wrong.join(', ')} differ from those that ${wrong.length === 1 ? 'the file names' : 'the files name'}`,
    )
  })
}

function checkUsage({ settings, positionals }: Context): void {
  const problems = [
    ...(positionals.length === 0 && settings['grade.height'] === undefined
      ? [
          problem(
            'E_CONFIG_ARGUMENT',
            'name a file with a block, or a block of the chain with --height; see pegminer grade --help',
          ),
        ]
      : []),
    ...(positionals.length > 0 && settings['grade.height'] !== undefined
      ? [problem('E_CONFIG_ARGUMENT', 'give files or --height, not both')]
      : []),
    ...(settings['grade.trustClaims'] && settings['grade.height'] !== undefined
      ? [problem('E_CONFIG_VALUE', '--height keeps what it grades, so it cannot trust claims')]
      : []),
    ...(settings['grade.oprVersion'] !== undefined && settings['grade.sprVersion'] !== undefined
      ? [
          problem(
            'E_CONFIG_VALUE',
            'a block holds oracle or staking records: give --opr-version or --spr-version',
          ),
        ]
      : []),
  ]
  if (problems.length > 0) throw problemsError(problems)
}

async function openProofs(context: Context, resources: Resources): Promise<Proofs> {
  const threads = threadsOf(context.settings['miner.threads'], machineOf().cores)
  const bits = bitsOf(context)
  const byteMap = await openMap(context, { params: paramsOf({ 'lxrhash.bits': bits }), slots: threads + 1 })
  const hasher = createHasher(byteMap, 0)
  const { createClaimChecker } = await import('../../miner/index.js')
  const checker = createClaimChecker({ byteMap, hasher, threads, firstHasher: 1 })
  resources.add(() => checker.close())
  return { checker, difficulty: (hash, nonce) => hasher.difficulty(hash, nonce) }
}

/** Files are MainNet's unless told otherwise. */
function bitsOf({ settings }: Context): number {
  const { 'lxrhash.bits': given, 'grade.height': height, 'network.name': named } = settings
  if (given !== undefined) return given
  if (height === undefined) return MAINNET.defaultBits
  const { name, defaultBits } = networkOf(named)
  return name === 'dev' ? devBits(dataDirOf(settings, name), given) : defaultBits
}

/** The history of a public network must not be graded with another ByteMap. */
function checkBits(context: Context): void {
  const problems = bitsProblems(networkOf(context.settings['network.name']), bitsOf(context))
  if (problems.length > 0) throw problemsError(problems)
}

const kindOf = ({ settings }: Context): 'opr' | 'spr' =>
  settings['grade.sprVersion'] === undefined ? 'opr' : 'spr'

function askedBlock(context: Context, height: number, resources: Resources): Promise<FoundBlock> {
  const version = context.settings['grade.oprVersion'] as OprVersion | undefined
  return findBlock(context, { height, version, kind: kindOf(context) }, resources)
}

/** The block as the history has it, once the chain is followed up to it. */
async function gradedBlock(
  context: Context,
  found: FoundBlock,
  { difficulty }: Proofs,
  resources: Resources,
): Promise<NamedBlock> {
  const { height, network } = found
  const history = await followTo(context, found, difficulty, resources)
  const kind = kindOf(context)
  const entries = await history.entries(height, kind)
  if (entries === null) throw noRecords(height, kind)
  const graded = kind === 'opr' ? history.query.block(height) : null
  return {
    file: `block ${height}`,
    version: network.oprVersionAt(height),
    block: {
      height,
      previousWinners: history.previousWinners(height).winners,
      winners: graded?.gradable ? [...graded.winners] : null,
      entries,
    },
  }
}

/** Whether the winners are those of the file, or the file names none. */
async function gradeFile(
  context: Context,
  { file, block, version }: NamedBlock,
  checker: ClaimChecker | null,
): Promise<boolean> {
  const { output, settings } = context
  const detailed = settings['grade.verbose']
  const begin = performance.now()
  const spr = settings['grade.sprVersion'] as SprVersion | undefined
  const claims = checker === null ? null : await claimsOf(context, block, checker)
  const report =
    spr === undefined
      ? oracleReport(gradeBlock({ version, ...block }, claims?.difficulty ?? trusting))
      : stakingReport(gradeStakingBlock({ version: spr, ...block }))
  const theirs =
    block.winners === null || (block.winners.length === 0 && !report.gradable) ? null : block.winners
  const differences = theirs === null ? [] : differencesOf(report.winners, theirs)
  const check: GradeCheck = {
    file,
    origin: settings['grade.height'] === undefined ? 'file' : 'history',
    height: block.height,
    claims: claims && { checked: claims.checked, false: claims.false },
    dropped: report.dropped.map(({ entryHash, reason }) => ({ entryHash, reason })),
    winnersAgree: theirs === null ? null : differences.length === 0,
    differences,
    milliseconds: Math.round(performance.now() - begin),
  }
  if (settings['grade.height'] === undefined) tellForeign(context, { file, block })
  output.event(gradedEvent(report, detailed))
  output.event({ event: 'checked', ...check })
  showReport(output, report, check, { detailed })
  return check.winnersAgree !== false
}

const trusting: DifficultyOrClaim = (_hash, _nonce, claim) => claim

function versionOf({ settings }: Context, { height }: BlockFile): OprVersion {
  return (settings['grade.oprVersion'] as OprVersion | undefined) ?? MAINNET.oprVersionAt(height)
}

interface CheckedClaims {
  readonly checked: number
  /** Entry hashes. */
  readonly false: readonly string[]
  readonly difficulty: DifficultyOrClaim
}

/** Hashes the proofs of all entries of the block again, also of those that grading does not look at. */
async function claimsOf(
  { stderr, signal }: Context,
  { entries }: BlockFile,
  checker: ClaimChecker,
): Promise<CheckedClaims> {
  const claims = entries.flatMap(({ hash, extIds, content }) => {
    const parts = splitOprExtIds(extIds)
    return parts === null
      ? []
      : [{ hash, oprHash: oprHash(content), nonce: parts.nonce, claim: parts.difficulty }]
  })
  const status = createStatus({ stderr })
  const found = await checker
    .difficulties(claims, {
      signal,
      onProgress: (done, total) => status.show(`proofs of work: ${done} of ${total}`),
    })
    .finally(() => status.show(''))
  const keyOf = (hash: Uint8Array, nonce: Uint8Array): string =>
    Buffer.concat([hash, nonce]).toString('latin1')
  const truth = new Map(claims.map(({ oprHash: hash, nonce }, k) => [keyOf(hash, nonce), found[k] as bigint]))
  return {
    checked: claims.length,
    false: claims.filter(({ claim }, k) => claim !== found[k]).map(({ hash }) => hash),
    difficulty: (hash, nonce) => truth.get(keyOf(hash, nonce)) as bigint,
  }
}

/** Some entry hashes are right for MainNet's chain and some are not: the file was changed after it was written. */
function tellForeign(
  { output, log, settings }: Context,
  { file, block: { entries } }: Pick<NamedBlock, 'file' | 'block'>,
): void {
  if (settings['grade.sprVersion'] !== undefined) return
  const wrong = entries.filter((entry) => !hasOwnHash(entry))
  if (wrong.length === 0 || wrong.length === entries.length) return
  const hashes = wrong.slice(0, 5).map(({ hash }) => hash.slice(0, 16))
  const more = wrong.length > hashes.length ? ' …' : ''
  const message = `${file}: ${plural(wrong.length, 'entry', 'entries')} with the hash of another: ${hashes.join(' ')}${more}`
  log.warn(message)
  output.event({ event: 'notice', level: 'warn', code: 'E_CLI_ENTRY_HASH', message })
}

function hasOwnHash({ hash, extIds, content }: OprEntry): boolean {
  try {
    return entryHash(encodeEntry({ chainId: CHAIN_ID, extIds, content })) === hash
  } catch (error) {
    if (isCoded(error)) return false
    throw error
  }
}
