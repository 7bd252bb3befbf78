/** A nats-server of our own for the network dev: on this machine alone, in a folder that is removed at its end. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { childEnvironment, endOfChild, writeWhole } from '../../base/index.js'
import { makeCredential, usersConfig } from './credentials.js'
import { fail } from './errors.js'

export interface FarmServer {
  readonly url: string
  /** Credential files: of a coordinator, and of any number of workers. */
  readonly coordinator: string
  readonly worker: string
  readonly pid: number | undefined
  close(): Promise<void>
}

const PROGRAM = 'nats-server'
const START_MS = 10_000
const LISTENING = /Listening for client connections on [^\s]*:(\d+)/
/** Most of its log that is kept for a message. */
const LOG_BYTES = 4096
/** The server ends with this process, however that ends: its standard input is a pipe that breaks then. */
const GUARD = `exec 3<&0; ${PROGRAM} -c "$0" & child=$!; (cat <&3 > /dev/null; kill $child) & wait $child`

/** Whether a nats-server is on the PATH. */
export function hasNatsServer(): boolean {
  return spawnSync(PROGRAM, ['--version'], { stdio: 'ignore', env: childEnvironment() }).status === 0
}

/** Throws E_FARM_NO_SERVER, E_FARM_SERVER. */
export async function startFarmServer(): Promise<FarmServer> {
  if (!hasNatsServer())
    throw fail(
      'E_FARM_NO_SERVER',
      'there is no nats-server on the PATH: install it (apt install nats-server, which puts it into /usr/sbin), or name one that runs with --nats',
    )
  const folder = mkdtempSync(join(tmpdir(), 'pegminer-farm-'))
  const coordinator = join(folder, 'coordinator.creds')
  const worker = join(folder, 'worker.creds')
  const users = [
    makeCredential(coordinator, { user: 'coordinator', role: 'coordinator' }),
    makeCredential(worker, { user: 'worker', role: 'worker' }),
  ]
  const config = join(folder, 'nats-server.conf')
  writeWhole(
    config,
    `listen: "127.0.0.1:-1"\njetstream { store_dir: ${JSON.stringify(join(folder, 'jetstream'))} }\n${usersConfig(users)}`,
  )
  const running = await runServer(config)
  const close = async (): Promise<void> => {
    await running.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { url: `nats://127.0.0.1:${running.port}`, coordinator, worker, pid: running.pid, close }
}

/** With any configuration. Throws E_FARM_SERVER. */
export async function runServer(
  config: string,
): Promise<Pick<FarmServer, 'pid' | 'close'> & { readonly port: number }> {
  // A group of its own: Ctrl-C is for the coordinator, which needs the server to say goodbye.
  const child = spawn('sh', ['-c', GUARD, config], {
    stdio: ['pipe', 'ignore', 'pipe'],
    env: childEnvironment(),
    detached: true,
  })
  const ended = endOfChild(child)
  async function close(): Promise<void> {
    child.stdin.end()
    await ended
  }
  try {
    return { port: await listeningPort(child), pid: child.pid, close }
  } catch (error) {
    await close()
    throw error
  }
}

function listeningPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let log = ''
    const give = (text: string): void => {
      clearTimeout(timer)
      reject(fail('E_FARM_SERVER', `${text}: ${log.trim().split('\n').at(-1) ?? ''}`))
    }
    const timer = setTimeout(() => give(`${PROGRAM} does not listen`), START_MS)
    void endOfChild(child).then(() => give(`${PROGRAM} ended`))
    // Read to its end, or the server would stand still when the pipe is full.
    child.stderr?.on('data', (chunk: Buffer) => {
      log = `${log}${chunk.toString()}`.slice(-LOG_BYTES)
      const [, found] = LISTENING.exec(log) ?? []
      if (found === undefined) return
      clearTimeout(timer)
      resolve(Number(found))
    })
  })
}
