/** The SHA-256 that a right ByteMap has, where that is known. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fail, systemCodeOf } from './errors.js'
import { writeFileAtomically, type FileSystem } from './files.js'
import { knownSha256 } from './known.js'
import type { LxrParams } from './params.js'

/**
 * Where the right SHA-256 comes from: `known`, built into the program; `side file`, written when the map was built;
 * `none`, a file from elsewhere with parameters of its own, of which only the counts can be checked.
 */
export type ProofOrigin = 'known' | 'side file' | 'none'

export interface Proof {
  readonly origin: ProofOrigin
  /** Hex; undefined if the origin is `none`. */
  readonly sha256: string | undefined
}

const sideFileOf = (file: string): string => `${file}.sha256`

/** What the file's SHA-256 must be. Throws E_LXR_FILE_DAMAGED if the side file holds none, E_LXR_FILE_READ. */
export async function proofOf(params: LxrParams, file: string): Promise<Proof> {
  const known = knownSha256(params)
  if (known !== undefined) return { origin: 'known', sha256: known }
  const sideFile = sideFileOf(file)
  let text: string
  try {
    text = await readFile(sideFile, 'utf8')
  } catch (error) {
    const code = systemCodeOf(error)
    if (code === 'ENOENT') return { origin: 'none', sha256: undefined }
    throw fail('E_LXR_FILE_READ', `cannot read ${sideFile} (${code ?? String(error)})`, { cause: error })
  }
  const sha256 = /^([0-9a-f]{64})\b/.exec(text)?.[1]
  if (sha256 === undefined) {
    throw fail(
      'E_LXR_FILE_DAMAGED',
      `${sideFile} holds no SHA-256: delete it, or build the map anew with --force`,
    )
  }
  return { origin: 'side file', sha256 }
}

/** Writes the side file in the form that `sha256sum --check` reads. */
export async function writeSideFile(file: string, sha256: string, fs: FileSystem): Promise<void> {
  await writeFileAtomically(sideFileOf(file), `${sha256}  ${basename(file)}\n`, fs)
}
