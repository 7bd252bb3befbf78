/** The explorer as a part of a web server: paths → replies. It only reads. */
import {
  BadRequest,
  Csv,
  JSON_TYPE,
  movedTo,
  readPages,
  replyOf,
  unlessKnown,
  withTag,
  type PageReply,
} from '../base/index.js'
import type { LedgerQueries } from '../ledger/index.js'
import { ANSWERS, createReader, type ReaderOptions } from './answers/answers.js'
import { Lasting } from './answers/lasting.js'
import { createKept } from './kept.js'

/** Undefined: the path is not of the explorer. `known`: the tag that the asker has of an earlier reply. */
export type Explorer = (path: string, query: URLSearchParams, known?: string) => PageReply | undefined

const API = '/api/v1/explorer/'
const PAGES = /^\/explorer(\/(block|asset|address|entry|miner)\/[^/]+|\/search)?\/?$/

const CSV_TYPE = 'text/csv; charset=utf-8'
/** For a day: the next version of the program may say more. */
const KEEP = { 'cache-control': 'public, max-age=86400, immutable' }
/** Files of the pages are below this path, as they lie in the folder. */
const FILES = '/explorer-page/'

export function createExplorer(query: LedgerQueries, options: ReaderOptions = {}): Explorer {
  const reader = createReader(query, options)
  const files = readPages(new URL('page/', import.meta.url))
  const page = files.get('index.html')
  const kept = createKept<PageReply>(() => `${query.dataVersion()} ${options.blockSeconds?.()}`)
  return (path, asked, known) => {
    if (path === '/') return movedTo('/explorer')
    const file = PAGES.test(path)
      ? page
      : path.startsWith(FILES)
        ? files.get(path.slice(FILES.length))
        : undefined
    if (file) return unlessKnown(file, known)
    if (!path.startsWith(API)) return undefined
    const [word = '', name, ...rest] = path.slice(API.length).split('/')
    const answer = Object.hasOwn(ANSWERS, word) ? ANSWERS[word] : undefined
    const needsName = !['network', 'blocks', 'search'].includes(word)
    if (answer === undefined || rest.length > 0 || needsName !== (name !== undefined && name !== ''))
      return missing('there is nothing here; see the page /explorer')
    // Of the node's minute nothing but the network's own answer tells.
    const pulse = word === 'network' ? JSON.stringify(options.pulse?.()) : ''
    const reply = kept(`${path}?${asked.toString()} ${pulse}`, () => {
      const found = answer(reader, decoded(name ?? ''), asked)
      if (found === null) return missing(`the ledger knows no such ${word}`)
      const [value, headers] = found instanceof Lasting ? [found.value, KEEP] : [found, {}]
      return withTag(
        value instanceof Csv
          ? replyOf(200, CSV_TYPE, value.text, headers)
          : replyOf(200, JSON_TYPE, `${JSON.stringify(value)}\n`, headers),
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

const missing = (error: string): PageReply => replyOf(404, JSON_TYPE, `${JSON.stringify({ error })}\n`)
