/**
 * One block of a scenario: records are made, the network's own grader ranks them, the rules of the ledger say which rates
 * come of it.
 */
import { normalNumber } from '../../base/index.js'
import { encodeAddress, factoidKey } from '../../factom/index.js'
import {
  ratesOf,
  rulesOf,
  tickerOf,
  type BlockRates,
  type LedgerRules,
  type Rates,
} from '../../ledger/index.js'
import {
  encodeOpr,
  encodeSpr,
  gradeBlock,
  GRADED_RECORDS,
  gradeStakingBlock,
  GRADING_RULES,
  noWinners,
  sprChainId,
  buildSprEntry,
  type GradedBlock,
  type OprEntry,
} from '../../oracle/index.js'
import { ASSETS, networkOf, STAKING_ASSETS, type OprVersion, type SprVersion } from '../../pegnet/index.js'
import { liarHashes } from './chance.js'
import { bestHashes, shuffled, type Random } from './draw.js'
import type { BlockFate, Scenario } from './types.js'

/** USD. Only relative distances count, so that one true price does for all assets. */
const TRUE_PRICE = 100e8
const MAINNET = networkOf('MainNet')
const RULES: LedgerRules = rulesOf(MAINNET)
const STAKING_CHAIN = sprChainId(MAINNET)
/** Where rates of PEG follow from what there is of each token: one of each. */
const SUPPLY = { supply: () => 1n }
/** All difficulties. */
const SPACE = 2 ** 64

/** What all blocks of a scenario have in common. */
export interface Stage {
  readonly scenario: Scenario
  readonly version: OprVersion
  readonly parties: readonly Party[]
  readonly stakers: readonly Staker[]
  /** The assets that are lied about. */
  readonly targets: readonly string[]
  /** The rates of a block in which all tell the truth. */
  readonly truth: Rates
}

/** One who prices once a block and publishes his best proofs of work. */
interface Party {
  readonly hashes: number
  readonly records: number
  /** Null: an honest miner. */
  readonly lie: Lie | null
}

interface Lie {
  readonly asset: string
  readonly by: number
}

interface Staker {
  readonly key: ReturnType<typeof factoidKey>
  readonly lie: Lie | null
}

const { address: ADDRESS } = keyOf('miner')

function keyOf(name: string): ReturnType<typeof factoidKey> {
  return factoidKey(encodeAddress('Fs', Buffer.from(name.padEnd(32, '.'))))
}

export function stageOf(scenario: Scenario): Stage {
  const { height, miners, records, hashes, liars } = scenario
  const version = MAINNET.oprVersionAt(height)
  const lies = liesOf(scenario, version)
  const honest = new Array<Party>(miners).fill({ hashes: hashes / miners, records, lie: null })
  const lying = lies.map((lie): Party => ({
    hashes: liarHashes(scenario) / lies.length,
    records: liars.records,
    lie,
  }))
  const stakers = Array.from({ length: stakersOf(scenario) }, (_, k) => ({
    key: keyOf(`staker ${k}`),
    lie: k < scenario.lyingStakers ? (lies[0] ?? null) : null,
  }))
  const targets = liars.asset === 'all' ? ASSETS[version].slice(1) : lies.map(({ asset }) => asset)
  const stage = { scenario, version, parties: [...honest, ...lying], stakers, targets, truth: new Map() }
  return { ...stage, truth: truthOf(stage) }
}

function liesOf({ liars }: Scenario, version: OprVersion): Lie[] {
  const { share, asset, by, groups } = liars
  if (share === 0) return []
  if (asset === 'all') return new Array<Lie>(groups).fill({ asset, by })
  const first = ASSETS[version].indexOf(asset)
  return Array.from({ length: groups }, (_, k) => ({
    asset: ASSETS[version][(first + k) % ASSETS[version].length] as string,
    by,
  }))
}

/** Below this height there is no staking. */
const stakersOf = ({ height, stakers }: Scenario): number => (height >= RULES.pegnet2 ? stakers : 0)

function truthOf(stage: Omit<Stage, 'truth'>): Rates {
  const { scenario, version } = stage
  const exact = new Array<number>(ASSETS[version].length).fill(1)
  const content = recordOf(version, scenario.height, exact)
  const entries = Array.from({ length: GRADED_RECORDS }, (_, k) =>
    entryOf({ version, content, k, distance: k / SPACE }),
  )
  const found = ratesOf(
    SUPPLY,
    { oracle: graded(stage, entries), staking: null },
    { height: scenario.height, rules: RULES },
  )
  return found.kind === 'rates' ? found.rates : new Map<string, bigint>()
}

