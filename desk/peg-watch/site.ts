/** The page of peg-watch as a part of a web server: it shows the last look, and is told each new one. */
import { JSON_TYPE, movedTo, readPages, replyOf, unlessKnown, type PageReply } from '../../base/index.js'

/** Undefined: the path is not of this page. `known`: the tag that the asker has of an earlier reply. */
export type PegWatchPages = (path: string, query: URLSearchParams, known?: string) => PageReply | undefined

const PAGE = '/peg-watch'
const FILES = '/peg-watch-page/'
export const PEG_WATCH_API = '/api/v1/peg-watch'

/** `shown`: what the last look has found, as it is sent; null: there was none yet. */
export function createPegWatchPages(shown: () => object | null): PegWatchPages {
  const files = readPages(new URL('page/', import.meta.url))
  return (path, _query, known) => {
    if (path === '/') return movedTo(PAGE)
    if (path === PEG_WATCH_API) {
      const look = shown()
      return look === null
        ? replyOf(503, JSON_TYPE, `${JSON.stringify({ error: 'there was no look yet' })}\n`, {
            'retry-after': '5',
          })
        : replyOf(200, JSON_TYPE, `${JSON.stringify(look)}\n`)
    }
    const name = path === PAGE ? 'index.html' : path.startsWith(FILES) ? path.slice(FILES.length) : ''
    const file = files.get(name)
    return file && unlessKnown(file, known)
  }
}

/** For those who listen: each look once. */
export function lookNews(shown: () => object | null): (all: boolean) => object | null {
  let lastSent: object | null = null
  return (all) => {
    const look = shown()
    if (!all && look === lastSent) return null
    lastSent = look
    return look
  }
}
