/** `npm run build`: does what has changed, and nothing else. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

t.test('only what has changed is built', (t) => {
  const root = t.testdir({
    cli: {
      'main.ts': "import type { A } from './a.js'\nexport { a } from './a.js'\nexport const b: A = 1\n",
      'a.ts': 'export type A = number\nexport const a = 2\n',
      'a.test.ts': 'nothing',
      fixtures: { 'f.ts': 'nothing' },
    },
    telemetry: { page: { 'page.js': 'page' } },
    lxrhash: { 'kernel.wasm': 'kernel' },
    test: { 'x.ts': 'nothing' },
  })
  const build = (): string => {
    const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'build.js'), '--root', root], {
      encoding: 'utf8',
    })
    return status === 0 ? stderr : `failed: ${stderr}`
  }
  const built = (name: string): string => readFileSync(join(root, 'dist', name), 'utf8')
  t.match(build(), /^ BUILD +the program, 2 modules in [\d.]+ s\n$/)
  t.match(
    built('cli/main.js'),
    /^export \{ a \} from '.\/a.js';\nexport const b = 1;\n\/\/# sourceMappingURL=main.js.map\n$/,
  )
  t.equal(built('telemetry/page/page.js'), 'page')
  t.equal(built('lxrhash/kernel.wasm'), 'kernel')
  for (const none of ['cli/a.test.js', 'cli/fixtures', 'test'])
    t.notOk(existsSync(join(root, 'dist', none)), none)
  t.equal(build(), '', 'up to date: not a word')

  writeFileSync(join(root, 'cli/a.ts'), 'export type A = number\nexport const a = 3\n')
  t.match(build(), /the program/)
  t.match(built('cli/a.js'), 'a = 3')
  writeFileSync(join(root, 'dist/cli/a.js'), 'by another tool')
  t.match(build(), /the program/, 'what is not ours is made anew')
  t.match(built('cli/a.js'), 'a = 3')
  rmSync(join(root, 'dist/cli/main.js'))
  t.match(build(), /the program/)
  mkdirSync(join(root, 'watch'))
  writeFileSync(join(root, 'watch/w.ts'), 'export {}\n')
  t.match(build(), /3 modules/)
  rmSync(join(root, 'watch'), { recursive: true })
  t.match(build(), /2 modules/)
  t.notOk(existsSync(join(root, 'dist/watch/w.js')), 'a module that is gone is gone')
  writeFileSync(join(root, 'cli/a.ts'), 'export const a = (\n')
  t.match(build(), /^failed: [\s\S]*a\.ts/)
  t.match(build(), /^failed/, 'and is not up to date afterwards')
  t.end()
})

t.test('the kernel in the repository is the one of its source', (t) => {
  const note = JSON.parse(readFileSync(join(ROOT, 'lxrhash/kernel.json'), 'utf8')) as Record<string, string>
  for (const name of ['kernel.wasm', 'kernel-scalar.wasm']) {
    const bytes = readFileSync(join(ROOT, 'lxrhash', name))
    t.equal(createHash('sha256').update(bytes).digest('hex'), note[name], name)
  }
  // It would be compiled if source or compiler were others than those noted.
  const root = t.testdir()
  cpSync(join(ROOT, 'lxrhash'), join(root, 'lxrhash'), { recursive: true })
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'build.js'), '--root', root], {
    encoding: 'utf8',
  })
  t.equal(status, 0)
  t.notMatch(stderr, 'kernel')
  t.end()
})
