/**
 * No core dumps: the file that a crash leaves behind, and what a debugger of the same user reads, hold all memory of
 * the process, keys included.
 */
import { execFileSync } from 'node:child_process'

import { childEnvironment, loadKoffi } from '../../base/index.js'

/** What is asked of the system; tests put something else in its place. */
export interface DumpSystem {
  readonly platform: NodeJS.Platform
  /** Calls the C library's prctl. Throws without the optional package koffi. */
  readonly prctl: (option: number, value: number) => number
  readonly command: (name: string, words: readonly string[]) => void
}

const SYSTEM: DumpSystem = {
  platform: process.platform,
  prctl: (option, value) => {
    const call = loadKoffi().load(null).func('int prctl(int option, ulong a, ulong b, ulong c, ulong d)')
    return call(option, value, 0, 0, 0)
  },
  command: (name, words) => void execFileSync(name, [...words], { stdio: 'ignore', env: childEnvironment() }),
}

const PR_SET_DUMPABLE = 4
/** A limit of 0 bytes holds for files; at 1 the kernel starts no program that collects dumps either. */
const CORE_LIMIT = 1

/**
 * For this process, not for those that it starts. Returns whether the system took it. On systems other than Linux, and
 * without both koffi and the command prlimit, what the user or the service manager set holds (`ulimit -c 0`).
 */
export function forbidDumps({ platform, prctl, command }: DumpSystem = SYSTEM): boolean {
  if (platform !== 'linux') return false
  try {
    if (prctl(PR_SET_DUMPABLE, 0) === 0) return true
  } catch {
    // koffi is not installed: prlimit is tried.
  }
  try {
    command('prlimit', ['--pid', String(process.pid), `--core=${CORE_LIMIT}:${CORE_LIMIT}`])
    return true
  } catch {
    return false
  }
}
