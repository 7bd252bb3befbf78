/**
 * The protobuf form of record versions 2 to 5:
 *
 *     1 address string · 2 identity string · 3 height int32 · 4 winners repeated bytes · 5 prices repeated uint64
 *
 * Written by hand because the reader's leniency is consensus: what the reference's generated reader accepts or
 * refuses decides which records take part (docs/protocol/records-and-grading.md#protobuf-form).
 */
import { fail } from './errors.js'
import { PRICE_UNIT } from './prices.js'
import { createReader, Writer } from './wire.js'

/** A record without its version, which is not part of the content. */
export interface ProtoFields {
  readonly address: string
  readonly identity: string
  readonly height: number
  readonly winners: readonly string[]
  readonly prices: readonly bigint[]
}

const ADDRESS = 1
const IDENTITY = 2
const HEIGHT = 3
const WINNERS = 4
const PRICES = 5
const NAMES = ['', 'Address', 'ID', 'Height', 'Winners', 'Assets']

const VARINT = 0
const BYTES = 2
const END_GROUP = 4

/** Canonical bytes: fields in order, defaults left out, prices packed, an empty winner written as `22 00`. */
export function encodeProto(record: ProtoFields): Uint8Array {
  const writer = new Writer()
  if (record.address !== '') writer.bytes(ADDRESS, Buffer.from(record.address, 'latin1'))
  if (record.identity !== '') writer.bytes(IDENTITY, Buffer.from(record.identity, 'latin1'))
  if (record.height !== 0) {
    writer.tag(HEIGHT, VARINT)
    writer.int32(record.height)
  }
  for (const winner of record.winners) writer.bytes(WINNERS, Buffer.from(winner, 'hex'))
  if (record.prices.length > 0) {
    const packed = new Writer()
    for (const price of record.prices) packed.uint64(price)
    writer.bytes(PRICES, packed.finish())
  }
  return writer.finish()
}

/**
 * Reads as the reference does: any field order; of single fields the last one counts; winners and prices add up
 * over several occurrences; prices packed or one by one; unknown fields are passed over; a known field of the
 * wrong type, a truncated or overlong number, an end of a group that was not begun refuse the whole. `values` are the
 * prices as `priceToNumber` makes them.
 */
export function decodeProto(content: Uint8Array): ProtoFields & { readonly values: number[] } {
  if (content.length === 0) throw fail('E_OPR_DECODE', 'no bytes to decode')
  const reader = createReader(content)
  let [address, identity, height] = ['', '', 0]
  const winners: string[] = []
  const prices: bigint[] = []
  const values: number[] = []
  const price = (): void => {
    prices.push(reader.uint64())
    values.push(reader.nearest() / PRICE_UNIT)
  }
  while (!reader.done()) {
    const { field, wire } = reader.tag()
    if (wire === END_GROUP) throw fail('E_OPR_DECODE', 'proto: V2Content: wiretype end group for non-group')
    const expect = (type: number) => {
      if (wire !== type)
        throw fail('E_OPR_DECODE', `proto: wrong wireType = ${wire} for field ${NAMES[field]}`)
    }
    switch (field) {
      case ADDRESS:
        expect(BYTES)
        address = reader.text('latin1')
        break
      case IDENTITY:
        expect(BYTES)
        identity = reader.text('latin1')
        break
      case HEIGHT:
        expect(VARINT)
        height = reader.int32()
        break
      case WINNERS:
        expect(BYTES)
        winners.push(reader.text('hex'))
        break
      case PRICES:
        if (wire === VARINT) {
          price()
        } else {
          expect(BYTES)
          // The last number may run over the packed block's end: the reference looks at the message's end only.
          const end = reader.length()
          while (reader.position() < end) price()
        }
        break
      default:
        reader.skip(wire)
    }
  }
  return { address, identity, height, winners, prices, values }
}
