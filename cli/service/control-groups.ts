/** The control groups of this process, which limit what it may use of processors and memory. Linux only. */
import { readFileSync } from 'node:fs'
import { posix } from 'node:path'

/** The text of a file, or undefined if it cannot be read. */
export type ReadText = (file: string) => string | undefined

export interface ControlGroup {
  readonly version: 1 | 2
  /** Where its files may lie; a folder that is not there limits nothing. */
  readonly folder: string
}

const ROOT = '/sys/fs/cgroup'

/** The groups for a controller that this process is in, their parents included. A child is never allowed more. */
export function controlGroups(controller: 'cpu' | 'memory', read: ReadText = readText): ControlGroup[] {
  return groupsOf(controller, read('/proc/self/cgroup') ?? '').flatMap(({ version, mounts, path }) =>
    mounts.flatMap((mount) => parentsOf(path).map((group) => ({ version, folder: `${mount}${group}` }))),
  )
}

interface Membership {
  readonly version: 1 | 2
  readonly mounts: readonly string[]
  /** Of the group, below the mount. */
  readonly path: string
}

/** Lines `0::/path` (version 2) and `N:cpu,cpuacct:/path` (version 1). */
function groupsOf(controller: string, text: string): Membership[] {
  const groups = text.split('\n').flatMap((line): Membership[] => {
    const [, id, controllers = '', path = '/'] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? []
    if (id === '0' && controllers === '') return [{ version: 2, mounts: [ROOT], path }]
    if (!controllers.split(',').includes(controller)) return []
    return [{ version: 1, mounts: [`${ROOT}/${controllers}`, `${ROOT}/${controller}`], path }]
  })
  return groups.length > 0 ? groups : [{ version: 2, mounts: [ROOT], path: '/' }]
}

/** A path and all above it, up to the mount itself. A container sees its own group there, whatever the path says. */
function parentsOf(path: string): string[] {
  const clean = posix.normalize(path).replace(/\/$/, '')
  return clean === '' ? [''] : [clean, ...parentsOf(posix.dirname(clean))]
}

export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
