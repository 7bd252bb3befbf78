#!/usr/bin/env node
/** The executable `pegminer`. */
import { watchSignals } from './interrupt.js'
import { runProgram } from './program.js'

const { stdin, stdout, stderr, env } = process
// A file above the user's size limit (ulimit -f) is an error of that write, not the end of the process.
process.on('SIGXFSZ', () => {})
const { interrupted, onHangUp } = watchSignals((code) => process.exit(code), process)
const code = await runProgram(process.argv.slice(2), { stdin, stdout, stderr, env, interrupted, onHangUp })
// What is left open (an idle connection, a terminal's input) must not hold the end up.
process.exit(code)
