/** `pegminer ledger sync`: the ledger, brought up to the end of a chain. */
import { join } from 'node:path'

import { openChainDatabase } from '../../chain/index.js'
import { mistake, problemsError } from '../../config/index.js'
import { createHasher } from '../../lxrhash/index.js'
import {
  LEDGER_SCHEMA,
  ledgerFollowing,
  openLedger,
  readCheckpoint,
  readRecordedChain,
  restoreCheckpoint,
  stateHash,
  syncFromFile,
  type Checkpoint,
} from '../../ledger/index.js'
import { HISTORY_CONSUMERS, HISTORY_FILE, type Difficulty } from '../../oracle/index.js'
import { networkOf, type Network } from '../../pegnet/index.js'
import { openMap, paramsOf } from '../bytemap/open.js'
import { bitsProblems } from '../network/bits.js'
import { requireNode } from '../network/connect.js'
import { devBits } from '../network/dev-bits.js'
import { createFollowView } from '../network/follow-progress.js'
import { followChain } from '../network/follow.js'
import { EXIT, type CommandContext } from '../program/context.js'
import { withResources, type Resources } from '../program/resources.js'
import { requireDataDir } from '../service/data-dir.js'
import { factPrinter } from '../view/facts.js'
import { countText, plural } from '../view/format.js'
import { dirOf, RECORDED_FILE } from './files.js'
import type { LedgerContext } from './context.js'

/** What a recorded chain is read with. */
type RecordedContext = Pick<
  CommandContext<'network.name' | 'grade.trustClaims' | 'ledger.averages' | 'lxrhash.bits' | 'lxrhash.dir'>,
  'settings' | 'origins' | 'output' | 'log' | 'stderr' | 'signal'
>

export async function sync(context: LedgerContext): Promise<number> {
  const { settings } = context
  const from = settings['ledger.fromFile']
  if (from === undefined && settings['grade.trustClaims'])
    throw mistake(
      'E_CONFIG_VALUE',
      '--trust-claims is for --from-file; of a chain that is followed each claim is checked',
    )
  const dir = dirOf(context)
  requireDataDir(dir)
  return withResources(async (resources) => {
    const file = join(dir, from === undefined ? HISTORY_FILE : RECORDED_FILE)
    const checkpoint = await checkpointOf(context)
    if (from === undefined) await syncChain(context, { file, checkpoint }, resources)
    else await syncRecorded(context, { from, file, checkpoint }, resources)
    tell(context, file)
    return EXIT.done
  })
}

/** Brings the ledger in `file` up to the end of a recorded chain. */
export async function syncRecorded(
  context: RecordedContext,
  {
    from,
    file,
    checkpoint,
  }: { readonly from: string; readonly file: string; readonly checkpoint?: Checkpoint | undefined },
  resources: Resources,
): Promise<void> {
  const { settings, origins, signal, log } = context
  const network = networkOf(origins['network.name'] === 'default' ? 'MainNet' : settings['network.name'])
  const chain = await readRecordedChain(from)
  const difficulty = settings['grade.trustClaims']
    ? (_hash: Uint8Array, _nonce: Uint8Array, claim: bigint) => claim
    : await openDifficulty(context, settings['lxrhash.bits'] ?? network.defaultBits)
  const db = openChainDatabase({
    file,
    schemas: [LEDGER_SCHEMA],
    onDamage: (setAside, reason) => log.warn(`the ledger was damaged (${reason}): it is kept as ${setAside}`),
  })
  resources.add(() => db.close())
  const averages = settings['ledger.averages']
  if (checkpoint) {
    const origin = chain.block(chain.heights[0] ?? 0)?.keyMr ?? ''
    restoreCheckpoint(db, checkpoint, { network: network.name, origin, averages, consumers: [] })
  }
  const view = createFollowView(context)
  try {
    await syncFromFile({
      ...{ db, chain, network, difficulty, averages, signal },
      onProgress: (progress) => view.show(progress),
    })
  } finally {
    view.end()
  }
}

/** Size of the ByteMap of the records that are followed. */
export function ledgerBits(
  context: Pick<CommandContext<'data.dir' | 'network.name' | 'lxrhash.bits'>, 'settings'>,
  network: Network,
): number {
  const usual = network.name === 'dev' ? devBits(dirOf(context), undefined) : network.defaultBits
  const bits = context.settings['lxrhash.bits'] ?? usual
  const problems = bitsProblems(network, bits)
  if (problems.length > 0) throw problemsError(problems)
  return bits
}

/** Undefined: the ledger begins with the first block. */
async function checkpointOf({ settings, output }: LedgerContext): Promise<Checkpoint | undefined> {
  const file = settings['ledger.fromCheckpoint']
  if (file === undefined) return undefined
  const { checkpoint, digest } = await readCheckpoint(file)
  const { height, hash } = checkpoint
  output.event({ event: 'ledger.checkpoint.read', file, height, hash, digest })
  const fact = factPrinter(output)
  fact('checkpoint', `block ${height}`)
  fact('hash', `${hash}  (of all balances)`)
  fact('digest', `${digest}  (of the whole file)`)
  return checkpoint
}

/** The history of graded blocks follows the same chain in the same walk. */
async function syncChain(
  context: LedgerContext,
  { file, checkpoint }: { readonly file: string; readonly checkpoint: Checkpoint | undefined },
  resources: Resources,
): Promise<void> {
  const { settings } = context
  if (checkpoint) {
    const db = openChainDatabase({ file, schemas: [LEDGER_SCHEMA] })
    try {
      restoreCheckpoint(db, checkpoint, {
        ...{ network: settings['network.name'], origin: 'chain', averages: settings['ledger.averages'] },
        consumers: HISTORY_CONSUMERS,
      })
    } finally {
      db.close()
    }
  }
  const bits = ledgerBits(context, networkOf(settings['network.name']))
  if (settings['network.name'] !== 'dev') await requireNode(context)
  const difficulty = await openDifficulty(context, bits)
  await followChain(
    context,
    {
      difficulty,
      following: (network) =>
        ledgerFollowing({ network, difficulty, averages: context.settings['ledger.averages'] }),
    },
    resources,
  )
}

async function openDifficulty(
  context: Pick<RecordedContext, 'settings' | 'output' | 'log' | 'stderr' | 'signal'>,
  bits: number,
): Promise<Difficulty> {
  const hasher = createHasher(
    await openMap(context, { params: paramsOf({ 'lxrhash.bits': bits }), slots: 1 }),
    0,
  )
  return (hash, nonce) => hasher.difficulty(hash, nonce)
}

function tell({ output }: LedgerContext, file: string): void {
  const query = openLedger(file)
  try {
    const { height, network } = query.about()
    const balances = query.balancesAt(height)
    const hash = stateHash(balances)
    const skipped = query.skipped()
    const left = [...skipped.values()].reduce((sum, count) => sum + count, 0)
    output.event({
      ...{ event: 'ledger.synced', network, height, hash, addresses: balances.size },
      skipped: Object.fromEntries(skipped),
    })
    const fact = factPrinter(output)
    fact('ledger', `${network}, block ${height}, ${plural(balances.size, 'address', 'addresses')}`)
    fact('hash', hash)
    if (left === 0) return
    const reasons = [...skipped].map(([reason, count]) => `${countText(count)} × ${reason}`).join('; ')
    fact('left out', `${plural(left, 'entry', 'entries')} at which the reference would stop: ${reasons}`)
  } finally {
    query.close()
  }
}
