/** Files that are either there in full or not at all: temporary name in the same directory, fsync, rename. */
import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, statfs, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fail, LxrError, systemCodeOf } from './errors.js'

/** The part of `node:fs/promises` that is used; tests replace it by one that fails. */
export interface FileSystem {
  readonly mkdir: typeof mkdir
  readonly open: typeof open
  readonly rename: typeof rename
  readonly rm: typeof rm
  readonly statfs: typeof statfs
}

export const NODE_FILES: FileSystem = { mkdir, open, rename, rm, statfs }

/** A file that is being written; it appears under its name at `commit` and not before. */
export interface PendingFile {
  write(bytes: Uint8Array): Promise<void>
  /** To the disk, then to its name. */
  commit(): Promise<void>
  /** Leaves nothing behind. After `commit` it does nothing. */
  discard(): Promise<void>
}

/**
 * Starts a file of `bytes` bytes; makes the directory if need be. Throws E_LXR_DIRECTORY, E_LXR_DISK_FULL (also in
 * advance, if the disk says that it has less room), E_LXR_FILE_WRITE; `write` and `commit` throw the latter two.
 */
export async function startFile(
  file: string,
  bytes: number,
  fs: FileSystem = NODE_FILES,
): Promise<PendingFile> {
  const dir = dirname(file)
  const temporary = join(dir, `.${basename(file)}.${randomUUID()}.tmp`)
  const handle = await startTemporary(dir, temporary, fs)
  let open = true

  const discard = async (): Promise<void> => {
    if (!open) return
    open = false
    await handle.close().catch(() => undefined)
    await fs.rm(temporary, { force: true }).catch(() => undefined)
  }
  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      await discard()
      throw error instanceof LxrError ? error : writeError(file, error)
    }
  }

  await guarded(() => checkRoom(dir, file, bytes, fs))
  return {
    write: (data) => guarded(() => writeAll(handle, data)),
    commit: () =>
      guarded(async () => {
        await handle.sync()
        await handle.close()
        await fs.rename(temporary, file)
        open = false
        await syncDirectory(dir, fs)
      }),
    discard,
  }
}

/** A small file, written in one go. */
export async function writeFileAtomically(
  file: string,
  text: string,
  fs: FileSystem = NODE_FILES,
): Promise<void> {
  const bytes = Buffer.from(text)
  const pending = await startFile(file, bytes.length, fs)
  await pending.write(bytes)
  await pending.commit()
}

async function startTemporary(dir: string, temporary: string, fs: FileSystem): Promise<FileHandle> {
  try {
    await makeDirectory(dir, fs)
    return await fs.open(temporary, 'wx', 0o644)
  } catch (error) {
    throw directoryError(dir, error)
  }
}

/** Why nothing can be put into a directory. */
export function directoryError(dir: string, error: unknown): LxrError {
  const code = systemCodeOf(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') return writeError(dir, error)
  const reason = code ?? String(error)
  return fail('E_LXR_DIRECTORY', `cannot write to ${dir} (${reason}): name another with --dir`, {
    cause: error,
  })
}

/** What has come so far of a file that is fetched; a fetch that was interrupted goes on from there. */
export const fetchedFileOf = (file: string): string => `${file}.fetched`

/**
 * Removes what killed processes have left of files that were never committed. Only for the one process that writes the
 * file.
 */
export async function removeLeftovers(file: string): Promise<void> {
  const dir = dirname(file)
  const names = await readdir(dir).catch(() => [])
  const left = names.filter((name) => name.startsWith(`.${basename(file)}.`) && name.endsWith('.tmp'))
  const files = [...left.map((name) => join(dir, name)), fetchedFileOf(file)]
  await Promise.all(files.map((one) => rm(one, { force: true }).catch(() => undefined)))
}

/**
 * The directory and the parents that it lacks. Not `mkdir` with `recursive`: that never returns where an existing
 * parent answers ENOENT, as /proc does (Node.js 20).
 */
export async function makeDirectory(dir: string, fs: FileSystem): Promise<void> {
  try {
    await fs.mkdir(dir)
  } catch (error) {
    const code = systemCodeOf(error)
    if (code === 'EEXIST') return
    const parent = dirname(dir)
    if (code !== 'ENOENT' || (await exists(parent, fs))) throw error
    await makeDirectory(parent, fs)
    await fs.mkdir(dir)
  }
}

function exists(path: string, fs: FileSystem): Promise<boolean> {
  return fs.statfs(path).then(
    () => true,
    () => false,
  )
}

/** Checked before minutes of building. Where free room cannot be asked for, the write itself decides. */
export async function checkRoom(dir: string, file: string, bytes: number, fs: FileSystem): Promise<void> {
  const room = await fs.statfs(dir).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => Infinity,
  )
  if (room >= bytes) return
  const mebibytes = (n: number) => `${Math.ceil(n / 2 ** 20)} MiB`
  throw fail(
    'E_LXR_DISK_FULL',
    `${mebibytes(room)} free, ${file} needs ${mebibytes(bytes)}: make room or name another directory with --dir`,
  )
}

/** Behind what was written before, or from a place on. */
export async function writeAll(
  handle: FileHandle,
  bytes: Uint8Array,
  from: number | null = null,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const place = from === null ? null : from + at
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, place)
    at += bytesWritten
  }
}

/** Some systems cannot open a directory; the file itself is on the disk by then. */
export async function syncDirectory(dir: string, fs: FileSystem): Promise<void> {
  const handle = await fs.open(dir, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

/** Why a file cannot be written. */
export function writeError(file: string, error: unknown): LxrError {
  const code = systemCodeOf(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return fail('E_LXR_DISK_FULL', `the disk is full, ${file} was not written: make room or use --dir`, {
      cause: error,
    })
  }
  const reason = code ?? (error instanceof Error ? error.message : String(error))
  return fail('E_LXR_FILE_WRITE', `cannot write ${file} (${reason}): check the permissions and the disk`, {
    cause: error,
  })
}
