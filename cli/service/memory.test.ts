import t from 'tap'

import { judgeMemory, memoryRoom, requireMemory } from './memory.js'

const MIB = 2 ** 20
const GIB = 2 ** 30
const FILES = {
  '/proc/meminfo': 'MemTotal:       8388608 kB\nMemAvailable:   6291456 kB\nSwapFree:             0 kB\n',
}
const reader = (files: Record<string, string>) => (file: string) => ({ ...FILES, ...files })[file]
const judge = (files: Record<string, string>, map = GIB) =>
  judgeMemory({ map, beside: 300 * MIB }, reader(files))

/** Control groups of version 2, at the root of a container. */
const container = (max: string, current = String(100 * MIB), more: Record<string, string> = {}) => ({
  '/proc/self/cgroup': '0::/\n',
  '/sys/fs/cgroup/memory.max': `${max}\n`,
  '/sys/fs/cgroup/memory.current': `${current}\n`,
  '/sys/fs/cgroup/memory.stat': `anon 1\ninactive_file ${30 * MIB}\nactive_file ${20 * MIB}\nshmem ${9 * MIB}\n`,
  ...more,
})

t.test('limits of a container', (t) => {
  t.same(judge({}), {}, 'no groups, enough memory')
  t.same(judge(container('max')), {})
  t.same(judge(container(String(2 * GIB))), {})
  t.match(
    judge(container(String(512 * MIB))).refusal,
    [
      'a ByteMap of 1 GiB and 300 MiB beside it do not fit: the memory limit of this container or service is 512 MiB, of ',
      'which 50 MiB are taken; a limit of 1.38 GiB would do; for a network of your own, --bits 27 fits',
    ].join(''),
  )
  // 50 MiB are taken: the file cache can go.
  const edge = GIB + 350 * MIB
  t.same(judge(container(String(edge))), {}, 'to the byte')
  t.ok(judge(container(String(edge - 1))).refusal)
  t.same(judge(container(String(512 * MIB)), 2 ** 24), {}, 'a small map')
  t.notMatch(judge(container(String(200 * MIB))).refusal, '--bits')
  t.equal(memoryRoom(reader(container(String(512 * MIB)))), 462 * MIB)
  t.equal(memoryRoom(reader({})), Infinity)
  t.end()
})

t.test('groups within groups, of both versions', (t) => {
  const service = {
    '/proc/self/cgroup': '0::/system.slice/pegminer.service\n',
    '/sys/fs/cgroup/system.slice/pegminer.service/memory.max': 'max',
    '/sys/fs/cgroup/system.slice/pegminer.service/memory.current': '1000',
  }
  t.same(judge(service), {})
  const slice = {
    ...service,
    '/sys/fs/cgroup/system.slice/memory.max': String(2 * GIB),
    '/sys/fs/cgroup/system.slice/memory.current': String(GIB),
  }
  t.match(judge(slice).refusal, /is 2 GiB, of which 1 GiB are taken/, 'a neighbour took it')
  const version1 = (limit: string, stat = '') => ({
    '/proc/self/cgroup': '4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${limit}\n`,
    '/sys/fs/cgroup/memory/memory.usage_in_bytes': `${2 * GIB}\n`,
    '/sys/fs/cgroup/memory/memory.stat': stat,
  })
  t.same(judge(version1('9223372036854771712')), {}, 'no limit')
  t.match(judge(version1(String(3 * GIB))).refusal, /is 3 GiB, of which 2 GiB are taken/)
  t.same(judge(version1(String(3 * GIB), `total_inactive_file ${GIB}\ninactive_file 0\n`)), {})
  t.end()
})

t.test('swap and free memory', (t) => {
  const meminfo = (available: number, swap: number) => ({
    '/proc/meminfo': `MemAvailable: ${available / 1024} kB\nSwapFree: ${swap / 1024} kB\n`,
  })
  const small = container(String(GIB), '0', { '/sys/fs/cgroup/memory.swap.max': 'max\n' })
  t.match(judge({ ...small, ...meminfo(8 * GIB, 0) }).refusal, /would do/, 'no swap there')
  t.match(judge({ ...small, ...meminfo(8 * GIB, GIB) }), { warning: /swapping makes hashing slow/ })
  t.ok(judge({ ...small, ...meminfo(8 * GIB, GIB), '/sys/fs/cgroup/memory.swap.max': '0' }).refusal)
  t.same(judge(meminfo(GIB, 0)), {
    warning:
      'a ByteMap of 1 GiB and 300 MiB beside it do not fit into the 1 GiB that are free: the system may end this program',
  })
  t.match(judge(meminfo(GIB, 2 * GIB)), { warning: /free: swapping makes hashing slow/ })
  const warned: string[] = []
  const need = { map: GIB, beside: 0 }
  requireMemory(need, (text) => warned.push(text), reader(meminfo(GIB / 2, 0)))
  t.equal(warned.length, 1)
  t.throws(() => requireMemory(need, () => {}, reader(container('1000'))), {
    code: 'E_CLI_MEMORY',
    kind: 'usage',
  })
  t.end()
})

t.test('what a system does not tell is no limit, or nothing that it could swap', (t) => {
  const need = { map: GIB, beside: 300 * MIB }
  const silent = (files: Record<string, string>) => judgeMemory(need, (file) => files[file])
  t.same(silent({}), {}, 'no /proc')
  t.same(silent({ '/proc/meminfo': 'MemTotal: 1 kB\n' }), {})
  t.match(silent({ '/proc/meminfo': 'MemAvailable:   1024 kB\n' }), {
    warning: /do not fit into the 1 MiB that are free: the system may end this program/,
  })
  const limit = {
    '/proc/self/cgroup': '0::/\n',
    '/sys/fs/cgroup/memory.max': `${512 * MIB}\n`,
    '/sys/fs/cgroup/memory.current': '\n',
  }
  t.match(silent(limit), { refusal: /is 512 MiB, of which 0 B are taken/ })
  t.end()
})
