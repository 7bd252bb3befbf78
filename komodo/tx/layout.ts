/** Payloads as rows of fields: each field is read and written in one way, and what it holds follows from the row. */
import type { Reader, Writer } from './wire.js'

/** One member of a payload. */
export interface Field<T> {
  read(reader: Reader): T
  write(writer: Writer, value: T): unknown
}

/** The members of a payload, in their order. */
export type Fields = Readonly<Record<string, Field<unknown>>>

/** What fields hold. */
export type ValuesOf<F> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never }

const field = <T>(read: (reader: Reader) => T, write: (writer: Writer, value: T) => unknown): Field<T> => ({
  read,
  write,
})

/** 32 bytes of internal order; display order outside. */
export const id = field<string>(
  (reader) => reader.id(),
  (writer, value) => writer.id(value),
)
export const u8 = field<number>(
  (reader) => reader.u8(),
  (writer, value) => writer.u8(value),
)
export const i32 = field<number>(
  (reader) => reader.i32(),
  (writer, value) => writer.u32(value),
)
export const i64 = field<bigint>(
  (reader) => reader.i64(),
  (writer, value) => writer.i64(value),
)
export const text = field<string>(
  (reader) => reader.text(),
  (writer, value) => writer.text(value),
)
/** Bytes behind their length; hex outside. */
export const blob = field<string>(
  (reader) => reader.blob(),
  (writer, value) => writer.blob(value),
)
/** A public key of 33 bytes; 66 hex digits outside. */
export const key = field<string>(
  (reader) => {
    const pubkey = reader.blob()
    if (pubkey.length !== 66) throw reader.bad('has a key that is not of 33 bytes')
    return pubkey
  },
  (writer, value) => writer.blob(value),
)

/** As many items as a compact size in front says; each has at least `least` bytes. */
export const list = <T>(least: number, item: Field<T>): Field<readonly T[]> => ({
  read: (reader) => reader.list(least, () => item.read(reader)),
  write: (writer, items) => writer.list(items, (value) => void item.write(writer, value)),
})

export function readFields<F extends Fields>(reader: Reader, fields: F): ValuesOf<F> {
  const found = Object.entries(fields).map(([name, field]) => [name, field.read(reader)])
  return Object.fromEntries(found) as ValuesOf<F>
}

export function writeFields<F extends Fields>(writer: Writer, fields: F, values: ValuesOf<F>): Writer {
  for (const [name, field] of Object.entries(fields)) field.write(writer, values[name])
  return writer
}
