/** What a faulty node shows of the chain: behind by some blocks, in minute 10, or torn. */
import { decodeEntryBlock } from '../../entry-block.js'
import { ZERO_HASH } from '../blocks/index.js'
import type { ChainState } from '../chain/state.js'
import type { Archive, ChainHead, Tip } from '../store/archive.js'
import type { Faults } from './faults.js'

const DEFAULT_LAG = 3

/** Heights and minute as `heights` and `current-minute` tell them. */
export interface Shown {
  readonly saved: number
  readonly leader: number
  /** 0…10. */
  readonly minute: number
}

export interface NodeView {
  /** The archive as readers see it. */
  readonly archive: Archive
  shown(): Shown
  /** Minute 10 is being shown: whatever comes in belongs to the next block. */
  tenth: boolean
}

export function createNodeView(archive: Archive, state: ChainState, faults: Faults): NodeView {
  let frozen: Tip | null = null

  /** The tip that is shown instead of the true one. */
  function behind(): Tip | null {
    const rule = faults.on('lag')
    if (!rule) frozen = null
    else if (!frozen) frozen = archive.tip
    else if (archive.tip.height >= frozen.height + (rule.blocks ?? DEFAULT_LAG)) {
      faults.end('lag')
      frozen = null
    }
    return frozen
  }

  function head(chainId: string): ChainHead | undefined {
    const limit = behind()?.height ?? Infinity
    let found = archive.head(chainId)
    while (found && found.height > limit) found = headBefore(archive, found)
    return found
  }

  return {
    archive: {
      first: archive.first,
      get tip() {
        return behind() ?? archive.tip
      },
      get balances() {
        return archive.balances
      },
      head,
      block: (height) => (height > (behind()?.height ?? Infinity) ? undefined : archive.block(height)),
      place(hash) {
        const place = archive.place(hash)
        return place && place.height > (behind()?.height ?? Infinity) ? undefined : place
      },
      paidBy: (hash) => archive.paidBy(hash),
      append: (block) => archive.append(block),
    },
    shown() {
      const tip = behind()
      if (tip) return { saved: tip.height, leader: tip.height, minute: 0 }
      return {
        saved: archive.tip.height,
        leader: state.height - 1,
        minute: this.tenth ? 10 : state.minute,
      }
    },
    tenth: false,
  }
}

/** The entry block of a chain before the one that `head` names. */
function headBefore(archive: Archive, head: ChainHead): ChainHead | undefined {
  const raw = entryBlockOf(archive, head.keyMr)
  const prevKeyMr = raw ? decodeEntryBlock(raw).prevKeyMr : ZERO_HASH
  const before = prevKeyMr === ZERO_HASH ? undefined : entryBlockOf(archive, prevKeyMr)
  if (!before) return undefined
  const { keyMr, fullHash, sequence, height } = decodeEntryBlock(before)
  return { keyMr, fullHash, sequence, height }
}

function entryBlockOf(archive: Archive, keyMr: string): Uint8Array | undefined {
  const place = archive.place(keyMr)
  return place?.kind === 'entryBlock' ? archive.block(place.height)?.entryBlocks[place.index]?.raw : undefined
}
