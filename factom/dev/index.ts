/**
 * The embedded development chain: a Factom LOCAL network in one process, behind factomd's /v2 on loopback. True
 * blocks, entry credits, factoids; kept in a directory; nothing acknowledged is lost by a kill.
 */
import { messageOf } from '../../config/index.js'
import { methodTable } from './api/table.js'
import { serveApi } from './api/server.js'
import { bootstrap, DEV_KEYS, PEGNET_CHAINS } from './bootstrap.js'
import type { Message } from './chain/messages.js'
import { openEngine } from './engine.js'
import { fail } from './errors.js'
import { startMinutes } from './minute-timer.js'
import { MAX_START_HEIGHT } from './store/directory.js'

export { DEV_CHAIN_ERRORS } from './errors.js'
export { DEV_KEYS, PEGNET_CHAINS } from './bootstrap.js'

export interface DevChainOptions {
  /** Directory of the chain; made if missing. One process at a time. */
  readonly dataDir: string
  /** 0 or absent: any free port of 127.0.0.1. */
  readonly port?: number
  /** Length of a block; a minute is a tenth of it. */
  readonly blockSeconds: number
  /** Height of the genesis block of a new chain (default 0): for rules that change at a height. */
  readonly startHeight?: number
  /** No timer: minutes end by `tick()`. */
  readonly manual?: boolean
  /** Entry credits that the development key is given when it is short of them (default 1,000,000; 0: none). */
  readonly fund?: number
  /** External ids of the chains to create if they are missing (default: the five PegNet chains). */
  readonly chains?: readonly (readonly string[])[]
  /** UNIX milliseconds (default: the system's clock). */
  readonly now?: () => number
  /** Closes the chain. */
  readonly signal?: AbortSignal
  /** Told when a message or a minute cannot be written down; it has not happened then. */
  readonly onError?: (error: Error) => void
}

export interface DevChain {
  /** `http://127.0.0.1:port`; the API is at its `/v2`. */
  readonly url: string
  /** Height of the block under construction. */
  readonly height: number
  /** 0…9. */
  readonly minute: number
  /** Height of the highest saved block. */
  readonly savedHeight: number
  readonly keys: typeof DEV_KEYS
  /** Ends the current minute (manual mode only). */
  tick(): void
  close(): Promise<void>
}

/**
 * Starts or continues the chain. Throws `E_DEVCHAIN_OPTION`, `E_DEVCHAIN_LOCKED`, `E_DEVCHAIN_FOREIGN`,
 * `E_DEVCHAIN_DAMAGED`, `E_DEVCHAIN_STORE`, `E_DEVCHAIN_PORT`.
 */
export async function startDevChain(options: DevChainOptions): Promise<DevChain> {
  const { dataDir, blockSeconds, startHeight, manual = false, signal } = options
  const fund = options.fund ?? 1_000_000
  const clock = options.now ?? Date.now
  const now = () => Math.floor(clock())
  checkOptions(blockSeconds, fund, options.port ?? 0, startHeight)
  if (signal?.aborted) throw fail('E_DEVCHAIN_CLOSED', 'the development chain was ended before it began')
  const engine = openEngine(dataDir, now(), startHeight)
  let stopMinutes = () => {}
  let closed: Promise<void> | null = null
  try {
    bootstrap(engine, { credits: fund, chains: options.chains ?? PEGNET_CHAINS }, now())
    /** What goes wrong for lack of disk is told here; a client only learns that it was an internal error. */
    const told = (work: () => void) => {
      try {
        work()
      } catch (error) {
        options.onError?.(error instanceof Error ? error : new Error(messageOf(error)))
        throw error
      }
    }
    const submit = (message: Message) => told(() => engine.submit(message, now()))
    const api = await serveApi(methodTable({ ...engine, blockSeconds, now, submit }), options.port ?? 0)
    const close = (): Promise<void> => {
      closed ??= (async () => {
        stopMinutes()
        signal?.removeEventListener('abort', onAbort)
        await api.close()
        engine.close()
      })()
      return closed
    }
    const onAbort = () => void close()
    signal?.addEventListener('abort', onAbort)
    if (!manual)
      stopMinutes = startMinutes((blockSeconds * 1000) / 10, now, () => {
        try {
          told(() => engine.tick(now()))
        } catch {
          // Told already; the next minute is tried all the same.
        }
      })
    if (signal?.aborted) onAbort()
    return {
      url: `http://127.0.0.1:${api.port}`,
      keys: DEV_KEYS,
      get height() {
        return engine.state.height
      },
      get minute() {
        return engine.state.minute
      },
      get savedHeight() {
        return engine.archive.tip.height
      },
      tick() {
        if (!manual) throw fail('E_DEVCHAIN_OPTION', 'minutes end by the clock; tick() is for manual mode')
        if (closed) throw fail('E_DEVCHAIN_CLOSED', 'the development chain is closed')
        engine.tick(now())
      },
      close,
    }
  } catch (error) {
    engine.close()
    throw error
  }
}

function checkOptions(blockSeconds: number, fund: number, port: number, startHeight = 0): void {
  if (!Number.isFinite(blockSeconds) || blockSeconds <= 0 || blockSeconds > 86_400)
    throw fail('E_DEVCHAIN_OPTION', 'a block lasts more than 0 and at most 86400 seconds')
  if (!Number.isSafeInteger(fund) || fund < 0 || fund > 100_000_000)
    throw fail('E_DEVCHAIN_OPTION', 'the fund is a whole number of entry credits, at most 100000000')
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw fail('E_DEVCHAIN_OPTION', 'the port is a number from 0 to 65535')
  if (!Number.isInteger(startHeight) || startHeight < 0 || startHeight > MAX_START_HEIGHT)
    throw fail('E_DEVCHAIN_OPTION', `the start height is a whole number, at most ${MAX_START_HEIGHT}`)
}
