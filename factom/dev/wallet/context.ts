/** What the wallet's methods know of the chain, and its keys. */
import type { Entry } from '../../entry.js'
import type { SavedTransactions } from './history.js'
import type { WalletKeys } from './keys.js'

export interface WalletContext {
  readonly keys: WalletKeys
  readonly now: () => number
  /** Factoshis per entry credit. */
  readonly rate: () => bigint
  readonly factoids: (rcdHash: string) => bigint
  readonly credits: (publicKey: string) => number
  readonly height: () => number
  readonly chainExists: (chainId: string) => boolean
  /** Those of a chain in the blocks up to this one, from the first on; undefined before it is in a block. */
  readonly entries: (chainId: string, height: number) => readonly Entry[] | undefined
  readonly saved: SavedTransactions
}
