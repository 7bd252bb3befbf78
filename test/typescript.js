/**
 * Tests are TypeScript: `node --import '#typescript' FILE.ts`, as `.taprc` does for each. By this name it is found from
 * any folder inside the project.
 */
import { register, syncBuiltinESMExports } from 'node:module'
import threads from 'node:worker_threads'

// Loaded here so that it stays loaded: the threads that use it end before the process does.
import '@swc/core'

register('./typescript-hooks.js', import.meta.url)

// What a test starts gets TypeScript by this as well, and nothing of the test runner: a thread starts in a fifth of the time.
process.execArgv = process.execArgv.filter((word) => !word.includes('@tapjs'))
threads.Worker = class extends threads.Worker {
  constructor(file, options = {}) {
    super(file, { ...options, execArgv: options.execArgv ?? process.execArgv })
  }
}
syncBuiltinESMExports()
