/**
 * Files that are replaced whole: a crash at any moment leaves the old file or the new one. The new one is written
 * beside it under a name that cannot be guessed and that must not exist yet, so that no link of a stranger is written
 * through.
 */
import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import { dirname, join } from 'node:path'

export interface WriteOptions {
  /** Default 0o666 less the process's mask; 0o600 for what only its owner may read. */
  readonly mode?: number
}

const TEMPORARY = /\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/
/** No writer takes so long: an older file was left by one that was killed. */
const LEFT_MS = 3_600_000
/** Folders that were looked through for such files in this run. */
const swept = new Set<string>()

const temporaryOf = (file: string): string => `${file}.${randomUUID()}.tmp`

/** Replaces the file. On disk, with its name, when it returns. */
export function writeWhole(file: string, content: string | Uint8Array, options: WriteOptions = {}): void {
  fs.closeSync(replaceFile(file, content, options))
}

/** As `writeWhole`, for a caller that writes on: returns the new file, open; `writeAll` continues behind `content`. */
export function replaceFile(
  file: string,
  content: string | Uint8Array,
  { mode = 0o666 }: WriteOptions = {},
): number {
  const temporary = temporaryOf(file)
  const fd = fs.openSync(temporary, 'wx', mode)
  try {
    writeAll(fd, content)
    fs.fsyncSync(fd)
    fs.renameSync(temporary, file)
    syncFolder(dirname(file))
    sweep(dirname(file), fd)
    return fd
  } catch (error) {
    quietly(() => fs.closeSync(fd))
    quietly(() => fs.rmSync(temporary, { force: true }))
    throw error
  }
}

/** Throws what `writeWhole` would throw here, and leaves what is there: for work that ends with writing the file. */
export function requireWritable(file: string): void {
  if (fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) throw new Error('it is a folder')
  const temporary = temporaryOf(file)
  fs.closeSync(fs.openSync(temporary, 'wx'))
  fs.rmSync(temporary)
}

/** Opens a file of ours to write behind its end, and makes it if need be. Throws where a link stands in its place. */
export function openToAppend(file: string, { mode = 0o600 }: WriteOptions = {}): number {
  return openOurs(file, fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_APPEND, mode)
}

/** Opens a file of ours, not what a link in its place points at. */
function openOurs(file: string, flags: number, mode?: number): number {
  try {
    // Not known everywhere.
    return fs.openSync(file, flags | ((fs.constants.O_NOFOLLOW as number | undefined) ?? 0), mode)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ELOOP') throw error
    throw new Error(`${file} is a symbolic link: put the file itself there`, { cause: error })
  }
}

/** All bytes, however many calls that takes; from `position` on, or from where the file stands. */
export function writeAll(fd: number, content: string | Uint8Array, position?: number): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  for (let at = 0; at < bytes.length;)
    at += fs.writeSync(fd, bytes, at, bytes.length - at, position === undefined ? null : position + at)
}

/**
 * Whether the end of a file of JSON lines, without its line feed, is a line that was being written when the process
 * ended, and not damage: no zeros of a lost page, nothing of another kind.
 */
export const isCutLine = (text: string): boolean =>
  text === '' || (text.startsWith('{') && !text.includes('\0'))

/** Takes a line off again that could be written in part only: in the middle of a file it would spoil it. */
export function cutBack(fd: number, length: number): void {
  quietly(() => fs.ftruncateSync(fd, length))
}

/** Makes a new name in a folder durable. */
function syncFolder(folder: string): void {
  const fd = fs.openSync(folder, 'r')
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

/** Removes what killed writers have left, judged by the file system's own clock. */
function sweep(folder: string, fd: number): void {
  if (swept.has(folder)) return
  swept.add(folder)
  quietly(() => {
    const now = fs.fstatSync(fd).mtimeMs
    for (const name of fs.readdirSync(folder).filter((one) => TEMPORARY.test(one))) {
      const left = join(folder, name)
      if (now - fs.lstatSync(left).mtimeMs > LEFT_MS) fs.rmSync(left, { force: true })
    }
  })
}

/** An error of its own would hide the one that led here, so it throws none. */
function quietly(work: () => void): void {
  try {
    work()
  } catch {
    // The error that led here is the one to tell.
  }
}
