/** Where the chain stands: `properties`, `heights`, `current-minute`. */
import type { ApiContext } from '../context.js'
import type { MethodTable } from '../request.js'

/** What a factomd that was built without a version number calls itself. */
const VERSION = 'BuiltWithoutVersion'
const API_VERSION = '2.0'
const FAULT_TIMEOUT = 120
const ROUND_TIMEOUT = 30
const NANOSECONDS = 1_000_000n

export function statusMethods({ state, archive, view, faults, blockSeconds, now }: ApiContext): MethodTable {
  return {
    properties: () => ({ factomdversion: VERSION, factomdapiversion: API_VERSION }),
    heights: () => {
      const { saved, leader, minute } = view.shown()
      return {
        directoryblockheight: saved,
        leaderheight: leader,
        entryblockheight: saved,
        // A node has all entries of a block one minute after the block.
        entryheight: minute === 1 ? Math.max(archive.first, saved - 1) : saved,
      }
    },
    'current-minute': () => {
      const time = now()
      const minuteMs = (blockSeconds * 1000) / 10
      const { saved, leader, minute } = view.shown()
      // At these two moments one of the numbers is read before it steps.
      const torn = (minute === 0 || minute === 1) && saved > archive.first && faults.strikes('torn') !== null
      return {
        leaderheight: leader,
        directoryblockheight: torn && minute === 1 ? saved - 1 : saved,
        minute: torn && minute === 0 ? 9 : minute,
        currentblockstarttime: BigInt(state.open.openedMs) * NANOSECONDS,
        currentminutestarttime: BigInt(state.minuteStartMs) * NANOSECONDS,
        currenttime: BigInt(time) * NANOSECONDS,
        directoryblockinseconds: Math.max(1, Math.round(blockSeconds)),
        stalldetected: time - state.minuteStartMs > 1.5 * minuteMs || saved < state.height - 4,
        faulttimeout: FAULT_TIMEOUT,
        roundtimeout: ROUND_TIMEOUT,
      }
    },
  }
}
