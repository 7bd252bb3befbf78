/**
 * Tells the service manager (systemd, `Type=notify`) how it is: one datagram a message to the socket that NOTIFY_SOCKET
 * names. Node.js has no such sockets, so the C library is called through the optional package koffi; without it the
 * program systemd-notify is started for each message. Without a service manager nothing is done.
 */
import { spawn } from 'node:child_process'
import { endianness } from 'node:os'

import { childEnvironment, loadKoffi } from '../base/index.js'

export interface ServiceManager {
  /** `READY=1`, `STATUS=…`. Never throws: a service manager that does not listen loses only the message. */
  send(...lines: readonly string[]): void
  /** How often WATCHDOG=1 must come, ms; null: never. */
  readonly watchdogMs: number | null
}

export interface NotifyWorld {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly pid: number
  /** Sends a datagram to a socket of the file system or, from a zero byte on, an abstract one. Throws. */
  readonly datagram: (address: Uint8Array, message: Uint8Array) => void
  /** Sends through the program systemd-notify, where koffi is missing. */
  readonly command: (lines: readonly string[]) => void
}

export const WORLD: NotifyWorld = {
  env: process.env,
  pid: process.pid,
  datagram: sendDatagram,
  command: runCommand,
}

export function serviceManager(world: NotifyWorld = WORLD): ServiceManager {
  const { env, pid } = world
  const socket = env['NOTIFY_SOCKET'] ?? ''
  if (!/^[/@]/.test(socket)) return { send: () => {}, watchdogMs: null }
  // A name that begins with @ names no file.
  const address = Buffer.from(socket.replace(/^@/, '\0'))
  let datagrams = true
  const send = (...lines: readonly string[]): void => {
    try {
      if (datagrams) return world.datagram(address, Buffer.from(lines.join('\n')))
    } catch {
      datagrams = false
    }
    world.command(lines)
  }
  const forUs = env['WATCHDOG_PID'] === undefined || Number(env['WATCHDOG_PID']) === pid
  const microseconds = forUs ? Number(env['WATCHDOG_USEC'] ?? 0) : 0
  return { send, watchdogMs: microseconds > 0 ? microseconds / 1000 : null }
}

const AF_UNIX = 1
const SOCK_DGRAM = 2
const SOCK_CLOEXEC = 0o2000000
const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000
/** `sun_path`, with the zero at its end. */
const LONGEST = 107

interface Sockets {
  readonly socket: (domain: number, type: number, protocol: number) => number
  readonly sendto: (...values: unknown[]) => number
  readonly close: (fd: number) => number
  readonly errno: () => number
}
let sockets: Sockets | undefined

/** Loaded once, and only if there is a service manager. */
function openSockets(): Sockets {
  const koffi = loadKoffi()
  const libc = koffi.load(null)
  const func = (prototype: string) => libc.func(prototype)
  return {
    socket: func('int socket(int domain, int type, int protocol)'),
    sendto: func('long sendto(int fd, void *bytes, size_t length, int flags, void *to, uint32_t size)'),
    close: func('int close(int fd)'),
    errno: () => koffi.errno(),
  }
}

function sendDatagram(address: Uint8Array, message: Uint8Array): void {
  if (process.platform !== 'linux' || address.length > LONGEST) throw new Error('not here')
  const { socket, sendto, close, errno } = (sockets ??= openSockets())
  const family = endianness() === 'LE' ? [AF_UNIX, 0] : [0, AF_UNIX]
  const name = Uint8Array.from([...family, ...address])
  const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)
  if (fd < 0) throw new Error(`no socket (error ${errno()})`)
  try {
    const sent = sendto(fd, message, message.length, MSG_DONTWAIT | MSG_NOSIGNAL, name, name.length)
    if (sent !== message.length) throw new Error(`not sent (error ${errno()})`)
  } finally {
    close(fd)
  }
}

/** A datagram takes no time; if the manager does not read, no more processes may pile up. */
const COMMAND_MS = 5_000

function runCommand(lines: readonly string[]): void {
  const env = childEnvironment({ NOTIFY_SOCKET: process.env['NOTIFY_SOCKET'] ?? '' })
  const child = spawn('systemd-notify', [...lines], { stdio: 'ignore', env })
  const timer = setTimeout(() => child.kill('SIGKILL'), COMMAND_MS).unref()
  child.on('error', () => clearTimeout(timer))
  child.on('exit', () => clearTimeout(timer))
}
