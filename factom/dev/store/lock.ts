/** One process per data directory. */
import { join } from 'node:path'

import { lockFile } from '../../../base/index.js'
import { fail } from '../errors.js'
import { storeError } from './files.js'

/** Throws `E_DEVCHAIN_LOCKED` if another process works there. Returns what gives the lock back. */
export function lockDirectory(directory: string): () => void {
  const path = join(directory, 'lock')
  return lockFile(path, {
    held: (who) =>
      fail('E_DEVCHAIN_LOCKED', `${who} works on ${directory}: stop it or use another directory`),
    failed: (cause) => storeError(`cannot write ${path}`, cause),
  })
}
