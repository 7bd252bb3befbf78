/** The data directory: the events of both chains, one line each, in order; and a lock against a second process. */
import { closeSync, ftruncateSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import {
  cutBack,
  isCutLine,
  lockFile,
  makeFolder,
  messageOf,
  openToAppend,
  writeAll,
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
    const { events, bytes } = readEvents(path)
    let fd = openToAppend(path, { mode: 0o666 })
    let length = bytes
    ftruncateSync(fd, length)
    return {
      events,
      append(event) {
        if (fd < 0) return
        const line = Buffer.from(`${JSON.stringify(event)}\n`)
        try {
          writeAll(fd, line, length)
          length += line.length
        } catch (cause) {
          cutBack(fd, length)
          throw storeError(`cannot write ${path}`, cause)
        }
      },
      reset() {
        ftruncateSync(fd, 0)
        length = 0
      },
      close() {
        if (fd < 0) return
        closeSync(fd)
        fd = -1
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

/** A torn last line is left out. */
function readEvents(path: string): { events: ChainEvent[]; bytes: number } {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { events: [], bytes: 0 }
    throw storeError(`cannot read ${path}`, error)
  }
  const whole = bytes.lastIndexOf(0x0a) + 1
  const lines = bytes.subarray(0, whole).toString().split('\n').slice(0, -1)
  if (!isCutLine(bytes.subarray(whole).toString()))
    throw fail('E_DEVKOMODO_DAMAGED', `line ${lines.length + 1} of ${path} is damaged`)
  const events = lines.map((line, i) => {
    try {
      return JSON.parse(line) as ChainEvent
    } catch (cause) {
      throw fail('E_DEVKOMODO_DAMAGED', `line ${i + 1} of ${path} is damaged`, { cause })
    }
  })
  return { events, bytes: whole }
}
