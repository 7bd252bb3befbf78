import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import t from 'tap'

import { displayNameOf } from '../../config/index.js'
import { COMMANDS } from '../program/commands.js'
import { flagGroups, keysOfFlags } from '../program/flag-groups.js'
import { manPage } from '../docs/man.js'
import { runProgram } from '../program/program.js'
import { bashScript, completionsOf, fishScript, zshScript } from './shells.js'

const TABLE = completionsOf(COMMANDS)
const SCRIPTS = { bash: bashScript(TABLE), zsh: zshScript(TABLE), fish: fishScript(TABLE) }
const folder = t.testdir({ 'a.yaml': '', 'b.yaml': '', sub: {} })

const has = (program: string): boolean => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** What bash offers where the last word ends. */
function offered(...words: string[]): string[] {
  const quoted = words.map((word) => `'${word}'`).join(' ')
  const asked = `compopt() { :; }; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _pegminer`
  const script = `${SCRIPTS.bash}\n${asked}; printf '%s\\n' "\${COMPREPLY[@]}"`
  const out = execFileSync('bash', ['--norc', '-c', script], { cwd: folder, encoding: 'utf8' })
  return out.split('\n').filter((line) => line !== '')
}

t.test('bash completes commands, flags, values and files', (t) => {
  t.same(offered('pegminer', 'mi'), ['mine'])
  t.ok(offered('pegminer', '').includes('help'))
  t.same(offered('pegminer', 'help', 'hi'), ['history'])
  t.same(offered('pegminer', 'mine', '--net'), ['--network'])
  t.same(offered('pegminer', 'mine', '--network', ''), ['dev', 'local', 'TestNet', 'MainNet'])
  t.same(offered('pegminer', 'mine', '--network', '=', 'M'), ['MainNet'])
  t.same(offered('pegminer', 'mine', '--network', '='), ['dev', 'local', 'TestNet', 'MainNet'])
  t.same(offered('pegminer', 'bench', '--kernel', 's'), ['simd', 'scalar'])
  t.same(offered('pegminer', 'bench', '-t', ''), ['auto'])
  t.same(offered('pegminer', 'config', ''), ['check', 'show', 'init', 'import'])
  t.same(offered('pegminer', 'feed', 'ba'), ['backfill'])
  t.same(offered('pegminer', 'mine', '--no-c'), ['--no-color'])
  t.same(offered('pegminer', 'mine', '--config', 'a'), ['a.yaml'])
  t.same(offered('pegminer', 'mine', '--data-dir', ''), ['sub'])
  t.same(offered('pegminer', 'mine', '--identity', ''), [], 'nothing is known of it')
  t.end()
})

t.test('each shell knows every command and flag, and takes the script', (t) => {
  for (const command of COMMANDS)
    for (const key of keysOfFlags(command)) {
      const flag = displayNameOf(key)
      t.match(SCRIPTS.bash, flag)
      t.match(SCRIPTS.zsh, `${flag}`)
      t.match(SCRIPTS.fish, `-l ${flag.slice(2)}`)
    }
  for (const script of Object.values(SCRIPTS))
    for (const { name } of COMMANDS) t.match(script, new RegExp(`\\b${name}\\b`))
  for (const [shell, script] of Object.entries(SCRIPTS).filter(([shell]) => has(shell))) {
    const file = join(folder, `script.${shell}`)
    writeFileSync(file, script)
    t.doesNotThrow(() => execFileSync(shell, ['-n', file], { stdio: 'pipe' }), shell)
  }
  t.end()
})

t.test('no secret is offered', (t) => {
  const text = [...Object.values(SCRIPTS), manPage(COMMANDS)].join('\n')
  t.notMatch(text, /--\S*(secret|password|token)/i)
  t.end()
})

t.test('the command prints the script whatever file of settings is here', async (t) => {
  const here = process.cwd()
  t.teardown(() => process.chdir(here))
  process.chdir(t.testdir({ 'pegminer.yaml': 'nonsense: [' }))
  const run = async (...words: string[]) => {
    let [out, err] = ['', '']
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    Object.assign(stdout, { isTTY: true, columns: 80 })
    stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    const interrupted = new AbortController().signal
    const io = { stdin: Readable.from([]), stdout, stderr, env: {}, interrupted }
    const code = await runProgram(['completion', ...words], io)
    await new Promise((resolve) => setImmediate(resolve))
    return { code, out, err }
  }
  for (const [shell, script] of Object.entries(SCRIPTS))
    t.same(await run(shell), { code: 0, out: script, err: '' }, `${shell}: not folded for a terminal`)
  t.match(await run(), { code: 2, err: /say for which shell: bash, zsh, fish/ })
  t.match(await run('tcsh'), { code: 2, err: /there is none for "tcsh"; choose: bash, zsh, fish/ })
})

t.test('groups of flags hold each flag once, those used most first', (t) => {
  for (const command of COMMANDS) {
    const groups = flagGroups(command)
    t.same(groups.flatMap(({ keys }) => keys).sort(), [...keysOfFlags(command)].sort(), command.name)
    t.ok(
      groups.every(({ title, keys }) => title !== 'Others' && keys.length > 0),
      command.name,
    )
  }
  const mine = flagGroups(COMMANDS.find(({ name }) => name === 'mine')!)
  t.equal(mine[0]?.title, 'Used most')
  t.ok(mine.length > 8)
  t.end()
})

t.test('the man page', (t) => {
  const page = manPage(COMMANDS)
  t.match(page, /^\.\\" .*\n\.TH PEGMINER 1 /)
  for (const { name } of COMMANDS) t.match(page, `\n.SH PEGMINER ${name.toUpperCase()}\n`)
  for (const line of page.trimEnd().split('\n')) {
    t.match(line, /^(\.(\\"|TH|SH|SS|TP|PP|RS|RE|nf|fi|nh|ad|br|B|I)\b|\.\\"|[^.'])/, line)
    t.match(line, /^[\x20-\x7e]*$/, 'ASCII')
  }
  if (has('groff')) {
    const warned = execFileSync('bash', ['-c', 'groff -man -ww -Tascii -z 2>&1 || true'], {
      input: page.replaceAll(/\\\[u\w+\]/g, '?'),
    })
    t.equal(warned.toString(), '')
  }
  t.end()
})
