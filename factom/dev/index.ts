/**
 * The embedded development chain: a Factom LOCAL network in one process, behind factomd's /v2 on loopback. True
 * blocks, entry credits, factoids; kept in a directory; nothing acknowledged is lost by a kill.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'

import { messageOf, wallMs } from '../../base/index.js'
import { control } from './api/control.js'
import { savedEntries } from './api/methods/entries.js'
import { factoidTransaction } from './api/methods/objects.js'
import { answer } from './api/request.js'
import { serveApi } from './api/server.js'
import { methodTable } from './api/table.js'
import { bootstrap, DEV_KEYS, PEGNET_CHAINS } from './bootstrap.js'
import { unsavedBlocks } from './chain/state.js'
import type { Message } from './chain/messages.js'
import { openEngine, type Engine } from './engine.js'
import { fail } from './errors.js'
import { createFaults, type Faults } from './faults/faults.js'
import { createMinuteEnd } from './faults/minutes.js'
import { withFaults } from './faults/transport.js'
import { createNodeView } from './faults/view.js'
import { startMinutes } from './minute-timer.js'
import { MAX_START_HEIGHT } from './store/directory.js'
import { openWalletKeys } from './wallet/keys.js'
import { transactionsAt } from './wallet/history.js'
import { walletMethods } from './wallet/methods.js'

export { requirePort } from './api/server.js'
export { requireFolder } from './store/lock.js'
export { DEV_CHAIN_ERRORS } from './errors.js'
export { DEV_KEYS, PEGNET_CHAINS } from './bootstrap.js'
export { FAULTS, type FaultRules, type Faults } from './faults/faults.js'

export interface DevChainOptions {
  /** Directory of the chain; made if missing. One process at a time. */
  readonly dataDir: string
  /** 0 or absent: any free port of 127.0.0.1. */
  readonly port?: number
  /** Port of the stand-in for factom-walletd; absent: there is none. 0: any free one. */
  readonly walletPort?: number
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
  /** Height of the genesis block. */
  readonly startHeight: number
  /** Height of the block under construction. */
  readonly height: number
  /** 0…9. */
  readonly minute: number
  /** Height of the highest saved block. */
  readonly savedHeight: number
  readonly keys: typeof DEV_KEYS
  /** `http://127.0.0.1:port` of the wallet, or `null`. */
  readonly walletUrl: string | null
  /** For another program that ends minutes and sets faults: POST to `url` with `Authorization: Bearer token`. */
  readonly control: { readonly url: string; readonly token: string }
  readonly faults: Faults
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
  const faults = createFaults()
  const clock = options.now ?? wallMs
  const now = () => Math.floor(clock()) + (faults.on('clock')?.ms ?? 0)
  checkOptions(blockSeconds, fund, options.port ?? 0, startHeight)
  if (signal?.aborted) throw fail('E_DEVCHAIN_CLOSED', 'the development chain was ended before it began')
  const engine = openEngine(dataDir, now(), startHeight)
  // The chain does not stand still while it does not run: the minute that was interrupted goes on from here.
  engine.state.minuteStartMs = Math.max(engine.state.minuteStartMs, now())
  const closers: (() => void | Promise<void>)[] = [() => engine.close()]
  let closed: Promise<void> | null = null
  const close = (): Promise<void> => {
    closed ??= (async () => {
      for (let next = closers.pop(); next; next = closers.pop()) await next()
    })()
    return closed
  }
  try {
    const topUp = () => bootstrap(engine, { credits: fund, chains: options.chains ?? PEGNET_CHAINS }, now())
    topUp()
    /** What goes wrong for lack of disk is told here; a client only learns that it was an internal error. */
    const reporting = <T>(work: () => T): T => {
      try {
        return work()
      } catch (error) {
        options.onError?.(error instanceof Error ? error : new Error(messageOf(error)))
        throw error
      }
    }
    const view = createNodeView(engine.archive, engine.state, faults)
    const { archive } = view
    const watchers = new Set<() => void>()
    /** Messages that came in during minute 10: they belong to the next block. */
    const waiting: Message[] = []
    const tick = () => {
      engine.tick(now())
      for (const message of waiting.splice(0)) engine.submit(message, now())
      // At the end of minute 0, when every reader sees the new block.
      if (engine.state.minute === 1) topUp()
      for (const watcher of [...watchers]) watcher()
    }
    const minutes = createMinuteEnd(faults, view, { tick, minute: () => engine.state.minute })
    const submit = (message: Message) => {
      if (view.tenth) waiting.push(message)
      else reporting(() => engine.submit(message, now()))
    }
    const methods = methodTable({ state: engine.state, archive, view, faults, blockSeconds, now, submit })
    const token = randomBytes(16).toString('hex')
    const debug = {
      state: engine.state,
      archive: engine.archive,
      faults,
      token,
      advance: manual ? () => void reporting(() => minutes.end()) : null,
      onMinute: (watcher: () => void) => {
        watchers.add(watcher)
        return () => watchers.delete(watcher)
      },
    }
    const api = await serveApi(
      {
        '/v2': withFaults(({ body }) => answer(methods, body), faults),
        '/debug': (request) => control(debug, request),
      },
      options.port ?? 0,
    )
    closers.push(() => api.close())
    const walletUrl =
      options.walletPort === undefined ? null : await serveWallet(engine, { ...options, now }, closers)
    const onAbort = () => void close()
    signal?.addEventListener('abort', onAbort)
    closers.push(() => signal?.removeEventListener('abort', onAbort))
    if (!manual)
      closers.push(clocked((blockSeconds * 1000) / 10, clock, () => reporting(() => minutes.end())))
    if (signal?.aborted) onAbort()
    const url = `http://127.0.0.1:${api.port}`
    return {
      url,
      walletUrl,
      control: { url: `${url}/debug`, token },
      faults,
      keys: DEV_KEYS,
      startHeight: engine.archive.first,
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
        minutes.end()
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Ends minutes by the clock; returns what stops it. */
function clocked(minuteMs: number, clock: () => number, end: () => number | null): () => void {
  let later: NodeJS.Timeout | undefined
  const ring = () => {
    clearTimeout(later)
    try {
      const again = end()
      if (again !== null) later = setTimeout(ring, again)
    } catch {
      // Told already; the next minute is tried all the same.
    }
  }
  const stop = startMinutes(minuteMs, () => Math.floor(clock()), ring)
  return () => {
    stop()
    clearTimeout(later)
  }
}

/** The wallet beside the chain; it knows the test keys. Returns its address. */
async function serveWallet(
  engine: Engine,
  { dataDir, walletPort, now }: { dataDir: string; walletPort?: number; now: () => number },
  closers: (() => void | Promise<void>)[],
): Promise<string> {
  const { state, archive } = engine
  const methods = walletMethods({
    keys: openWalletKeys(join(dataDir, 'wallet.json'), [DEV_KEYS.fctSecret, DEV_KEYS.ecSecret]),
    now,
    rate: () => archive.tip.exchangeRate,
    factoids: (hash) => state.balances.factoids.get(hash) ?? 0n,
    credits: (key) => state.balances.credits.get(key) ?? 0,
    height: () => archive.tip.height,
    chainExists: (chainId) =>
      archive.head(chainId) !== undefined || unsavedBlocks(state).some(({ chains }) => chains.has(chainId)),
    entries: (chainId, last) => savedEntries(archive, chainId, last),
    saved: {
      first: archive.first,
      height: () => archive.tip.height,
      at: (height) => transactionsAt(archive, height),
      find: (hash) => factoidTransaction({ state, archive }, hash),
    },
  })
  const table = new Map(Object.entries(methods))
  const api = await serveApi({ '/v2': ({ body }) => answer(table, body) }, walletPort ?? 0)
  closers.push(() => api.close())
  return `http://127.0.0.1:${api.port}`
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
