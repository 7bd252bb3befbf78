/** What is published holds everything that the program needs and what its documents promise. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'

import { COMMANDS } from '../cli/commands.js'
import { readFlags } from '../config/index.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const DOCS = ['README.md', 'docs/operating.md']
const read = (path: string): string => readFileSync(`${ROOT}/${path}`, 'utf8')

t.test('the package', (t) => {
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
    'dist/cli/main.js',
    'dist/miner/worker.js',
    'dist/lxrhash/kernel.wasm',
    'dist/lxrhash/kernel-scalar.wasm',
    'dist/telemetry/page/index.html',
    'dist/telemetry/page/page.js',
    'dist/telemetry/page/page.css',
    'config/prometheus/pegminer.rules.yml',
    'config/prometheus/prometheus.yml',
    'config/grafana/miner.json',
    'config/systemd/pegminer.service',
    'docs/alerts.md',
    'docs/pegminer.schema.json',
  ])
    t.ok(files.includes(needed), needed)
  t.same(
    files.filter((path) => /\.test\.[jt]s|fixtures|\.pem$|\.key$/.test(path)),
    [],
    'nothing that only tests need',
  )
  t.end()
})

t.test('command lines of the documents can be given as they stand', (t) => {
  for (const doc of DOCS) {
    const blocks = [...read(doc).matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text)
    const lines = blocks.flatMap((text) => text.replaceAll('\\\n', ' ').split('\n'))
    const ours = lines.flatMap((line) =>
      [...line.matchAll(/(?:^|\| |\S+=\S+ )pegminer ([^|#>]*)/g)].map(([, words = '']) => words),
    )
    t.ok(ours.length > 3, doc)
    for (const line of ours) {
      const [name, ...words] = line.trim().split(/\s+/)
      const command = COMMANDS.find((spec) => spec.name === name)
      t.ok(command, `pegminer ${line}`)
      if (command === undefined) continue
      const { problems, positionals } = readFlags(words, command.flagKeys ?? command.keys)
      t.same(problems, [], `pegminer ${line}`)
      t.ok(positionals.length <= (command.arguments?.most ?? 0), `arguments of pegminer ${line}`)
    }
  }
  t.end()
})

t.test('links of the documents lead somewhere', (t) => {
  for (const doc of [...DOCS, 'docs/alerts.md', 'ARCHITECTURE.md']) {
    const folder = doc.includes('/') ? `${doc.slice(0, doc.lastIndexOf('/'))}/` : ''
    for (const [, link = ''] of read(doc).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g))
      if (!/^https?:/.test(link)) t.ok(existsSync(`${ROOT}/${folder}${link}`), `${doc}: ${link}`)
  }
  t.end()
})

t.test('the service file', (t) => {
  const unit = read('config/systemd/pegminer.service')
  const [, line = ''] = /^ExecStart=\/usr\/bin\/env pegminer (.*)$/m.exec(unit) ?? []
  const [name, ...words] = line.split(' ')
  const command = COMMANDS.find((spec) => spec.name === name)
  t.same(readFlags(words, command?.keys ?? []).problems, [])
  for (const setting of [
    'RestartPreventExitStatus=2',
    'SuccessExitStatus=130',
    'NoNewPrivileges=yes',
    'ProtectSystem=strict',
  ])
    t.ok(unit.split('\n').includes(setting), setting)
  const analyze = process.env['PEGMINER_TEST_SYSTEMD'] ?? ''
  if (analyze !== '') {
    const file = `${t.testdir({ 'pegminer.service': unit.replace('/usr/bin/env pegminer', '/usr/bin/env true') })}/pegminer.service`
    t.doesNotThrow(() => execFileSync(analyze, ['verify', file], { stdio: 'pipe' }), 'systemd-analyze verify')
  }
  t.end()
})
