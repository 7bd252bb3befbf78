/** JSON as Go's encoder writes it. */

/** Members that are `undefined` are left out, bigints are written as numbers with all their digits. */
export type Json =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Json[]
  | { readonly [member: string]: Json | undefined }

/** Go escapes these three, and two line separators, in every string. */
const ESCAPED = /[<>&\u2028\u2029]/g

export function goJson(value: Json): string {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'string')
    return JSON.stringify(value).replace(
      ESCAPED,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isList(value)) return `[${value.map(goJson).join(',')}]`
  const members = Object.entries(value).flatMap(([name, member]) =>
    member === undefined ? [] : [`${goJson(name)}:${goJson(member)}`],
  )
  return `{${members.join(',')}}`
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
