/**
 * Translates TypeScript as it is loaded. A translation is kept by the hash of its source: a whole run starts more than a
 * hundred processes that load mostly the same modules.
 */
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

import { SWC } from '../swc.js'

const HOME = new URL('../', import.meta.url).href
const POOL = `${HOME}test/pool.js`
const KEPT = new URL('node_modules/.cache/typescript/', HOME)
const OPTIONS = { ...SWC, sourceMaps: 'inline', inlineSourcesContent: false }
const require = createRequire(import.meta.url)
const tool = `${require('@swc/core/package.json').version} ${JSON.stringify(OPTIONS)}`

const isOurs = (url) =>
  url.startsWith(HOME) && !url.startsWith(`${HOME}node_modules/`) && !url.startsWith(`${HOME}dist/`)

/** Test files that another one loads. */
const within = new Set()

/** `./a.js` is `a.ts` where only that exists. A test file that another one loads is given its subtest for `tap`. */
export function resolve(specifier, context, next) {
  const { parentURL = HOME } = context
  if (specifier === 'tap' && within.has(parentURL))
    return { url: `${HOME}test/together/tap.js?${parentURL}`, format: 'module', shortCircuit: true }
  if (specifier === 'piscina' && isOurs(parentURL) && parentURL !== POOL)
    return { url: POOL, format: 'module', shortCircuit: true }
  if (/^(\.|\/|file:)/.test(specifier) && specifier.endsWith('.js')) {
    const source = new URL(specifier.replace(/\.js$/, '.ts'), parentURL)
    if (isOurs(source.href) && existsSync(source)) {
      if (specifier.endsWith('.test.js')) within.add(source.href)
      return { url: source.href, format: 'module', shortCircuit: true }
    }
  }
  return next(specifier, context)
}

export function load(url, context, next) {
  if (url.endsWith('.ts') && isOurs(url))
    return { format: 'module', source: translated(fileURLToPath(url)), shortCircuit: true }
  if (context.format !== 'module' || !url.startsWith(HOME)) return next(url, context)
  // Node.js and the test runner each read what a source map names and take it apart: 0.3 s for each process.
  const source = readFileSync(fileURLToPath(url), 'utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n')
  return { format: 'module', source, shortCircuit: true }
}

function translated(file) {
  const text = readFileSync(file, 'utf8')
  const hash = createHash('sha256').update(`${tool}\0${file}\0${text}`).digest('hex')
  const kept = new URL(`${hash}.js`, KEPT)
  try {
    return readFileSync(kept, 'utf8')
  } catch {
    const { code } = require('@swc/core').transformSync(text, { ...OPTIONS, filename: file })
    mkdirSync(KEPT, { recursive: true })
    const whole = new URL(randomUUID(), KEPT)
    writeFileSync(whole, code)
    renameSync(whole, kept)
    return code
  }
}
