/** The data directory of a run. */
import { accessSync, constants } from 'node:fs'

import { makeFolder, messageOf } from '../../base/index.js'
import { fail } from '../program/errors.js'

/** Makes it, or throws `E_CLI_DATA_DIR`: known in a moment, before minutes go into a ByteMap. */
export function requireDataDir(dir: string): void {
  try {
    makeFolder(dir)
    accessSync(dir, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw fail(
      'E_CLI_DATA_DIR',
      `the data directory ${dir} cannot be used: ${messageOf(cause)}; give another with --data-dir`,
      { cause },
    )
  }
}
