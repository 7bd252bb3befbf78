/** A file of JSON lines that grows at its end. A kill while a line is written leaves the lines before it. */
import fs from 'node:fs'

import { cutBack, isCutLine, openToAppend, replaceFile, writeAll } from './whole-file.js'

/** How the owner of a file names what is wrong with it. */
export interface LineFileErrors {
  /** Lines count from 1. */
  readonly damaged: (line: number, cause?: unknown) => Error
  readonly failed: (what: string, cause: unknown) => Error
}

export interface Lines {
  readonly values: readonly unknown[]
  /** Bytes of whole lines; what stands behind them was being written when the process ended. */
  readonly bytes: number
}

/** Null: there is no such file. A torn last line is left out; anything else that is no JSON is damage. */
export function readLines(path: string, { damaged, failed }: LineFileErrors): Lines | null {
  let content: Buffer
  try {
    content = fs.readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw failed(`cannot read ${path}`, error)
  }
  const bytes = content.lastIndexOf(0x0a) + 1
  const lines = content.subarray(0, bytes).toString().split('\n').slice(0, -1)
  if (!isCutLine(content.subarray(bytes).toString())) throw damaged(lines.length + 1)
  const values = lines.map((line, k) => {
    try {
      return JSON.parse(line) as unknown
    } catch (cause) {
      throw damaged(k + 1, cause)
    }
  })
  return { values, bytes }
}

export interface LineFile {
  /** Kept by the system when it returns: the end of this process, kill included, does not lose it. `sync`: on disk. */
  append(value: object, sync?: boolean): void
  /** Begins anew with these lines; the old ones are gone in the same step. */
  restart(values: readonly object[]): void
  close(): void
}

/**
 * Goes on behind the first `bytes` of the file, which is made if need be; null: `restart` makes it, whole. After
 * `close`, nothing is written.
 */
export function openLines(
  path: string,
  bytes: number | null,
  { failed }: Pick<LineFileErrors, 'failed'>,
): LineFile {
  const guarded = <T>(work: () => T): T => {
    try {
      return work()
    } catch (cause) {
      throw failed(`cannot write ${path}`, cause)
    }
  }
  let length = bytes ?? 0
  let fd = bytes === null ? -1 : guarded(() => openToAppend(path, { mode: 0o666 }))
  if (fd >= 0) guarded(() => fs.ftruncateSync(fd, length))
  return {
    append(value, sync = false) {
      if (fd < 0) return
      const line = Buffer.from(textOf([value]))
      guarded(() => {
        try {
          writeAll(fd, line, length)
          if (sync) fs.fsyncSync(fd)
        } catch (error) {
          cutBack(fd, length)
          throw error
        }
      })
      length += line.length
    },
    restart(values) {
      const text = textOf(values)
      const next = guarded(() => replaceFile(path, text))
      if (fd >= 0) fs.closeSync(fd)
      fd = next
      length = Buffer.byteLength(text)
    },
    close() {
      if (fd >= 0) fs.closeSync(fd)
      fd = -1
    },
  }
}

const textOf = (values: readonly object[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join('')
