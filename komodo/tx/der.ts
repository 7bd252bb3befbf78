/**
 * The strict form of a DER signature, with its hash type behind it
 * (https://github.com/bitcoin/bips/blob/master/bip-0066.mediawiki).
 */

/** True for `30 len 02 len r 02 len s hashtype`, numbers positive and without needless zeros. Hex. */
export function isStrictDer(hex: string): boolean {
  const bytes = Buffer.from(hex, 'hex')
  if (bytes.length < 9 || bytes.length > 73) return false
  if (bytes[0] !== 0x30 || bytes[1] !== bytes.length - 3) return false
  const rLength = bytes.readUInt8(3)
  const sLength = bytes[5 + rLength] ?? 0
  if (5 + rLength >= bytes.length || rLength + sLength + 7 !== bytes.length) return false
  return isPositive(bytes, 2) && isPositive(bytes, 4 + rLength)
}

/** A DER number at `at`: tag 2, a length, no sign bit, no needless zero in front. */
function isPositive(bytes: Buffer, at: number): boolean {
  const [length, first] = [bytes.readUInt8(at + 1), bytes.readUInt8(at + 2)]
  if (bytes[at] !== 0x02 || length === 0 || first >= 0x80) return false
  return !(length > 1 && first === 0 && bytes.readUInt8(at + 3) < 0x80)
}
