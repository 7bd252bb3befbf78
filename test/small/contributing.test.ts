/** The recipes of CONTRIBUTING.md name what is there, and leave out no place that their example has. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TEXT = readFileSync(`${ROOT}/CONTRIBUTING.md`, 'utf8')
/** Paths stand in back quotes or are where a link leads. */
const pathsIn = (text: string): string[] =>
  [...text.matchAll(/[`(]([\w.-]+\/[\w./-]*|[\w-]+\.(?:md|js|json))[`)]/g)].map(([, path = '']) => path)
const sections = TEXT.split(/^(?=#{2,3} )/m)

t.test('every file and script that it names is there', (t) => {
  const names = pathsIn(TEXT)
  t.ok(names.length > 50, `${names.length} names`)
  for (const name of names) t.ok(existsSync(`${ROOT}/${name}`), name)
  const { scripts } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as {
    scripts: Record<string, string>
  }
  for (const [, script = ''] of TEXT.matchAll(/npm run ([\w:]+)/g)) t.ok(scripts[script], `npm run ${script}`)
  t.end()
})

/** Written by `npm run docs`, or tests and what they run. */
const FOLLOWS =
  /^docs\/(alerts|errors|metrics|settings(\/\w+)?)\.md$|^docs\/pegminer\.|^config\/(grafana|prometheus\/\w+\.rules\.yml$)|\.test\.ts$|^test\//

t.test('every place of an example is in its recipe', (t) => {
  let count = 0
  for (const section of sections) {
    const listed = pathsIn(section)
    for (const [, example = ''] of section.matchAll(/[Ee]xample:? `([\w.-]+)`/g)) {
      count++
      const found = execFileSync('git', ['grep', '-l', '-w', '-F', '-e', example], {
        cwd: ROOT,
        encoding: 'utf8',
      })
        .trim()
        .split('\n')
        .filter((path) => !FOLLOWS.test(path) && !/^(CONTRIBUTING|CHANGELOG)\.md$/.test(path))
      t.ok(found.length > 1, `${example}: ${found.length} places`)
      for (const path of found) t.ok(listed.includes(path), `${example} is in ${path}`)
    }
  }
  t.ok(count >= 6, `${count} examples`)
  t.end()
})

t.test('the recipe of a record version names each table with a row a version', (t) => {
  const recipe = sections.find((section) => section.startsWith('### A record version')) ?? ''
  const found = execFileSync('git', ['grep', '-l', 'Record<OprVersion,', '--', '*.ts', ':!*.test.ts'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  const tables = found.trim().split('\n')
  t.ok(tables.length > 3)
  for (const path of tables) t.ok(pathsIn(recipe).includes(path), path)
  t.end()
})
