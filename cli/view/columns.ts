/** The lines of a stream, one by one, none longer than a limit. */
import type { Readable } from 'node:stream'

import { fail } from '../program/errors.js'

/**
 * Lines without their line feed; a carriage return before it is dropped too. What follows the last line feed is a
 * line unless it is empty. Throws `E_CLI_LINE` for a line above `most` characters.
 */
export async function* linesOf(stream: Readable, most: number, signal?: AbortSignal): AsyncGenerator<string> {
  let rest = ''
  let number = 1
  const cut = (line: string): string => {
    if (line.length > most) throw fail('E_CLI_LINE', `line ${number} is longer than ${most} characters`)
    number++
    return line.endsWith('\r') ? line.slice(0, -1) : line
  }
  const stop = (): void => void stream.destroy()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    for await (const chunk of stream) {
      const pieces = (rest + (chunk as Buffer).toString('latin1')).split('\n')
      rest = pieces.pop() ?? ''
      for (const line of pieces) yield cut(line)
      if (rest.length > most + 1) cut(rest)
    }
    if (rest !== '') yield cut(rest)
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}
