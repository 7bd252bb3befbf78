/**
 * What is next for one transaction: a pure function of what was written down of it and of where it was found. What was
 * signed once stays valid until it is proven that it is not, so nothing is built anew before that.
 */
import type { Write } from './journal.js'

export type WriteFact =
  | { readonly at: 'block'; readonly confirmations: number; readonly height: number | null }
  | { readonly at: 'mempool' }
  /** Neither a block nor the mempool has it. */
  | {
      readonly at: 'nowhere'
      readonly height: number
      /** Whether blocks take version 4 now. */
      readonly sapling: boolean
      /** `taken`: another transaction in a block spends an output that it needs. */
      readonly inputs: 'open' | 'taken' | 'unknown'
    }

export type WriteAction =
  | { readonly do: 'build' }
  | { readonly do: 'send' }
  | { readonly do: 'wait'; readonly for: 'block' | 'confirmations' }
  | { readonly do: 'done'; readonly height: number | null }

/** A transaction that expired may come back within a reorganisation of fewer blocks. */
const SAFE_BLOCKS = 10

export function decideWrite(write: Write | null, fact: WriteFact, confirmations: number): WriteAction {
  if (write === null) return { do: 'build' }
  switch (fact.at) {
    case 'block':
      return fact.confirmations >= confirmations
        ? { do: 'done', height: fact.height }
        : { do: 'wait', for: 'confirmations' }
    case 'mempool':
      return confirmations === 0 ? { do: 'done', height: null } : { do: 'wait', for: 'block' }
    case 'nowhere':
      if (isDead(write, fact)) return { do: 'build' }
      if (isStuck(write, fact)) return { do: 'wait', for: 'block' }
      return { do: 'send' }
  }
}

type Nowhere = Extract<WriteFact, { at: 'nowhere' }>

/** No block of this chain can ever hold it. */
export function isDead({ expiry, version }: Write, { height, sapling, inputs }: Nowhere): boolean {
  return inputs === 'taken' || (expiry !== 0 && height > expiry + SAFE_BLOCKS) || (version === 1 && sapling)
}

/** Expired, but not for long: it is neither sent nor built anew. */
const isStuck = ({ expiry }: Write, { height }: Nowhere): boolean => expiry !== 0 && height >= expiry
