/** The files of the status page, read once. No network is needed: the chart library lies beside us. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

import { runbookPage } from './runbook.js'

export interface Asset {
  readonly type: string
  readonly body: Buffer
}

const require = createRequire(import.meta.url)
const own = (name: string): URL => new URL(`page/${name}`, import.meta.url)

const FILES: Readonly<Record<string, { readonly type: string; readonly path: () => string | URL }>> = {
  '/': { type: 'text/html; charset=utf-8', path: () => own('index.html') },
  '/theme.css': { type: 'text/css; charset=utf-8', path: () => own('common/theme.css') },
  '/plain.css': { type: 'text/css; charset=utf-8', path: () => own('common/plain.css') },
  '/pieces.js': { type: 'text/javascript; charset=utf-8', path: () => own('common/pieces.js') },
  '/page.css': { type: 'text/css; charset=utf-8', path: () => own('page.css') },
  '/page.js': { type: 'text/javascript; charset=utf-8', path: () => own('page.js') },
  '/parts.js': { type: 'text/javascript; charset=utf-8', path: () => own('parts.js') },
  '/chart.js': { type: 'text/javascript; charset=utf-8', path: () => own('chart.js') },
  '/past.js': { type: 'text/javascript; charset=utf-8', path: () => own('past.js') },
  '/machines.js': { type: 'text/javascript; charset=utf-8', path: () => own('machines.js') },
  '/feed.js': { type: 'text/javascript; charset=utf-8', path: () => own('feed.js') },
  '/icon.svg': { type: 'image/svg+xml', path: () => own('icon.svg') },
  '/uplot.css': { type: 'text/css; charset=utf-8', path: () => require.resolve('uplot/dist/uPlot.min.css') },
  '/uplot.js': {
    type: 'text/javascript; charset=utf-8',
    path: () => require.resolve('uplot/dist/uPlot.esm.js'),
  },
}

const read = new Map<string, Asset>()

/** Undefined: there is no such file. */
export function assetOf(path: string): Asset | undefined {
  const asset = read.get(path) ?? load(path)
  if (asset !== undefined) read.set(path, asset)
  return asset
}

function load(path: string): Asset | undefined {
  if (path === '/runbook') return { type: 'text/html; charset=utf-8', body: Buffer.from(runbookPage()) }
  const file = Object.hasOwn(FILES, path) ? FILES[path] : undefined
  return file && { type: file.type, body: readFileSync(file.path()) }
}
