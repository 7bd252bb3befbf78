/**
 * The reference chain as far as it was looked at. Blocks name their predecessors, so if the highest block that was
 * looked at is still in the chain, all below it are: one call a pass finds every reorganisation. What was looked up
 * alone is asked for once more, since the chain may have changed between two calls of one pass.
 */
import {
  proveHeader,
  rpcCodeOf,
  type CallOptions,
  type HeaderPlace,
  type KomodoClient,
  type ProvenHeader,
} from '../../komodo/index.js'
import { fail } from './errors.js'

export interface ReferenceHeader {
  readonly height: number
  readonly hash: string
  readonly merkleRoot: string
}

export interface Reference {
  /** Blocks of the chain at the last `refresh`. */
  readonly tip: number
  readonly headers: number
  /** Height → hash of what was looked up and still holds. */
  readonly hashes: ReadonlyMap<number, string>
  /** How many of them a reorganisation took away in this refresh; 0 usually. */
  refresh(options?: CallOptions): Promise<{ readonly lost: number }>
  hash(height: number, options?: CallOptions): Promise<string>
  /** From bytes that prove it. Throws `E_KOMODO_HEADER`, `E_FEED_FORGED`. */
  header(height: number, options?: CallOptions): Promise<ReferenceHeader>
}

const KEEP = 30_000
/** The daemon's answer to a height above its tip. */
const OUT_OF_RANGE = -8

/** `coin`: the ticker of the chain, by which the rules of its work are known. */
export function createReference(
  client: Pick<KomodoClient, 'chainInfo' | 'blockHash' | 'header'>,
  coin: () => string,
): Reference {
  const hashes = new Map<number, string>()
  const proven = new Map<string, ProvenHeader>()
  /** Looked up without its predecessor. */
  const alone = new Set<number>()
  let [tip, headers] = [0, 0]

  async function stillThere(height: number, options?: CallOptions): Promise<boolean> {
    if (height > tip) return false
    try {
      return (await client.blockHash(height, options)) === hashes.get(height)
    } catch (error) {
      // The chain became shorter between two calls.
      if (rpcCodeOf(error) === OUT_OF_RANGE) return false
      throw error
    }
  }

  type Place = Omit<HeaderPlace, 'before'>

  /** Its work is held against that of the block before it, of which no more is asked if it is the first. */
  async function provenAt(place: Place, options?: CallOptions, first = false): Promise<ProvenHeader> {
    const { hash, height } = place
    const known = proven.get(hash)
    if (known !== undefined) return known
    const header = await client.header(hash, options)
    const below = { ...place, hash: header.previous, height: height - 1 }
    const before =
      proven.get(below.hash) ?? (first || height <= 1 ? null : await provenAt(below, options, true))
    const found = proveHeader(header, { ...place, before })
    proven.set(hash, found)
    return found
  }

  return {
    get tip() {
      return tip
    },
    get headers() {
      return headers
    },
    hashes,
    async refresh(options) {
      const info = await client.chainInfo(options)
      ;[tip, headers] = [info.blocks, info.headers]
      const heights = [...hashes.keys()].sort((a, b) => b - a)
      let lost = 0
      let sure = false
      for (const height of heights) {
        if (sure && !alone.has(height)) continue
        const holds = await stillThere(height, options)
        // One that was looked up alone says nothing of those below: the chain may have changed just before.
        sure = holds && !alone.has(height)
        if (holds) continue
        hashes.delete(height)
        lost++
      }
      alone.clear()
      if (hashes.size > KEEP) for (const height of heights.slice(KEEP / 2)) hashes.delete(height)
      if (proven.size > KEEP) proven.clear()
      return { lost }
    },
    async hash(height, options) {
      const known = hashes.get(height)
      if (known !== undefined) return known
      const hash = await client.blockHash(height, options)
      hashes.set(height, hash)
      alone.add(height)
      return hash
    },
    async header(height, options) {
      const hash = await this.hash(height, options)
      const block = await provenAt({ hash, height, coin: coin() }, options)
      const below = height > 1 ? await this.hash(height - 1, options) : undefined
      if (below === block.previous) alone.delete(height)
      else if (below !== undefined && (await stillThere(height - 1, options)))
        throw fail(
          'E_FEED_FORGED',
          `block ${height} does not follow block ${height - 1} as the daemon names it`,
        )
      return { height, hash, merkleRoot: block.merkleRoot }
    },
  }
}
