/**
 * Tests are TypeScript: `node --import '#typescript' FILE.ts`, as `.taprc` does for each. By this name it is found from
 * any folder inside the project.
 */
import hooks from 'node:async_hooks'
import children from 'node:child_process'
import { register, syncBuiltinESMExports } from 'node:module'
import { fileURLToPath } from 'node:url'
import threads from 'node:worker_threads'

// Loaded here so that it stays loaded: the threads that use it end before the process does.
import '@swc/core'

import { builtOf, withoutTypescript } from './built.js'

register('./typescript-hooks.js', import.meta.url)

// What a test starts gets TypeScript by this as well, and nothing of the test runner: a thread starts in a fifth of the time.
process.execArgv = process.execArgv.filter((word) => !word.includes('@tapjs'))

threads.Worker = class extends threads.Worker {
  constructor(file, options = {}) {
    const built = file instanceof URL ? builtOf(fileURLToPath(file)) : undefined
    const { execArgv = process.execArgv } = options
    if (built === undefined) super(file, { ...options, execArgv })
    else super(built, { ...options, execArgv: withoutTypescript(execArgv) })
  }
}

const { fork } = children
children.fork = (file, ...given) => {
  const built = builtOf(file)
  if (built === undefined) return fork(file, ...given)
  const [words, options = {}] = Array.isArray(given[0]) ? given : [[], given[0]]
  return fork(built, words, { ...options, execArgv: withoutTypescript(options.execArgv) })
}

// The test runner follows every promise, to say in whose test an error was that nothing caught. It takes a tenth of the
// time; without it such an error ends the process, which fails as well.
hooks.createHook = () => ({ enable() {}, disable() {} })

syncBuiltinESMExports()
