/** What is published holds everything that the program needs and what its documents promise. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

import { COMMANDS } from '../cli/program/commands.js'
import { envNameOf, readFlags, SETTING_KEYS, settingOf } from '../config/index.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const DOCS = [
  'README.md',
  ...readdirSync(`${ROOT}/docs`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]
const read = (path: string): string => readFileSync(`${ROOT}/${path}`, 'utf8')

t.test('the package', (t) => {
  const { man: manual } = JSON.parse(read('package.json')) as { man: string }
  const listed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [pack] = JSON.parse(listed) as [{ files: { path: string }[] }]
  const files = pack.files.map(({ path }) => path)
  for (const needed of [
    'package.json',
    'LICENSE',
    'README.md',
    'SECURITY.md',
    'examples/mainnet.yaml',
    'docs/protocol/komodo.md',
    'dist/cli/main.js',
    'dist/miner/work/worker.js',
    'dist/lxrhash/kernel.wasm',
    'dist/lxrhash/kernel-scalar.wasm',
    'dist/telemetry/page/index.html',
    'dist/telemetry/page/page.js',
    'dist/telemetry/page/page.css',
    'dist/telemetry/page/common/theme.css',
    'dist/telemetry/page/common/plain.css',
    'dist/telemetry/page/common/pieces.js',
    'dist/bench/png/letters.json',
    'dist/explorer/page/index.html',
    'dist/explorer/page/explorer.js',
    'dist/explorer/page/network.js',
    'dist/explorer/page/explorer.css',
    'config/prometheus/pegminer.rules.yml',
    'config/prometheus/prometheus.yml',
    'config/grafana/miner.json',
    'config/systemd/pegminer.service',
    'config/systemd/pegminer-feed.service',
    'config/systemd/pegminer-farm-coordinator.service',
    'config/systemd/pegminer-farm-worker.service',
    'config/nats/compose.yaml',
    'config/nats/compose.conf',
    'docs/alerts.md',
    'docs/settings/prices.md',
    manual,
    'docs/pegminer.schema.json',
  ])
    t.ok(files.includes(needed), needed)
  t.same(
    files.filter((path) => /\.test\.[jt]s|fixtures|\.pem$|\.key$|\.png$|\.map$/.test(path)),
    [],
    'nothing that only tests need, no pictures, and no maps to sources that are not in it',
  )
  t.end()
})

t.test('the built program finds the runbook beside it', async (t) => {
  const built = (await import(`${ROOT}/dist/telemetry/runbook.js`)) as { runbookPage: () => string }
  t.match(built.runbookPage(), 'id="minerdown"')
})

t.test('links of the documents lead somewhere', (t) => {
  for (const doc of [...DOCS, 'ARCHITECTURE.md']) {
    const folder = doc.includes('/') ? `${doc.slice(0, doc.lastIndexOf('/'))}/` : ''
    for (const [, link = ''] of read(doc).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g))
      if (!/^https?:/.test(link)) t.ok(existsSync(`${ROOT}/${folder}${link}`), `${doc}: ${link}`)
  }
  t.end()
})

t.test('the Dockerfile', (t) => {
  const text = read('Dockerfile').replaceAll('\\\n', ' ')
  const lines = text.split('\n').filter((line) => /^[A-Z]+ /.test(line))
  const of = (word: string) =>
    lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []))
  const { engines, scripts } = JSON.parse(read('package.json')) as {
    engines: { node: string }
    scripts: Record<string, string>
  }
  const tracked = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).split('\n')
  const allowed = read('.dockerignore')
    .split('\n')
    .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []))
  const sources = of('COPY')
    .filter((line) => !line.startsWith('--from'))
    .flatMap((line) => line.split(' ').slice(0, -1))
  for (const source of sources) {
    t.ok(
      tracked.some((path) => path === source || path.startsWith(`${source}/`)),
      `${source} is in the repository`,
    )
    t.ok(allowed.includes(source), `${source} reaches the build`)
  }
  t.same(
    allowed.filter((path) => !sources.includes(path)),
    [],
    'nothing else does',
  )
  // Every room of the program: the build takes what it is given.
  const rooms = new Set(tracked.filter((path) => /\.ts$/.test(path)).map((path) => path.split('/')[0] ?? ''))
  for (const room of rooms) if (room !== 'test') t.ok(sources.includes(room), room)
  for (const [, name = ''] of text.matchAll(/npm run (\S+)/g)) t.ok(scripts[name], `npm run ${name}`)
  for (const line of of('FROM')) t.match(line, /^\$\{NODE_IMAGE\}/, 'one base for both')
  const [, base = '', version = ''] = /^NODE_IMAGE=(node:(\d+)-\S+)$/.exec(of('ARG')[0] ?? '') ?? []
  const tested = JSON.parse(read('test/nodes/versions.json')) as string[]
  t.ok(tested.includes(version), 'a version that is tested')
  t.equal(tested[0], /\d+/.exec(engines.node)![0], 'the oldest that the package allows is tested too')
  const guide = read('docs/operating.md')
  t.match(guide, `inspect ${base} --format`, 'the guide pins this base')
  t.match(guide, `tested with Node.js ${tested.slice(0, -1).join(', ')} and ${tested.at(-1)!}`)
  t.same(of('USER'), ['node'])
  t.ok(
    lines.findIndex((line) => line.startsWith('USER')) >
      lines.findIndex((line) => line.startsWith('RUN mkdir')),
  )
  const [entry = '', command = ''] = [...of('ENTRYPOINT'), ...of('CMD')]
  t.same(JSON.parse(entry), ['node', '/app/dist/cli/main.js'])
  t.ok(COMMANDS.some(({ name }) => name === (JSON.parse(command) as string[])[0]))
  const port = settingOf('telemetry.port').default
  t.same(of('EXPOSE'), [String(port)])
  t.match(of('HEALTHCHECK')[0], `http://127.0.0.1:${String(port)}/live`)
  for (const line of of('ENV'))
    for (const [, name = ''] of line.matchAll(/(PEGMINER_\w+)=/g))
      t.ok(
        SETTING_KEYS.some((key) => envNameOf(key) === name),
        name,
      )
  t.end()
})

const UNITS = [
  'pegminer.service',
  'pegminer-feed.service',
  'pegminer-farm-coordinator.service',
  'pegminer-farm-worker.service',
]

for (const file of UNITS) t.test(`the service file ${file}`, (t) => checkUnit(t, file))

t.test('what one service may not do, the others may not either', (t) => {
  const [miner, ...others] = UNITS.map(confinement)
  t.ok(miner!.length > 25, `${miner!.length} lines`)
  for (const other of others) t.same(miner, other)
  t.end()
})

/** All that begins with the limits of resources: what the process cannot do, whatever it runs. */
function confinement(unitFile: string): string[] {
  const [, service = ''] = /^\[Service\]\n([\s\S]*?)^\[/m.exec(read(`config/systemd/${unitFile}`)) ?? []
  const lines = service.split('\n').filter((line) => /^\w+=/.test(line))
  return lines.slice(lines.findIndex((line) => line.startsWith('StateDirectory='))).sort()
}

function checkUnit(t: Test, unitFile: string): void {
  const unit = read(`config/systemd/${unitFile}`)
  const [, line = ''] = /^ExecStart=\/usr\/bin\/env pegminer (.*)$/m.exec(unit) ?? []
  const [name, ...words] = line.split(' ')
  const command = COMMANDS.find((spec) => spec.name === name)
  t.same(readFlags(words, command?.keys ?? []).problems, [])
  for (const setting of [
    'RestartPreventExitStatus=2',
    'SuccessExitStatus=130',
    'NoNewPrivileges=yes',
    'ProtectSystem=strict',
    'LimitCORE=0',
  ])
    t.ok(unit.split('\n').includes(setting), setting)
  const analyze = process.env['PEGMINER_TEST_SYSTEMD'] ?? ''
  if (analyze !== '') {
    const file = `${t.testdir({ [unitFile]: unit.replace('/usr/bin/env pegminer', '/usr/bin/env true') })}/${unitFile}`
    t.doesNotThrow(() => execFileSync(analyze, ['verify', file], { stdio: 'pipe' }), 'systemd-analyze verify')
  }
  t.end()
}

t.test('imports make no circle, those of types and those on demand neither', (t) => {
  const imports = new Map<string, string[]>()
  for (const folder of readdirSync(ROOT, { withFileTypes: true })) {
    if (!folder.isDirectory() || /^(\.|node_modules$|dist$|coverage$)/.test(folder.name)) continue
    for (const path of readdirSync(`${ROOT}/${folder.name}`, { recursive: true, encoding: 'utf8' })) {
      const file = join(folder.name, path)
      if (file.endsWith('.ts')) imports.set(file, importsOf(file))
    }
  }
  t.ok(imports.size > 500, `${imports.size} modules`)
  t.ok(imports.get('cli/main.ts')?.includes('cli/program/program.ts'), 'imports are found')
  t.same(circleIn(imports), [])
  t.ok(
    circleIn(new Map([...imports, ['base/index.ts', ['cli/main.ts']]])).includes('cli/main.ts'),
    'one is seen',
  )
  t.end()
})

/** Paths of the modules that a source names, whatever for. */
function importsOf(file: string): string[] {
  const named = read(file).matchAll(/(?:from|^import|import\() ?'(\.[^']+)\.js'/gm)
  return [...named].map(([, path = '']) => join(dirname(file), `${path}.ts`))
}

/** The first circle found, each file followed by one that it imports; empty if there is none. */
function circleIn(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const clear = new Set<string>()
  const walk = (file: string, path: readonly string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (clear.has(file)) return []
    for (const next of imports.get(file) ?? []) {
      const circle = walk(next, [...path, file])
      if (circle.length > 0) return circle
    }
    clear.add(file)
    return []
  }
  for (const file of imports.keys()) {
    const circle = walk(file, [])
    if (circle.length > 0) return circle
  }
  return []
}

/** What is loaded with a module of the built program, whatever it does. */
function loadedWith(entry: string): {
  readonly files: ReadonlySet<string>
  readonly libraries: ReadonlySet<string>
} {
  const files = new Set<string>()
  const libraries = new Set<string>()
  const walk = (file: string): void => {
    if (files.has(file)) return
    files.add(file)
    for (const [, name = ''] of read(file).matchAll(/(?:from|^import) ['"]([^'"]+)['"]/gm))
      if (name.startsWith('.')) walk(join(dirname(file), name))
      else if (!name.startsWith('node:')) libraries.add(name)
  }
  walk(entry)
  return { files, libraries }
}

t.test('a hashing thread loads no library', (t) => {
  const { files, libraries } = loadedWith('dist/miner/work/worker.js')
  t.ok(files.size > 10)
  t.same([...libraries], [])
  t.end()
})

t.test('who grades a block or measures does not wait for the oraclefeed to be loaded', (t) => {
  for (const command of ['grade/grade', 'bench/bench']) {
    const files = [...loadedWith(`dist/cli/${command}.js`).files]
    t.ok(files.includes('dist/oracle/grading/grade.js'))
    t.same(
      files.filter((file) => /^dist\/(oracle\/feed|komodo)\//.test(file)),
      [],
    )
  }
  t.end()
})

t.test('who looks does not wait for what mines, measures or serves to be loaded', (t) => {
  for (const command of ['program/program', 'grade/grade', 'history/history']) {
    const { files, libraries } = loadedWith(`dist/cli/${command}.js`)
    t.same(
      [...files].filter((file) =>
        /^dist\/(miner|bench|oracle\/prices|telemetry\/(server|metrics|alarms\/))/.test(file),
      ),
      [],
      command,
    )
    for (const library of ['prom-client', 'yaml', 'ini']) t.notOk(libraries.has(library), library)
  }
  t.end()
})
