#!/usr/bin/env node
/**
 * `npm run build`: the program in dist/. TypeScript is translated file by file; `npm run check` looks at the types. What
 * is up to date is left as it is, so that the second `npm start` begins at once. The hashing kernel lies beside its
 * source (lxrhash/kernel.json says of which it was made) and is compiled only when that has changed.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { SWC } from './swc.js'

const { values } = parseArgs({ options: { root: { type: 'string' }, kernel: { type: 'boolean' } } })
const HOME = dirname(fileURLToPath(import.meta.url))
const ROOT = values.root ?? HOME
const DIST = join(ROOT, 'dist')
const STAMP = join(DIST, 'build.json')
const KERNELS = { 'kernel.wasm': 'release', 'kernel-scalar.wasm': 'scalar' }
const NOT_ROOMS = new Set(['node_modules', 'dist', 'test', 'docs', 'coverage'])

process.on('SIGINT', () => process.exit(130))
const say = (text) => process.stderr.write(` BUILD       ${text}\n`)
const hashOf = (...parts) =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex')
const read = (file) => readFileSync(join(ROOT, file))
const jsonOf = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {})
const listOf = (folder) =>
  existsSync(join(ROOT, folder))
    ? readdirSync(join(ROOT, folder), { recursive: true })
        .map((name) => join(folder, name))
        .filter((file) => statSync(join(ROOT, file)).isFile())
        .sort()
    : []
const seconds = (begun) => `${((performance.now() - begun) / 1000).toFixed(1)} s`

/** One digest of files by name and content, and of what they are translated by. */
const digestOf = (files, tool) => hashOf(tool, ...files.flatMap((file) => [`\0${file}\0`, read(file)]))

async function buildKernel() {
  const files = listOf('lxrhash/assembly').filter((file) => /\.(ts|json)$/.test(file))
  if (files.length === 0) return
  const { version } = jsonOf(join(HOME, 'node_modules/assemblyscript/package.json'))
  const note = join(ROOT, 'lxrhash/kernel.json')
  const facts = () =>
    Object.fromEntries(Object.keys(KERNELS).map((name) => [name, hashOf(read(join('lxrhash', name)))]))
  const there = Object.keys(KERNELS).every((name) => existsSync(join(ROOT, 'lxrhash', name)))
  // Installed without what only development needs: the kernel stays as it came.
  if (!values.kernel && there && version === undefined) return
  const made = { assemblyscript: version, source: digestOf(files, `${version}`) }
  if (!values.kernel && there && same(jsonOf(note), { ...made, ...facts() })) return
  const begun = performance.now()
  say('the hashing kernel, which takes some ten seconds')
  const source = ['lxrhash/assembly/index.ts', '--config', 'lxrhash/assembly/asconfig.json']
  const asc = join(HOME, 'node_modules/assemblyscript/bin/asc.js')
  const codes = await Promise.all(
    Object.values(KERNELS).map(async (target) => {
      const child = spawn(process.execPath, [asc, ...source, '--target', target], {
        cwd: ROOT,
        stdio: 'inherit',
      })
      return (await once(child, 'exit'))[0]
    }),
  )
  if (codes.some((code) => code !== 0)) process.exit(1)
  writeFileSync(note, `${JSON.stringify({ ...made, ...facts() }, null, 2)}\n`)
  say(`the hashing kernel is there after ${seconds(begun)}`)
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other)

/** Sources that are translated, and files that are copied. */
function inputs() {
  const rooms = readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !NOT_ROOMS.has(entry.name))
    .flatMap(({ name }) => listOf(name))
  const sources = rooms.filter(
    (file) => /(?<!\.d|\.test)\.ts$/.test(file) && !/(^|\/)fixtures\/|^lxrhash\/assembly\//.test(file),
  )
  const copies = rooms.filter((file) =>
    /^(telemetry|explorer|desk\/peg-watch)\/page\/|^lxrhash\/kernel[^/]*\.wasm$|^bench\/png\/letters\.json$/.test(
      file,
    ),
  )
  return { sources: sources.filter((file) => !copies.includes(file)), copies }
}

/** What is in dist/ now: a file that another tool has written is not ours. */
const outputFacts = (files) =>
  files.map((file) => {
    const stat = statSync(join(DIST, file), { throwIfNoEntry: false })
    return stat === undefined ? [file] : [file, stat.size, Math.floor(stat.mtimeMs)]
  })

async function buildProgram() {
  const begun = performance.now()
  const { sources, copies } = inputs()
  const { version } = jsonOf(join(HOME, 'node_modules/@swc/core/package.json'))
  const stamp = digestOf(
    [...sources, ...copies],
    `${version} ${JSON.stringify(SWC)} ${readFileSync(fileURLToPath(import.meta.url))}`,
  )
  const compiled = sources.map((file) => file.replace(/\.ts$/, '.js'))
  const outputs = [...compiled, ...copies]
  const before = jsonOf(STAMP)
  if (before.stamp === stamp && same(before.outputs, outputFacts(outputs))) return
  const { transformFile } = await import('@swc/core')
  rmSync(STAMP, { force: true })
  for (const folder of new Set(outputs.map((file) => dirname(file))))
    mkdirSync(join(DIST, folder), { recursive: true })
  const work = sources.entries()
  const translate = async () => {
    for (const [k, file] of work) {
      const name = file.split('/').at(-1)
      const { code, map } = await transformFile(join(ROOT, file), { ...SWC, sourceMaps: true })
      const target = join(DIST, compiled[k])
      const { sourcesContent: _, ...light } = JSON.parse(map)
      const back = '../'.repeat(file.split('/').length)
      const mapped = { ...light, file: name.replace(/\.ts$/, '.js'), sources: [`${back}${file}`] }
      writeFileSync(`${target}.map`, JSON.stringify(mapped))
      writeFileSync(target, `${code}//# sourceMappingURL=${name.replace(/\.ts$/, '.js')}.map\n`)
    }
  }
  await Promise.all(Array.from({ length: 2 * availableParallelism() }, translate))
  for (const file of copies) cpSync(join(ROOT, file), join(DIST, file))
  removeOld(new Set([...outputs, ...compiled.map((file) => `${file}.map`)]))
  writeFileSync(STAMP, JSON.stringify({ stamp, outputs: outputFacts(outputs) }))
  say(`the program, ${sources.length} modules in ${seconds(begun)}`)
}

/** Of modules that are no more, and of other tools; the declarations that tsc writes stay. */
function removeOld(current) {
  for (const path of readdirSync(DIST, { recursive: true }))
    if (/\.(js|js\.map|wasm)$/.test(path) && !current.has(path)) rmSync(join(DIST, path))
}

try {
  await buildKernel()
  await buildProgram()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exit(1)
}
