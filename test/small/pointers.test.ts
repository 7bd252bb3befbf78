/** A reader who has only this repository can follow every pointer in its comments and documents. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

import { anchorsOf } from '../fixtures/markdown.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FILES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => /\.(ts|js|md|ya?ml|css|html|service)$|^Dockerfile$/.test(path))
  .filter((path) => !path.startsWith('CHANGELOG') && existsSync(join(ROOT, path)))
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const anchors = new Map<string, Set<string>>()
const hasAnchor = (path: string, anchor: string): boolean => {
  if (!anchors.has(path)) anchors.set(path, anchorsOf(read(path)))
  return anchors.get(path)!.has(anchor)
}

t.test('`docs/…` and `….md#…` in any file open', (t) => {
  let count = 0
  for (const path of FILES)
    for (const [pointer, file = '', anchor] of read(path).matchAll(
      /(?<![\w./-])((?:docs\/[\w/-]+|ARCHITECTURE|CONTRIBUTING|SECURITY)\.md)(?:#([\w-]+))?/g,
    )) {
      count++
      if (!existsSync(join(ROOT, file))) t.fail(`${path}: ${pointer}: there is no such file`)
      else if (anchor !== undefined && !hasAnchor(file, anchor))
        t.fail(`${path}: ${pointer}: no such heading`)
    }
  t.ok(count > 60, `${count} pointers`)
  t.end()
})

t.test('links between documents open, at their heading too', (t) => {
  let count = 0
  for (const path of FILES.filter((name) => name.endsWith('.md')))
    for (const [, link = '', anchor] of read(path).matchAll(/\]\(([^)#\s]*)(?:#([^)\s]+))?\)/g)) {
      if (/^\w+:/.test(link)) continue
      count++
      const file = link === '' ? path : join(dirname(path), link)
      if (!existsSync(join(ROOT, file))) t.fail(`${path}: ${link}: there is no such file`)
      else if (anchor !== undefined && !hasAnchor(file, anchor)) t.fail(`${path}: ${link}#${anchor}`)
    }
  t.ok(count > 20, `${count} links`)
  t.end()
})

t.test('nothing points at a document that is not here', (t) => {
  // Written in pieces, so that this file does not find itself.
  const outside = new RegExp(`${'specifica'}tion §|§ ?\\d|\\bspec/|shared/`, 'i')
  const source = /\w\.(go|cpp|proto)\b/
  t.ok(FILES.length > 500, `${FILES.length} files`)
  for (const path of FILES.filter((name) => name !== 'test/small/pointers.test.ts'))
    read(path)
      .split('\n')
      .forEach((line, k) => {
        if (outside.test(line)) t.fail(`${path}:${k + 1}: ${line.trim()}`)
        // A file of another project needs the address of the project.
        if (/^\s*(\/?\*|\/\/)/.test(line) && source.test(line) && !line.includes('github.com/'))
          t.fail(`${path}:${k + 1}: whose file? ${line.trim()}`)
      })
  t.end()
})

t.test('hand-written documents name their subjects', (t) => {
  const riddle = /\b(whoever|nobody|somebody)\b|\bends? (\w+ ){0,2}in order\b/i
  const documents = FILES.filter((path) => path.endsWith('.md')).filter(
    (path) => !read(path).startsWith('<!-- Generated'),
  )
  t.ok(documents.length > 20, `${documents.length} documents`)
  for (const path of documents) t.notMatch(read(path), riddle, path)
  t.end()
})

t.test('comments and texts of the program name their subjects', (t) => {
  const sources = FILES.filter((path) => /\.(ts|js)$/.test(path))
  t.ok(sources.length > 400, `${sources.length} sources`)
  for (const path of sources)
    read(path)
      .split('\n')
      .forEach((line, k) => {
        const [, comment = ''] = /^\s*(?:\/\*\*?|\*|\/\/)\s(.*)|\s\/\/\s(.*)$/.exec(line) ?? []
        const text = /\.test\.ts$|^test\//.test(path) ? comment : line
        if (/\b(whoever|nobody|somebody)\b/i.test(text)) t.fail(`${path}:${k + 1}: ${line.trim()}`)
      })
  t.end()
})

t.test('names say what a thing is', (t) => {
  // Words of the stage, and words that say nothing.
  const word =
    /\b(?:const|let|type|interface|class|function|readonly) (Given|Again|Surroundings|Ground|Room|face|told|Desk)\b/
  const found = FILES.filter((name) => /\.(ts|js)$/.test(name)).flatMap((path) => {
    const [name] = word.exec(read(path)) ?? []
    return name === undefined ? [] : [`${path}: ${name}`]
  })
  t.same(found, [])
  t.end()
})
