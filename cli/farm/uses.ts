/** Which settings each action of the farm has a use for: a flag that would be passed over in silence is refused. */
import { displayNameOf, problem, problemsError } from '../../config/index.js'
import { COMMON_KEYS, FARM_KEYS, type FarmKey } from '../program/keys.js'
import type { FarmContext } from './context.js'

const COMMON: readonly FarmKey[] = COMMON_KEYS
/** Of the threads and the ByteMap that hash, which a coordinator has none of. */
const HASHING: readonly FarmKey[] = [
  ...(['miner.threads', 'miner.affinity', 'miner.nice', 'lxrhash.kernel', 'lxrhash.lanes'] as const),
]

const USED = {
  coordinator: FARM_KEYS.filter((key) => !HASHING.includes(key) && key !== 'history.csv'),
  // A key that pays is refused with a reason of its own.
  worker: [
    ...COMMON,
    ...HASHING,
    ...([
      'farm.nats',
      'farm.creds',
      'farm.ca',
      'farm.name',
      'data.dir',
      'lxrhash.dir',
      'miner.ecSecret',
    ] as const),
  ],
  status: [...COMMON, 'telemetry.host', 'telemetry.port'],
  accounts: [...COMMON, 'telemetry.host', 'telemetry.port', 'history.csv'],
  users: COMMON,
} satisfies Record<string, readonly FarmKey[]>

/** Throws E_CONFIG_ARGUMENT with all flags that the action has no use for. A file or a variable may be there for others. */
export function requireUsed(action: keyof typeof USED, { origins }: Pick<FarmContext, 'origins'>): void {
  const used: readonly FarmKey[] = USED[action]
  const unused = FARM_KEYS.filter((key) => origins[key] === 'flag' && !used.includes(key))
  if (unused.length === 0) return
  throw problemsError(
    unused.map((key) =>
      problem('E_CONFIG_ARGUMENT', `farm ${action} has no use for ${displayNameOf(key)}: leave it out`, key),
    ),
  )
}
