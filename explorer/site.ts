/** The explorer as a part of a web server: paths → replies. It only reads. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { BadRequest, Csv } from '../base/index.js'
import type { LedgerQueries } from '../ledger/index.js'
import { createAnswers } from './answer.js'

export interface ExplorerReply {
  readonly status: number
  readonly type: string
  readonly body: string | Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** Undefined: the path is not of the explorer. `known`: the tag that the asker has of an earlier reply. */
export type Explorer = (path: string, query: URLSearchParams, known?: string) => ExplorerReply | undefined

const API = '/api/v1/explorer/'
const PAGES = /^\/explorer(\/(block|asset|address|entry|miner)\/[^/]+|\/search)?\/?$/

/** Nothing but what comes from here, and nothing within the page itself: names from the chain can do no harm. */
const HEADERS = {
  'cache-control': 'no-cache',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}

const FILES: Readonly<Record<string, readonly [type: string, file: string]>> = {
  '/explorer.css': ['text/css; charset=utf-8', 'explorer.css'],
  '/explorer.js': ['text/javascript; charset=utf-8', 'explorer.js'],
  '/explorer.svg': ['image/svg+xml', 'explorer.svg'],
  '/explorer-views.js': ['text/javascript; charset=utf-8', 'explorer-views.js'],
}
const JSON_TYPE = 'application/json; charset=utf-8'
const CSV_TYPE = 'text/csv; charset=utf-8'

const files = new Map<string, Buffer>()

/** Each is read from disk once. */
function read(file: string): Buffer {
  const body = files.get(file) ?? readFileSync(new URL(`page/${file}`, import.meta.url))
  files.set(file, body)
  return body
}

export function createExplorer(query: LedgerQueries): Explorer {
  const answers = createAnswers(query)
  return (path, asked, known) => {
    if (path === '/')
      return replyOf(302, 'text/plain; charset=utf-8', '/explorer\n', { location: '/explorer' })
    const [type, file] = (Object.hasOwn(FILES, path) ? FILES[path] : undefined) ?? []
    if (type !== undefined && file !== undefined) return tagged(replyOf(200, type, read(file)), known)
    if (PAGES.test(path)) return tagged(replyOf(200, 'text/html; charset=utf-8', read('index.html')), known)
    if (!path.startsWith(API)) return undefined
    const [word = '', name, ...rest] = path.slice(API.length).split('/')
    const answer = Object.hasOwn(answers, word) ? answers[word] : undefined
    const needsName = !['network', 'blocks', 'search'].includes(word)
    if (answer === undefined || rest.length > 0 || needsName !== (name !== undefined && name !== ''))
      return missing('there is nothing here; see the page /explorer')
    const text = decoded(name ?? '')
    const value = text === null ? null : answer(text, asked)
    if (value === null) return missing(`the ledger knows no such ${word}`)
    const reply =
      value instanceof Csv
        ? replyOf(200, CSV_TYPE, value.text)
        : replyOf(200, JSON_TYPE, `${JSON.stringify(value)}\n`)
    return tagged(reply, known)
  }
}

function decoded(name: string): string | null {
  try {
    return decodeURIComponent(name)
  } catch {
    throw new BadRequest('the path is not encoded as it should be')
  }
}

const replyOf = (
  status: number,
  type: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): ExplorerReply => ({ status, type, body, headers: { ...HEADERS, ...headers } })

const missing = (error: string): ExplorerReply => replyOf(404, JSON_TYPE, `${JSON.stringify({ error })}\n`)

/** A browser that has the same already is told so. */
function tagged(reply: ExplorerReply, known: string | undefined): ExplorerReply {
  const tag = `"${createHash('sha256').update(reply.body).digest('base64url').slice(0, 22)}"`
  const headers = { ...reply.headers, etag: tag }
  return known === tag ? { ...reply, status: 304, body: '', headers } : { ...reply, headers }
}
