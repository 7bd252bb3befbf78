/** The networks that the program knows, and the heights at which PegNet changed its rules. */
import { errorsOf } from '../base/index.js'

/** First heights of record versions on MainNet, one row a version (docs/protocol/records-and-grading.md#heights). */
export const MAINNET_OPR_HEIGHTS = { 1: 206_422, 2: 210_330, 3: 222_270, 4: 231_620, 5: 258_796 }

/** The same of staking record versions; TestNet uses the same numbers. */
export const SPR_HEIGHTS = { 5: 258_796, 6: 260_118, 7: 274_036 }

/** Version of an Oracle Price Record and of the rules that grade it. */
export type OprVersion = keyof typeof MAINNET_OPR_HEIGHTS

/** Version of a Staking Price Record and of the rules that grade it. */
export type SprVersion = keyof typeof SPR_HEIGHTS

type Heights<Version extends number> = Readonly<Record<Version, number>>

/** Ascending, as JavaScript orders such keys. */
const versionsOf = <Version extends number>(heights: Heights<Version>): Version[] =>
  Object.keys(heights).map((version) => Number(version) as Version)

export const OPR_VERSIONS: readonly OprVersion[] = versionsOf(MAINNET_OPR_HEIGHTS)
export const NEWEST_OPR = OPR_VERSIONS.at(-1) as OprVersion
export const NEWEST_SPR = versionsOf(SPR_HEIGHTS).at(-1) as SprVersion

/** The rule of a table of first heights; below the first of them the lowest version is named. */
export function versionAt<Version extends number>(heights: Heights<Version>): (height: number) => Version {
  const versions = versionsOf(heights)
  return (height) => versions.findLast((version) => height >= heights[version]) ?? (versions[0] as Version)
}

/**
 * `dev`: everything embedded. `local`: a factomd of the user's own. Both play MainNet from height 0 with the
 * newest rules, as the reference does with `--testing`.
 */
export type NetworkName = 'dev' | 'local' | 'TestNet' | 'MainNet'

export interface Network {
  readonly name: NetworkName
  /** First external id of every PegNet chain. */
  readonly protocol: 'PegNet'
  /** Second external id of every PegNet chain. */
  readonly networkTag: 'MainNet' | 'TestNet-pM7'
  /** The record version that counts in the block of this height. */
  oprVersionAt(height: number): OprVersion
  /** The same for staking records. */
  sprVersionAt(height: number): SprVersion
  /** First heights of the record versions on a network of one's own; none: it has the newest from the first block on. */
  readonly oprHeights?: readonly (readonly [version: OprVersion, height: number])[]
  /** First height whose records count. */
  readonly activationHeight: number
  /** Size of the ByteMap, as a power of two, unless the user says otherwise. */
  readonly defaultBits: number
  /** Usual time from block to block; the node says the true one. */
  readonly blockSeconds: number
}

export const NETWORK_ERRORS = {
  E_NETWORK_UNKNOWN: {
    summary: 'The network has an unknown name.',
    remedy: 'Choose dev, local, TestNet or MainNet.',
    kind: 'usage',
  },
} as const
const fail = errorsOf(NETWORK_ERRORS)

const newest = (): OprVersion => NEWEST_OPR
const newestSpr = (): SprVersion => NEWEST_SPR

export const NETWORKS: Readonly<Record<NetworkName, Network>> = {
  dev: {
    name: 'dev',
    protocol: 'PegNet',
    networkTag: 'MainNet',
    oprVersionAt: newest,
    sprVersionAt: newestSpr,
    activationHeight: 0,
    defaultBits: 20,
    blockSeconds: 30,
  },
  local: {
    name: 'local',
    protocol: 'PegNet',
    networkTag: 'MainNet',
    oprVersionAt: newest,
    sprVersionAt: newestSpr,
    activationHeight: 0,
    defaultBits: 30,
    blockSeconds: 600,
  },
  TestNet: {
    name: 'TestNet',
    protocol: 'PegNet',
    networkTag: 'TestNet-pM7',
    oprVersionAt: newest,
    sprVersionAt: versionAt(SPR_HEIGHTS),
    activationHeight: 0,
    defaultBits: 30,
    blockSeconds: 600,
  },
  MainNet: {
    name: 'MainNet',
    protocol: 'PegNet',
    networkTag: 'MainNet',
    oprVersionAt: versionAt(MAINNET_OPR_HEIGHTS),
    sprVersionAt: versionAt(SPR_HEIGHTS),
    activationHeight: MAINNET_OPR_HEIGHTS[1],
    defaultBits: 30,
    blockSeconds: 600,
  },
}

/** The network of a name, whatever its letters' case; `TestNet-pM7` means TestNet. Throws `E_NETWORK_UNKNOWN`. */
export function networkOf(name: string): Network {
  const wanted = name.trim().toLowerCase().replace(/-pm7$/, '')
  const network = Object.values(NETWORKS).find((known) => known.name.toLowerCase() === wanted)
  if (network) return network
  throw fail(
    'E_NETWORK_UNKNOWN',
    `network "${name.slice(0, 40)}" is unknown; choose dev, local, TestNet or MainNet`,
  )
}
