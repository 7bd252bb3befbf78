/** `piscina` for tests: threads that run what is built (`built.js`). */
import { Piscina as Pool } from 'piscina'

import { builtOf, withoutTypescript } from './built.js'

export class Piscina extends Pool {
  constructor(options) {
    const filename = builtOf(options.filename)
    super(filename === undefined ? options : { ...options, filename, execArgv: withoutTypescript() })
  }
}
