/** One process per data directory. */
import { existsSync } from 'node:fs'
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

/** Whether no other process works there, before work is done that needs it. Throws `E_DEVCHAIN_LOCKED`. */
export function requireFolder(directory: string): void {
  if (existsSync(directory)) lockDirectory(directory)()
}
