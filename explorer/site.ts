/** The explorer as a part of a web server: paths → replies. It only reads. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'

import { BadRequest, Csv } from '../base/index.js'
import type { LedgerQueries } from '../ledger/index.js'
import { ANSWERS, createReader, type ReaderOptions } from './answers/answers.js'
import { createKept } from './kept.js'

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

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}
const JSON_TYPE = 'application/json; charset=utf-8'
const CSV_TYPE = 'text/csv; charset=utf-8'
/** Files of the pages are below this path, as they lie in the folder. */
const FILES = '/explorer-page/'

interface PageFile {
  readonly type: string
  readonly body: Buffer
}

/** Each is read from disk once. */
function readFiles(): ReadonlyMap<string, PageFile> {
  const folder = new URL('page/', import.meta.url)
  return new Map(
    readdirSync(folder).map((name) => [
      name,
      {
        type: TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
        body: readFileSync(new URL(name, folder)),
      },
    ]),
  )
}

export function createExplorer(query: LedgerQueries, options: ReaderOptions = {}): Explorer {
  const reader = createReader(query, options)
  const files = readFiles()
  const page = files.get('index.html')
  const kept = createKept<ExplorerReply>(() => `${query.dataVersion()} ${options.blockSeconds?.()}`)
  return (path, asked, known) => {
    if (path === '/')
      return replyOf(302, 'text/plain; charset=utf-8', '/explorer\n', { location: '/explorer' })
    const file = PAGES.test(path)
      ? page
      : path.startsWith(FILES)
        ? files.get(path.slice(FILES.length))
        : undefined
    if (file) return unlessKnown(withTag(replyOf(200, file.type, file.body)), known)
    if (!path.startsWith(API)) return undefined
    const [word = '', name, ...rest] = path.slice(API.length).split('/')
    const answer = Object.hasOwn(ANSWERS, word) ? ANSWERS[word] : undefined
    const needsName = !['network', 'blocks', 'search'].includes(word)
    if (answer === undefined || rest.length > 0 || needsName !== (name !== undefined && name !== ''))
      return missing('there is nothing here; see the page /explorer')
    // Of the node's minute nothing but the network's own answer tells.
    const pulse = word === 'network' ? JSON.stringify(options.pulse?.()) : ''
    const reply = kept(`${path}?${asked.toString()} ${pulse}`, () => {
      const value = answer(reader, decoded(name ?? ''), asked)
      if (value === null) return missing(`the ledger knows no such ${word}`)
      return withTag(
        value instanceof Csv
          ? replyOf(200, CSV_TYPE, value.text)
          : replyOf(200, JSON_TYPE, `${JSON.stringify(value)}\n`),
      )
    })
    return unlessKnown(reply, known)
  }
}

function decoded(name: string): string {
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

function withTag(reply: ExplorerReply): ExplorerReply {
  const etag = `"${createHash('sha256').update(reply.body).digest('base64url').slice(0, 22)}"`
  return { ...reply, headers: { ...reply.headers, etag } }
}

/** A browser that has the same already is told so. */
const unlessKnown = (reply: ExplorerReply, known: string | undefined): ExplorerReply =>
  known !== undefined && known === reply.headers['etag'] ? { ...reply, status: 304, body: '' } : reply
