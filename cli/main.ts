#!/usr/bin/env node
/**
 * The executable `pegminer`. What it imports at once is small, and the rest comes when signals are heard: a Ctrl-C in
 * the first moments is an end as any other.
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
// What is left open (an idle connection, a terminal's input) must not hold the end up.
process.exit(code)
