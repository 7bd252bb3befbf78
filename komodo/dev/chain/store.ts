/** The data directory: the events of both chains, one line each, in order; and a lock against a second process. */
import { join } from 'node:path'

import {
  lockFile,
  makeFolder,
  messageOf,
  openLines,
  readLines,
  type LineFileErrors,
} from '../../../base/index.js'
import { fail } from '../errors.js'
import type { ChainName, DevGateway } from '../types.js'
import type { Work } from './mine.js'

/** What happened to a chain. */
export type LedgerEvent =
  | { readonly type: 'tx'; readonly chain: ChainName; readonly hex: string; readonly time: number }
  | {
      readonly type: 'block'
      readonly chain: ChainName
      readonly time: number
      readonly fork: number
      readonly work: Work
      readonly txids: readonly string[]
      readonly prices?: readonly number[]
    }
  | { readonly type: 'market'; readonly chain: ChainName; readonly prices: Readonly<Record<string, string>> }
  | { readonly type: 'disconnect'; readonly chain: ChainName; readonly invalid: boolean }
  | { readonly type: 'lose'; readonly chain: ChainName; readonly blocks: number }
  | { readonly type: 'reindex'; readonly chain: ChainName }
  | { readonly type: 'reconsider'; readonly chain: ChainName; readonly hash: string }
  | { readonly type: 'evict'; readonly chain: ChainName; readonly txid: string }

/** What happened to a wallet. */
export interface WalletEvent {
  readonly type: 'key' | 'watch' | 'script'
  readonly chain: ChainName
  readonly operator: number
  readonly value: string
  readonly label?: string
}

export type ChainEvent =
  | { readonly type: 'begin'; readonly format: number; readonly options: string }
  | LedgerEvent
  | WalletEvent
  | { readonly type: 'ready'; readonly gateways: readonly DevGateway[]; readonly pegsTxid?: string }

export interface Store {
  readonly events: readonly ChainEvent[]
  append(event: ChainEvent): void
  /** Forgets everything, when the first start was cut off. */
  reset(): void
  close(): void
}

/** Throws `E_DEVKOMODO_LOCKED`, `E_DEVKOMODO_DAMAGED`, `E_DEVKOMODO_STORE`. */
export function openStore(dataDir: string): Store {
  const path = join(dataDir, 'komodo.jsonl')
  try {
    makeFolder(dataDir)
  } catch (cause) {
    throw storeError(`cannot make ${dataDir}`, cause)
  }
  const lock = join(dataDir, 'lock')
  const unlock = lockFile(lock, {
    held: (who) => fail('E_DEVKOMODO_LOCKED', `${who} works on ${dataDir}`),
    failed: (cause) => storeError(`cannot write ${lock}`, cause),
  })
  try {
    const found = readLines(path, ERRORS(path))
    const lines = openLines(path, found?.bytes ?? 0, ERRORS(path))
    return {
      events: (found?.values ?? []) as ChainEvent[],
      append: (event) => lines.append(event),
      reset: () => lines.restart([]),
      close() {
        lines.close()
        unlock()
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}

function storeError(what: string, cause: unknown) {
  return fail('E_DEVKOMODO_STORE', `${what}: ${messageOf(cause)}`, { cause })
}

const ERRORS = (path: string): LineFileErrors => ({
  damaged: (line, cause) => fail('E_DEVKOMODO_DAMAGED', `line ${line} of ${path} is damaged`, { cause }),
  failed: storeError,
})
