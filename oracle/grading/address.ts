import { sha256d } from '../../base/index.js'

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const TEXT = new RegExp(`^[${ALPHABET}]+$`)
const MOST_CHARACTERS = 52
const BYTES = 38

/**
 * What is wrong with a record's factoid address, in the reference's words, or `null`
 * (docs/protocol/records-and-grading.md#validation).
 * 53 characters or more always hold more than 38 bytes, so longer texts are refused undecoded.
 */
export function addressProblem(text: string): string | null {
  if (!TEXT.test(text)) return 'address must be in base58'
  if (text.length > MOST_CHARACTERS) return 'address is of wrong length'
  const raw = decodeBase58(text)
  if (raw.length !== BYTES) return 'address is of wrong length'
  if (raw[0] !== 0x5f || raw[1] !== 0xb1) return 'address has wrong prefix'
  const sum = sha256d(raw.subarray(0, 34))
  return raw.subarray(34).every((byte, k) => byte === sum[k]) ? null : 'checksum is not correct'
}

/** The value of each character, by its code. */
const DIGITS = Uint8Array.from({ length: 128 }, (_, code) =>
  Math.max(0, ALPHABET.indexOf(String.fromCharCode(code))),
)
/** So many characters are taken in at once. */
const GROUP = 4
/** Three bytes each: a limb times 58^4 and a carry are exact in a double. 52 characters have 305 bits at most. */
const LIMBS = 13
const LIMB = 2 ** 24

/**
 * For text of the alphabet, of at most 52 characters. More than 39 bytes, which only ones make, are cut to 39.
 * A block has hundreds of addresses: to decode them one character at a time takes a sixth of its grading's time.
 */
function decodeBase58(text: string): Uint8Array {
  const limbs = new Float64Array(LIMBS)
  for (let from = 0; from < text.length; from += GROUP) {
    let carry = 0
    let times = 1
    for (let at = from; at < Math.min(from + GROUP, text.length); at++) {
      carry = carry * 58 + (DIGITS[text.charCodeAt(at)] as number)
      times *= 58
    }
    for (let k = LIMBS - 1; k >= 0; k--) {
      const sum = (limbs[k] as number) * times + carry
      carry = Math.floor(sum / LIMB)
      limbs[k] = sum - carry * LIMB
    }
  }
  const bytes = new Uint8Array(3 * LIMBS)
  for (let k = 0; k < LIMBS; k++) {
    const limb = limbs[k] as number
    bytes[3 * k] = limb >>> 16
    bytes[3 * k + 1] = limb >>> 8
    bytes[3 * k + 2] = limb
  }
  const leading = bytes.findIndex((byte) => byte !== 0)
  const ones = text.search(/[^1]|$/)
  return bytes.subarray(Math.max(0, (leading < 0 ? bytes.length : leading) - ones))
}
