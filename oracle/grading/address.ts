import { createHash } from 'node:crypto'

import { base58 } from '@scure/base'

const ALPHABET = /^[1-9A-HJ-NP-Za-km-z]+$/
const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest()

/**
 * What is wrong with a record's factoid address, in the reference's words, or `null`
 * (docs/protocol/records-and-grading.md#validation).
 * 53 characters or more always hold more than 38 bytes, so longer texts are refused undecoded: base58 of long
 * texts takes time that grows with the square of their length.
 */
export function addressProblem(text: string): string | null {
  if (!ALPHABET.test(text)) return 'address must be in base58'
  if (text.length > 52) return 'address is of wrong length'
  const raw = base58.decode(text)
  if (raw.length !== 38) return 'address is of wrong length'
  if (raw[0] !== 0x5f || raw[1] !== 0xb1) return 'address has wrong prefix'
  const sum = sha256(sha256(raw.subarray(0, 34))).subarray(0, 4)
  return sum.equals(raw.subarray(34)) ? null : 'checksum is not correct'
}
