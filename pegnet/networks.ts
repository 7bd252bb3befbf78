/** The networks that the program knows, and the heights at which PegNet changed its rules. */
import { errorsOf } from '../base/index.js'

/** Version of an Oracle Price Record and of the rules that grade it. */
export type OprVersion = 1 | 2 | 3 | 4 | 5

/** Version of a Staking Price Record and of the rules that grade it. */
export type SprVersion = 5 | 6 | 7

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

/** First heights of record versions 1 to 5 on MainNet (docs/protocol/records-and-grading.md#heights). */
export const MAINNET_OPR_HEIGHTS: Readonly<Record<OprVersion, number>> = {
  1: 206_422,
  2: 210_330,
  3: 222_270,
  4: 231_620,
  5: 258_796,
}

/** The rule of a table of first heights; below the first of them the lowest version is named. */
export function oprVersions(heights: Readonly<Record<OprVersion, number>>): (height: number) => OprVersion {
  return (height) => ([5, 4, 3, 2] as const).find((version) => height >= heights[version]) ?? 1
}

/**
 * First heights of staking record versions on MainNet; TestNet uses the same numbers
 * (docs/protocol/records-and-grading.md#heights).
 */
export const SPR_HEIGHTS: Readonly<Record<SprVersion, number>> = { 5: 258_796, 6: 260_118, 7: 274_036 }

const sprVersion = (height: number): SprVersion =>
  ([7, 6] as const).find((version) => height >= SPR_HEIGHTS[version]) ?? 5

const newest = (): OprVersion => 5
const newestSpr = (): SprVersion => 7

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
    sprVersionAt: sprVersion,
    activationHeight: 0,
    defaultBits: 30,
    blockSeconds: 600,
  },
  MainNet: {
    name: 'MainNet',
    protocol: 'PegNet',
    networkTag: 'MainNet',
    oprVersionAt: oprVersions(MAINNET_OPR_HEIGHTS),
    sprVersionAt: sprVersion,
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
