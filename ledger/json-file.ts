/** A JSON file that came from anywhere, gzipped or not, with a bound on what it may become in memory. */
import { open } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'

import { checkJson } from '../base/index.js'

/** The largest recording has 20 MB; what is above this is something else. */
const MOST_BYTES = 256 * 2 ** 20

export interface JsonFile {
  readonly text: string
  readonly value: unknown
}

/** Throws what reading, unzipping and parsing throw, or a `RangeError`. */
export async function readJsonFile(file: string): Promise<JsonFile> {
  let bytes = await readBounded(file)
  if (bytes[0] === 0x1f) bytes = gunzipSync(bytes, { maxOutputLength: MOST_BYTES })
  const text = bytes.toString('utf8')
  checkJson(text, { depth: 8 })
  return { text, value: JSON.parse(text) as unknown }
}

async function readBounded(file: string): Promise<Buffer> {
  const handle = await open(file, 'r')
  try {
    if ((await handle.stat()).size > MOST_BYTES) throw new RangeError('it is larger than such a file can be')
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}
