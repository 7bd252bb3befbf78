/** The history of graded blocks, brought up to a height for commands that ask about it. */
import { isCoded, retried } from '../../base/index.js'
import { networkOf, withActivations, type Network, type OprVersion } from '../../pegnet/index.js'
import { displayNameOf, problem, problemsError, type Settings } from '../../config/index.js'
import { createFactomClient, type FactomClient } from '../../factom/index.js'
import {
  createGradedHistory,
  oprChainId,
  sprChainId,
  type Difficulty,
  type GradedHistory,
  type GradedHistoryOptions,
} from '../../oracle/index.js'
import { connect } from './connect.js'
import type { CommandContext } from '../program/context.js'
import { fail } from '../program/errors.js'
import { createFollowView } from './follow-progress.js'
import type { NodeKey } from '../program/keys.js'
import { dataDirOf } from './data-dir.js'
import type { Resources } from '../program/resources.js'

export type FollowKey = 'network.name' | 'network.activations' | 'data.dir' | NodeKey

/** A block of a chain that has records in it. */
export interface FoundBlock {
  readonly client: FactomClient
  readonly network: Network
  readonly dir: string
  readonly height: number
  /** All records of the chain count as this version. */
  readonly version: OprVersion | undefined
}

/** How often a miner that follows the same chain may have been faster. */
const RACES = 5

type Context = Pick<CommandContext<FollowKey>, 'settings' | 'output' | 'log' | 'stderr' | 'signal'>

/** The network that the settings name, with the record versions that they say. */
export function followedNetwork(
  settings: Pick<Settings, 'network.name' | 'network.activations'>,
  version?: OprVersion,
): Network {
  const network = networkOf(settings['network.name'])
  const own = network.name === 'dev' || network.name === 'local'
  const heights = settings['network.activations']
  const problems = [
    ...(heights !== undefined && !own
      ? [problem('E_CONFIG_NETWORK', `${displayNameOf('network.activations')} has no use on ${network.name}`)]
      : []),
    ...(version !== undefined && !own
      ? [
          problem(
            'E_CONFIG_NETWORK',
            `the versions of ${network.name}'s blocks are known; leave --opr-version out`,
          ),
        ]
      : []),
  ]
  if (problems.length > 0) throw problemsError(problems)
  if (version !== undefined) return withActivations(network, [[version, 0]])
  return heights === undefined ? network : withActivations(network, heights)
}

/**
 * Asks the node for the block: whether there is anything to grade is known in a moment, a ByteMap may take minutes.
 * Throws `E_CLI_HEIGHT` if there is nothing.
 */
export async function findBlock(
  context: Context,
  wanted: Pick<FoundBlock, 'height' | 'version'> & { readonly kind: 'opr' | 'spr' },
  resources: Resources,
): Promise<FoundBlock> {
  const { settings, signal } = context
  const { height, version, kind } = wanted
  const network = followedNetwork(settings, version)
  if (height < network.activationHeight)
    throw fail('E_CLI_HEIGHT', `records of ${network.name} begin at height ${network.activationHeight}`)
  const dir = dataDirOf(settings, network.name)
  const client = await clientOf(context, { network, dir }, resources)
  const { directoryBlockHeight: saved } = await client.heights(signal)
  if (height > saved)
    throw fail('E_CLI_HEIGHT', `block ${height} is not there yet: the last block of the node is ${saved}`)
  const chainId = kind === 'opr' ? oprChainId(network) : sprChainId(network)
  const { rows } = await client.dblockByHeight(height, signal)
  if (!rows.some((row) => row.chainId === chainId)) throw noRecords(height, kind)
  return { client, network, dir, height, version }
}

async function clientOf(
  context: Context,
  { network, dir }: Pick<FoundBlock, 'network' | 'dir'>,
  resources: Resources,
): Promise<FactomClient> {
  const client =
    network.name === 'dev' ? createFactomClient({ url: await nodeOnDev(dir, resources) }) : connect(context)
  resources.add(() => client.close())
  return client
}

/** Follows the whole chain of the node up to its last block, with others that take part behind the history. */
export async function followChain(
  context: Context,
  given: {
    readonly difficulty: Difficulty
    readonly following: (
      network: Network,
    ) => Pick<GradedHistoryOptions, 'consumers' | 'stakersAt' | 'winnersAt'>
  },
  resources: Resources,
): Promise<void> {
  const { settings } = context
  const network = followedNetwork(settings)
  const dir = dataDirOf(settings, network.name)
  const client = await clientOf(context, { network, dir }, resources)
  const followed = { client, network, dir, difficulty: given.difficulty, ...given.following(network) }
  await follow(context, followed, resources)
}

export const noRecords = (height: number, kind: 'opr' | 'spr'): Error =>
  fail('E_CLI_HEIGHT', `block ${height} has no ${kind === 'opr' ? '' : 'staking '}records`)

/** Opens the history and follows the chain up to the block, with a bar. */
export function followTo(
  context: Context,
  { client, network, dir, height, version }: FoundBlock,
  difficulty: Difficulty,
  resources: Resources,
): Promise<GradedHistory> {
  // A history by other rules must not take the place of the miner's.
  const name = version === undefined ? {} : { name: `history-v${version}.sqlite` }
  return follow(context, { client, network, dir, difficulty, ...name, to: height }, resources)
}

type Followed = Pick<
  GradedHistoryOptions,
  'client' | 'network' | 'dir' | 'difficulty' | 'name' | 'consumers' | 'stakersAt' | 'winnersAt'
> & {
  /** Default: the last saved block. */
  readonly to?: number
}

async function follow(
  context: Context,
  { to, ...followed }: Followed,
  resources: Resources,
): Promise<GradedHistory> {
  const { log, signal, output } = context
  const view = createFollowView(context)
  const history = createGradedHistory({
    ...followed,
    signal,
    ...(followed.name === undefined ? { keep: true } : {}),
    onProgress: (progress) => view.show(progress),
    onNotice: ({ code, message }) => {
      log.warn(`${code}: ${message}`)
      output.event({ event: 'notice', level: 'warn', code, message })
    },
  })
  resources.add(() => history.close())
  try {
    await synced(history, to)
  } finally {
    view.end()
  }
  return history
}

/** A miner that follows the same chain may be a block ahead now and then. */
async function synced(history: GradedHistory, height: number | undefined): Promise<void> {
  const lostRace = (error: unknown): boolean => isCoded(error) && error.code === 'E_HISTORY_RACE'
  await retried(
    () => history.sync(height),
    (error, failures) => (failures < RACES && lostRace(error) ? 0 : null),
  )
}

/** Loaded only when it is wanted. */
async function nodeOnDev(dataDir: string, resources: Resources): Promise<string> {
  const { devNode } = await import('./dev-network.js')
  return devNode(dataDir, resources)
}
