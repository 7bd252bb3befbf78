/** What factomd makes of a reveal whose external-id area runs past the end of its bytes. */
import { concat, readUint } from '../../bytes.js'
import { ENTRY_HEADER_BYTES } from '../../entry.js'

/**
 * Behind the end factomd reads empty external ids until the area is full, and takes the entry as if they had been
 * sent: they count for its hash and price. All other bytes are given back as they are, sound or not.
 */
export function completeEntry(raw: Uint8Array): Uint8Array {
  if (raw.length < ENTRY_HEADER_BYTES) return raw
  const end = ENTRY_HEADER_BYTES + readUint(raw, ENTRY_HEADER_BYTES - 2, 2)
  let at = ENTRY_HEADER_BYTES
  while (at < end && at + 2 <= raw.length) at += 2 + readUint(raw, at, 2)
  const missing = end - at
  const inside = at <= raw.length && at + 2 > raw.length
  return inside && missing > 0 && missing % 2 === 0
    ? concat(raw.subarray(0, at), new Uint8Array(missing))
    : raw
}
