import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'

/** What tells one state of a file from another. */
export const stampOf = ({ mtimeMs, ctimeMs, size, ino }: Stats): string =>
  `${ino} ${size} ${mtimeMs} ${ctimeMs}`

export interface WatchOptions {
  /** How often the file is looked at, ms. Default 500. */
  readonly everyMs?: number
}

/**
 * Calls when a file is another one than `stamp` says, or is gone, as soon as it is left alone from one look to the
 * next. The name is what counts: editors that write another file and rename it, links that turn to another file, and
 * network drives are all seen, which the events of the system do not promise. Returns the way to stop. Never holds the
 * program up.
 */
export function watchFile(
  file: string,
  stamp: string,
  onChange: () => void,
  { everyMs = 500 }: WatchOptions = {},
): () => void {
  let [reported, last] = [stamp, stamp]
  let looking = false
  const look = async (): Promise<void> => {
    if (looking) return
    looking = true
    const now = await stat(file).then(stampOf, () => '')
    looking = false
    if (now !== last) last = now
    else if (now !== reported) {
      reported = now
      onChange()
    }
  }
  const timer = setInterval(() => void look(), everyMs).unref()
  return () => clearInterval(timer)
}
