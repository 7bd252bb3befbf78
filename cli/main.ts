#!/usr/bin/env node
/** The executable `pegminer`. */
import { watchInterrupts } from './interrupt.js'
import { runProgram } from './program.js'

const { stdin, stdout, stderr, env } = process
const interrupted = watchInterrupts((code) => process.exit(code), process)
const code = await runProgram(process.argv.slice(2), { stdin, stdout, stderr, env, interrupted })
// What was printed goes out first; what is left open (an idle connection, a terminal's input) must not hold the end up.
stdout.write('', () => process.exit(code))
stdout.on('error', () => process.exit(code))
