/**
 * The reference chain as far as it was looked at. Blocks name their predecessors, so if the highest block that was
 * looked at is still in the chain, all below it are: one call a pass finds every reorganisation. What was looked up
 * alone is asked for once more, since the chain may have changed between two calls of one pass.
 */
import { rpcCodeOf, type CallOptions, type KomodoClient } from '../../komodo/index.js'

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
  header(height: number, options?: CallOptions): Promise<ReferenceHeader>
}

const KEEP = 30_000
/** The daemon's answer to a height above its tip. */
const OUT_OF_RANGE = -8

export function createReference(client: Pick<KomodoClient, 'chainInfo' | 'blockHash' | 'header'>): Reference {
  const hashes = new Map<number, string>()
  const blocks = new Map<string, { merkleRoot: string; previous: string | null }>()
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
      if (blocks.size > KEEP) blocks.clear()
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
      let block = blocks.get(hash)
      if (block === undefined) {
        block = await client.header(hash, options)
        blocks.set(hash, block)
      }
      const below = hashes.get(height - 1)
      if (below !== undefined && block.previous === below) alone.delete(height)
      return { height, hash, merkleRoot: block.merkleRoot }
    },
  }
}
