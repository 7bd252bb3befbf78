import { createRequire } from 'node:module'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

import { serviceManager, WORLD as REAL, type NotifyWorld } from './notify.js'
import { until } from '../test/fixtures/until.js'

function worldOf(env: NotifyWorld['env'], refuse = false) {
  const sent: string[] = []
  const world: NotifyWorld = {
    env,
    pid: 7,
    datagram: (address, message) => {
      if (refuse) throw new Error('no such call')
      sent.push(`${Buffer.from(address).toString()} ${Buffer.from(message).toString()}`)
    },
    command: (lines) => sent.push(`command ${lines.join(' ')}`),
  }
  return { sent, manager: serviceManager(world) }
}

t.test('without a listener nothing is done', (t) => {
  for (const env of [{}, { NOTIFY_SOCKET: '' }, { NOTIFY_SOCKET: 'vsock:2:1' }]) {
    const { sent, manager } = worldOf({ ...env, WATCHDOG_USEC: '60000000' })
    manager.send('READY=1')
    t.same([sent, manager.watchdogMs], [[], null])
  }
  t.end()
})

t.test('lines are one datagram, or the arguments of systemd-notify', (t) => {
  const { sent, manager } = worldOf({ NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '60000000', WATCHDOG_PID: '7' })
  manager.send('READY=1', 'STATUS=mining')
  t.same(sent, ['/run/x READY=1\nSTATUS=mining'])
  t.equal(manager.watchdogMs, 60_000)
  const abstract = worldOf({ NOTIFY_SOCKET: '@x', WATCHDOG_USEC: '1', WATCHDOG_PID: '8' })
  abstract.manager.send('STOPPING=1')
  t.same(abstract.sent, ['\0x STOPPING=1'])
  t.equal(abstract.manager.watchdogMs, null, 'that is for another process')
  const without = worldOf({ NOTIFY_SOCKET: '/run/x' }, true)
  without.manager.send('READY=1', 'STATUS=mining')
  t.same(without.sent, ['command READY=1 STATUS=mining'])
  t.end()
})

interface Koffi {
  load(library: null): { func(prototype: string): (...values: unknown[]) => number }
}
let koffi: Koffi | undefined
try {
  koffi = createRequire(import.meta.url)('koffi') as Koffi
} catch {
  // It is optional.
}

t.test('a real socket', { skip: process.platform !== 'linux' || koffi === undefined }, (t) => {
  const libc = koffi!.load(null)
  const socket = libc.func('int socket(int domain, int type, int protocol)')
  const bind = libc.func('int bind(int fd, void *address, uint32_t size)')
  const recv = libc.func('long recv(int fd, void *bytes, size_t length, int flags)')
  const close = libc.func('int close(int fd)')
  const path = join(t.testdir(), 's')
  for (const name of [path, `\0pegminer-test-${process.pid}`]) {
    const fd = socket(1, 2, 0)
    const address = Uint8Array.from([1, 0, ...Buffer.from(name)])
    t.equal(bind(fd, address, address.length), 0)
    const env = { NOTIFY_SOCKET: name.replace('\0', '@') }
    const command = (): void => void t.fail('the command was not needed')
    const manager = serviceManager({ ...REAL, env, command })
    manager.send('READY=1', 'STATUS=mining block 5')
    const bytes = Buffer.alloc(256)
    const length = recv(fd, bytes, bytes.length, 0x40)
    t.equal(bytes.subarray(0, length).toString(), 'READY=1\nSTATUS=mining block 5')
    close(fd)
  }
  t.end()
})

t.test('systemd-notify, where there is no such call', { skip: process.platform === 'win32' }, async (t) => {
  const dir = t.testdir()
  const file = join(dir, 'told')
  writeFileSync(
    join(dir, 'systemd-notify'),
    `#!/bin/sh\necho "$@" > ${file}.part && mv ${file}.part ${file}\n`,
  )
  chmodSync(join(dir, 'systemd-notify'), 0o755)
  const path = process.env['PATH'] ?? ''
  process.env['PATH'] = `${dir}:${path}`
  t.teardown(() => (process.env['PATH'] = path))
  const datagram = (): void => {
    throw new Error('no koffi')
  }
  serviceManager({ ...REAL, env: { NOTIFY_SOCKET: '/run/x' }, datagram }).send('READY=1', 'STATUS=a b')
  await until(() => existsSync(file))
  t.equal(readFileSync(file, 'utf8'), 'READY=1 STATUS=a b\n')
})
