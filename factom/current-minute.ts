/** `current-minute`: where the chain is, by the node's own clock (docs/protocol/factom.md#minutes). */
import { readerOf } from './reply.js'

export interface CurrentMinute {
  /** The block under construction less one. */
  readonly leaderHeight: number
  /** The highest saved block: in minute 0 two below the block under construction. */
  readonly directoryBlockHeight: number
  /** 0…9, and 10 for a moment while a block is closed. */
  readonly minute: number
  readonly blockStart: number
  readonly minuteStart: number
  /** The node's clock. */
  readonly nodeTime: number
  /** Nominal length of a block in seconds; a minute is a tenth of it. */
  readonly blockSeconds: number
  readonly stallDetected: boolean
}

export const MAX_HEIGHT = 0xffffffff
/** A day; a node that tells of longer blocks is faulty. */
const MAX_BLOCK_SECONDS = 86_400

/** The result of the method, checked. Throws `E_FACTOM_SHAPE`. */
export function currentMinuteOf(result: unknown): CurrentMinute {
  const reply = readerOf(result, 'current-minute')
  return {
    leaderHeight: reply.int('leaderheight', 0, MAX_HEIGHT),
    directoryBlockHeight: reply.int('directoryblockheight', 0, MAX_HEIGHT - 1),
    minute: reply.int('minute', 0, 10),
    blockStart: nanoseconds(reply.number('currentblockstarttime')),
    minuteStart: nanoseconds(reply.number('currentminutestarttime')),
    nodeTime: nanoseconds(reply.number('currenttime')),
    blockSeconds: reply.int('directoryblockinseconds', 1, MAX_BLOCK_SECONDS),
    stallDetected: reply.bool('stalldetected'),
  }
}

/** Nominal length of a minute, ms. */
export function minuteMs({ blockSeconds }: Pick<CurrentMinute, 'blockSeconds'>): number {
  return blockSeconds * 100
}

/** JSON numbers lose up to 200 ns beyond 2^53, which does not show in milliseconds. */
function nanoseconds(value: number): number {
  return Math.floor(value / 1e6)
}