/** Plays a block. All that is left to chance comes from `random`. */
export function playBlock(stage: Stage, random: Random): BlockFate {
  const { parties, version, scenario } = stage
  const found = parties.flatMap(({ hashes, records }, party) =>
    bestHashes(hashes, Math.min(records, GRADED_RECORDS), random).map((distance) => ({ party, distance })),
  )
  // What is not among the best 50 is never looked at: it need not be made.
  const best = found.sort((one, two) => one.distance - two.distance).slice(0, GRADED_RECORDS)
  const contents = new Map<number, Uint8Array>()
  const contentOf = (party: number): Uint8Array => {
    const made =
      contents.get(party) ??
      recordOf(version, scenario.height, pricesOf(stage, parties[party]?.lie ?? null, random))
    contents.set(party, made)
    return made
  }
  const entries = best.map(({ party, distance }, k) =>
    entryOf({ version, content: contentOf(party), k, distance }),
  )
  const oracle = graded(stage, entries)
  const staking = stakingOf(stage, random)
  const lies = (index: number): boolean => parties[best[index]?.party ?? 0]?.lie !== null
  const rates = ratesOf(SUPPLY, { oracle, staking }, { height: scenario.height, rules: RULES })
  return { ...gainOf(oracle, lies), ...verdictOf(stage, rates) }
}

/** Relative to the true prices, in the order of the record. */
function pricesOf(
  { version, scenario }: Pick<Stage, 'version' | 'scenario'>,
  lie: Lie | null,
  random: Random,
): number[] {
  const { apart, spread } = scenario
  return ASSETS[version].map((asset) => {
    const centre =
      lie !== null && (lie.asset === 'all' ? asset !== 'USD' : lie.asset === asset) ? 1 + lie.by : 1
    return random() < apart ? centre * Math.max(0.01, 1 + spread * normalNumber(random)) : centre
  })
}

const unitsOf = (price: number): bigint => BigInt(Math.max(1, Math.round(price * TRUE_PRICE)))

function recordOf(version: OprVersion, height: number, prices: readonly number[]): Uint8Array {
  const winners = noWinners(version)
  return encodeOpr({
    version,
    address: ADDRESS,
    identity: 'miner',
    height,
    winners,
    prices: prices.map(unitsOf),
  })
}

function entryOf({
  version,
  content,
  k,
  distance,
}: {
  readonly version: OprVersion
  readonly content: Uint8Array
  readonly k: number
  readonly distance: number
}): OprEntry {
  const claim = Buffer.alloc(8)
  claim.writeBigUInt64BE(2n ** 64n - 1n - BigInt(Math.min(SPACE / 2, Math.floor(distance * SPACE))))
  return { hash: hashOf(k), extIds: [Uint8Array.of(k), claim, Uint8Array.of(version)], content }
}

/** The entries of a block need hashes that differ. */
const hashOf = (k: number): string => k.toString(16).padStart(64, '0')

function graded(
  { version, scenario: { height } }: Pick<Stage, 'version' | 'scenario'>,
  entries: readonly OprEntry[],
): GradedBlock {
  // Claims are true: the records were given their difficulty.
  return gradeBlock({ version, height, previousWinners: [], entries }, (_hash, _nonce, claim) => claim)
}

function stakingOf(stage: Stage, random: Random) {
  const { stakers, scenario } = stage
  const { height } = scenario
  if (stakers.length === 0) return null
  const version: SprVersion = MAINNET.sprVersionAt(height)
  const entries = shuffled(stakers.length, random).map((k): OprEntry => {
    const { key, lie } = stakers[k] as Staker
    const prices = pricesOf({ ...stage, version: 5 }, lie, random)
      .slice(0, STAKING_ASSETS.length)
      .map(unitsOf)
    const content = encodeSpr({ address: key.address, identity: '', height, winners: [], prices })
    return { hash: hashOf(k), ...buildSprEntry({ chainId: STAKING_CHAIN, version, content, staker: key }) }
  })
  return gradeStakingBlock({ version, height, entries })
}

function gainOf(
  { graded, version, gradable }: GradedBlock,
  lies: (index: number) => boolean,
): Pick<BlockFate, 'places' | 'reward' | 'first'> {
  const own = graded.filter(({ payout, index }) => payout > 0n && lies(index))
  const whole = GRADING_RULES[version].payouts.reduce((sum, payout) => sum + payout, 0n)
  return {
    places: own.length,
    reward: Number(own.reduce((sum, { payout }) => sum + payout, 0n)) / Number(whole),
    first: gradable && lies(graded[0]?.index ?? 0),
  }
}

function verdictOf(
  { targets, truth, scenario }: Stage,
  found: BlockRates,
): Pick<BlockFate, 'shift' | 'kind'> {
  if (found.kind !== 'rates') return { shift: 0, kind: 'stopped' }
  let shift = 0
  for (const asset of targets) {
    const [is, should] = [found.rates.get(tickerOf(asset)) ?? 0n, truth.get(tickerOf(asset)) ?? 0n]
    if (should === 0n) continue
    if (is === 0n) return { shift: 0, kind: 'closed' }
    const off = Number(is) / Number(should) - 1
    if (Math.abs(off) > Math.abs(shift)) shift = off
  }
  return { shift, kind: Math.abs(shift) >= scenario.moved ? 'moved' : 'held' }
}
