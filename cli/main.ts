#!/usr/bin/env node
/**
 * The executable `pegminer`. It imports little at once, and the rest after it listens to signals, so that a Ctrl-C in
 * the first moments ends it as at any other time.
 */
import { watchSignals } from './program/interrupt.js'
import { isMixed, watchTerminals } from './program/terminals.js'

const { stdin, stdout, stderr, env } = process
// A file above the user's size limit (ulimit -f) is an error of that write, not the end of the process.
process.on('SIGXFSZ', () => {})
const terminals = watchTerminals()
process.on('exit', terminals.drop)
const signals = watchSignals((code) => process.exit(code), process, { terminal: terminals.state })
const { runProgram } = await import('./program/program.js')
const io = { stdin, stdout, stderr, env, mixed: isMixed(env), ...signals }
const code = await runProgram(process.argv.slice(2), io)
// An idle connection or a terminal's input that is still open must not delay the end.
process.exit(code)
