import { unwatchFile, watchFile as poll, type Stats } from 'node:fs'

export interface WatchOptions {
  /** How often the file is looked at, ms. */
  readonly everyMs?: number
  /** How long it must have been left alone before it counts as changed, ms. */
  readonly quietMs?: number
}

/**
 * Calls when a file has changed, come or gone, once it is left alone. The name is what counts: editors that write
 * another file and rename it, links that turn to another file, and network drives are all seen, which the events of
 * the system do not promise. Returns the way to stop. Never holds the program up.
 */
export function watchFile(file: string, onChange: () => void, options: WatchOptions = {}): () => void {
  const { everyMs = 1000, quietMs = 500 } = options
  let timer: NodeJS.Timeout | undefined
  const look = (now: Stats, before: Stats): void => {
    if (now.mtimeMs === before.mtimeMs && now.ino === before.ino && now.size === before.size) return
    clearTimeout(timer)
    timer = setTimeout(onChange, quietMs).unref()
  }
  poll(file, { interval: everyMs, persistent: false }, look)
  return () => {
    clearTimeout(timer)
    unwatchFile(file, look)
  }
}
