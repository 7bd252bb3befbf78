/** What pages are answered with: files of a folder, read once, and replies of which a browser keeps what is still the same. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'

export interface PageReply {
  readonly status: number
  readonly type: string
  readonly body: string | Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** Nothing but what comes from here, and nothing within the page itself: names from a chain can do no harm. */
const HEADERS = {
  'cache-control': 'no-cache',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}
export const JSON_TYPE = 'application/json; charset=utf-8'

export const replyOf = (
  status: number,
  type: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): PageReply => ({ status, type, body, headers: { ...HEADERS, ...headers } })

export const movedTo = (location: string): PageReply =>
  replyOf(302, 'text/plain; charset=utf-8', `${location}\n`, { location })

export function withTag(reply: PageReply): PageReply {
  const etag = `"${createHash('sha256').update(reply.body).digest('base64url').slice(0, 22)}"`
  return { ...reply, headers: { ...reply.headers, etag } }
}

/** A browser that has the same already is told so. */
export const unlessKnown = (reply: PageReply, known: string | undefined): PageReply =>
  known !== undefined && known === reply.headers['etag'] ? { ...reply, status: 304, body: '' } : reply

/** Each file of the folder, by its name. */
export const readPages = (folder: URL): ReadonlyMap<string, PageReply> =>
  new Map(
    readdirSync(folder).map((name) => [
      name,
      withTag(
        replyOf(
          200,
          TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
          readFileSync(new URL(name, folder)),
        ),
      ),
    ]),
  )
