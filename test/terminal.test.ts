/** The program on a terminal: stopped and going on, interrupted at once, its terminal closed. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

import { BARE, MAIN } from './fixtures/program.js'
import { noTerminal, openTerminal, type Terminal } from './fixtures/terminal.js'
import { until } from './fixtures/until.js'

const skip = noTerminal() || false
const dir = t.testdir()
const MINE = ['--bits', '8', '--data-dir', dir, '--metrics-port', 'off', '--port', '0']
const KEYS = /keys +h hashrate/
/** The shell's prompt. */
const PROMPT = 'shell> '

/** A terminal that is hung up at the end of the test, whatever happens, so that no program stays behind. */
function terminalOf(t: Test): Terminal {
  const terminal = openTerminal()
  let open = true
  const close = (): void => {
    if (open) terminal.close()
    open = false
  }
  t.teardown(close)
  return { ...terminal, close }
}

async function endOf(child: ChildProcess): Promise<unknown> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  return signal ?? code
}

t.test('Ctrl-Z under npm start', { skip }, async (t) => {
  // The start command of the package, behind npm and its shell, without the build before it.
  const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    scripts: { start: string }
  }
  const start = scripts.start.split(' && ').at(-1)!.replace('dist/cli/main.js', MAIN)
  const cwd = t.testdir({ 'package.json': JSON.stringify({ scripts: { start } }) })
  const terminal = terminalOf(t)
  const shell = terminal.run(['sh', '-i'], { cwd, env: { PS1: PROMPT, ENV: '' } })
  const ended = endOf(shell)
  await terminal.seen(/shell> $/)
  terminal.type(`npm start -- ${MINE.join(' ')}\n`)
  await terminal.seen(KEYS)
  for (const round of [1, 2]) {
    t.notOk(terminal.cooked(), 'keys are read one by one')
    terminal.type('\u001a')
    await terminal.seen(/shell> $/)
    t.ok(terminal.cooked(), `the shell has its terminal back, time ${round}`)
    terminal.type('echo "it" answers\n')
    await terminal.seen(/\nit answers/)
    terminal.type('fg\n')
    await terminal.seen(/npm start/)
    await until(() => !terminal.cooked(), 20)
    terminal.type('h')
    await terminal.seen(/speed +10s/)
  }
  terminal.type('q')
  await terminal.seen(/ENDED/)
  await terminal.seen(/shell> $/)
  terminal.type('exit\n')
  t.equal(await ended, 0)
})

t.test('a terminal that is closed', { skip }, async (t) => {
  for (const words of [
    ['mine', '--network', 'dev', ...MINE],
    ['dev', '--data-dir', `${dir}/dev`, '--port', '0', '--wallet-port', 'off', '--exchange-port', '0'],
  ]) {
    const terminal = terminalOf(t)
    const child = terminal.run([process.execPath, MAIN, ...words])
    const ended = endOf(child)
    await terminal.seen(words[0] === 'mine' ? KEYS : /Ctrl-C/)
    terminal.close()
    t.equal(await ended, 130, `${words[0]} ends in order, not by a signal`)
  }
})

t.test('a screen of its own', { skip }, async (t) => {
  const terminal = terminalOf(t)
  const shell = terminal.run(['sh', '-i'], { env: { PS1: PROMPT, ENV: '' } })
  const ended = endOf(shell)
  await terminal.seen(/shell> $/)
  terminal.type(`'${process.execPath}' '${MAIN}' prices --network dev --watch --data-dir '${dir}/prices'\n`)
  await terminal.seen(/\u001b\[\?1049h/)
  await terminal.seen(/PegNet prices/)
  terminal.type('\u001a')
  await terminal.seen(/\u001b\[\?1049l\u001b\[\?25h/)
  await terminal.seen(/shell> $/)
  terminal.type('fg\n')
  await terminal.seen(/\u001b\[\?1049h/)
  terminal.type('\u0003')
  await terminal.seen(/\u001b\[\?1049l\u001b\[\?25h/)
  await terminal.seen(/shell> $/)
  terminal.type('exit $?\n')
  t.equal(await ended, 130)
})

/** Whether a process hears SIGHUP, the last that the program listens to. */
const hears = (pid: number): boolean => {
  const [, caught = '0'] = /^SigCgt:\s*(\w+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return (BigInt(`0x${caught}`) & 1n) === 1n
}

/** Started without a terminal; resolves as soon as it hears signals. */
async function startBare(t: Test, words: readonly string[]) {
  const child = spawn('env', [...BARE, process.execPath, MAIN, ...words], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = endOf(child)
  await until(() => hears(child.pid!), 1)
  return { child, ended }
}

const noProc = process.platform !== 'linux' && 'signals are read from /proc'
t.test('signals in the first moments', { skip: noProc }, async (t) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const { child, ended } = await startBare(t, ['mine', '--network', 'dev', ...MINE])
    child.kill(signal)
    t.equal(await ended, 130, signal)
  }
})

t.test('SIGHUP without a terminal, as under nohup', { skip: noProc }, async (t) => {
  const { child, ended } = await startBare(t, ['hash', '--bits', '8', '--dir', dir])
  child.kill('SIGHUP')
  // Each signal comes before what the pipe brings later.
  child.stdin.write('00\n')
  await once(child.stdout, 'data')
  child.kill('SIGHUP')
  child.stdin.end('01\n')
  t.equal(await ended, 0)
})

t.test('what is loaded before signals are heard', (t) => {
  const seen = new Set<string>()
  const walk = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/^import (?:.* from )?'([^']+)'/gm))
      if (name.startsWith('.')) walk(fileURLToPath(new URL(name, `file://${file}`)))
      else t.match(name, /^node:/, `${file}: no package`)
  }
  walk(MAIN)
  t.ok(seen.size <= 5, [...seen].join(' '))
  t.end()
})

t.test('a passphrase is typed, not shown; words are shown here only', { skip }, async (t) => {
  const terminal = terminalOf(t)
  const home = t.testdir()
  const ended = endOf(
    terminal.run([process.execPath, MAIN, 'wallet', 'new', '--words', '--data-dir', home, '--config', 'off']),
  )
  await terminal.seen(/New passphrase for the wallet: /)
  terminal.type('hunter2 hunter3\u007f2\n')
  await terminal.seen(/The same again: /)
  terminal.type('x\u0015hunter2 hunter2\r')
  await terminal.seen(/ 24 [a-z]+ *\r?\n/)
  t.equal(await ended, 0)
  t.notMatch(terminal.shown(), /hunter/)
  t.ok(terminal.cooked(), 'the terminal is as it was')
  const again = endOf(
    terminal.run([process.execPath, MAIN, 'wallet', 'new', '--data-dir', home, '--config', 'off']),
  )
  await terminal.seen(/Passphrase: /)
  terminal.type('\u0003')
  t.equal(await again, 130, 'Ctrl-C at a question ends it')
  t.ok(terminal.cooked())
})
