/** The letters of an oracle's format, and data laid out by them. */
import { fromHex, toHex } from '../../tx/index.js'

const LETTERS = /^[sSdDcCtTiIlLh]*$/
const NUMBER_BYTES: Readonly<Record<string, number>> = { c: 1, t: 2, i: 4, l: 8 }

export function isFormat(format: string): boolean {
  return LETTERS.test(format)
}

/** The values as `oraclessample` shows them, or `null` if the data does not fit the format to the byte. */
export function valuesOf(format: string, data: string): string[] | null {
  const bytes = Buffer.from(fromHex(data) ?? [])
  const values: string[] = []
  let at = 0
  for (const letter of format) {
    const lower = letter.toLowerCase()
    const number = NUMBER_BYTES[lower]
    const head = lower === 's' || lower === 'd' ? (letter === lower ? 1 : 2) : 0
    if (at + head > bytes.length) return null
    const size = number ?? (letter === 'h' ? 32 : bytes.readUIntLE(at, head))
    at += head
    if (at + size > bytes.length) return null
    const part = bytes.subarray(at, at + size)
    at += size
    const value = shown(letter, part)
    if (value === null) return null
    values.push(value)
  }
  return at === bytes.length && fromHex(data) ? values : null
}

function shown(letter: string, part: Buffer): string | null {
  switch (letter) {
    case 'h':
      return toHex(Uint8Array.from(part).reverse())
    case 'd':
    case 'D':
      return part.toString('hex')
    case 's':
    case 'S':
      return part.every((byte) => byte >= 32 && byte <= 127) ? part.toString('latin1') : null
    case 'L':
      return part.readBigUInt64LE().toString()
    case 'l':
      return part.readBigInt64LE().toString()
    default:
      return (
        letter === letter.toUpperCase() ? part.readUIntLE(0, part.length) : part.readIntLE(0, part.length)
      ).toString()
  }
}
