/** `pegminer grade`: who won a block, by the network's rules. */
import {
  isCoded,
  networkOf,
  problem,
  problemsError,
  type OprVersion,
  type SprVersion,
} from '../config/index.js'
import { encodeEntry, entryHash } from '../factom/index.js'
import { createHasher } from '../lxrhash/index.js'
import { createClaimDesk, type ClaimDesk } from '../miner/index.js'
import {
  gradeBlock,
  gradeStakingBlock,
  oprChainId,
  oprHash,
  readBlockFiles,
  splitOprExtIds,
  type BlockFile,
  type DifficultyOrClaim,
  type OprEntry,
} from '../oracle/index.js'
import { openMap, paramsOf } from './byte-map.js'
import { EXIT, type CommandContext } from './context.js'
import { fail } from './errors.js'
import { plural } from './format.js'
import { differencesOf, gradedEvent, oracleReport, stakingReport, type GradeCheck } from './grade-report.js'
import type { GradeKey } from './keys.js'
import { machineOf, threadsOf } from './machine.js'
import { openResources, type Resources } from './resources.js'
import { createStatus } from './view/bench.js'
import { showReport } from './view/grade.js'

type Context = CommandContext<GradeKey>

const MAINNET = networkOf('MainNet')
const CHAIN_ID = oprChainId(MAINNET)

interface NamedBlock {
  readonly file: string
  readonly block: BlockFile
}

export async function grade(context: Context): Promise<number> {
  const { settings, positionals, signal } = context
  checkUsage(context)
  const blocks = await readBlockFiles(positionals)
  const resources = openResources()
  try {
    const hashed = settings['grade.sprVersion'] === undefined && !settings['grade.trustClaims']
    const desk = hashed ? await openDesk(context, resources) : null
    const wrong: string[] = []
    for (const named of blocks) {
      signal.throwIfAborted()
      if (!(await gradeFile(context, named, desk))) wrong.push(named.file)
      await context.output.drained()
    }
    if (wrong.length === 0) return EXIT.done
    throw fail(
      'E_CLI_WINNERS',
      `the winners of ${wrong.join(', ')} differ from those that ${wrong.length === 1 ? 'the file names' : 'the files name'}`,
    )
  } finally {
    await resources.close()
  }
}

function checkUsage({ settings, positionals }: Context): void {
  const problems = [
    ...(positionals.length === 0
      ? [problem('E_CONFIG_ARGUMENT', 'name at least one file with a block; see pegminer grade --help')]
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

async function openDesk(context: Context, resources: Resources): Promise<ClaimDesk> {
  const threads = threadsOf(context.settings['miner.threads'], machineOf().cores)
  const byteMap = await openMap(context, { params: paramsOf(context.settings), slots: threads + 1 })
  const desk = createClaimDesk({ byteMap, hasher: createHasher(byteMap, 0), threads, firstHasher: 1 })
  resources.add(() => desk.close())
  return desk
}

/** Whether the winners are those of the file, or the file names none. */
async function gradeFile(
  context: Context,
  { file, block }: NamedBlock,
  desk: ClaimDesk | null,
): Promise<boolean> {
  const { output, settings } = context
  const detailed = settings['grade.verbose']
  const begin = performance.now()
  const spr = settings['grade.sprVersion'] as SprVersion | undefined
  const claims = desk === null ? null : await claimsOf(context, block, desk)
  const report =
    spr === undefined
      ? oracleReport(
          gradeBlock({ version: versionOf(context, block), ...block }, claims?.difficulty ?? trusting),
        )
      : stakingReport(gradeStakingBlock({ version: spr, ...block }))
  const theirs =
    block.winners === null || (block.winners.length === 0 && !report.gradable) ? null : block.winners
  const differences = theirs === null ? [] : differencesOf(report.winners, theirs)
  const check: GradeCheck = {
    file,
    height: block.height,
    claims: claims && { checked: claims.checked, false: claims.false },
    dropped: report.dropped.map(({ entryHash, reason }) => ({ entryHash, reason })),
    winnersAgree: theirs === null ? null : differences.length === 0,
    differences,
    milliseconds: Math.round(performance.now() - begin),
  }
  tellForeign(context, { file, block })
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
  desk: ClaimDesk,
): Promise<CheckedClaims> {
  const claims = entries.flatMap(({ hash, extIds, content }) => {
    const parts = splitOprExtIds(extIds)
    return parts === null
      ? []
      : [{ hash, oprHash: oprHash(content), nonce: parts.nonce, claim: parts.difficulty }]
  })
  const status = createStatus({ stderr })
  const found = await desk
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
function tellForeign({ output, log, settings }: Context, { file, block: { entries } }: NamedBlock): void {
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
