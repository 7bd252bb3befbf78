/** Actions besides a line in the log: a command of the user's, a webhook. One after the other, each within a time. */
import { spawn, type ChildProcess } from 'node:child_process'

import {
  childEnvironment,
  isAxiosError,
  Late,
  loadAxios,
  messageOf,
  retried,
  withDeadline,
} from '../base/index.js'
import { watchError } from './errors.js'

/** The facts that are told. Never a secret. */
export type Message = Readonly<Record<string, string | number | boolean | null | object>> & {
  readonly event: string
}

export interface ActionSettings {
  /** Program and arguments; none: no command. */
  readonly command: readonly string[]
  readonly webhook: string | undefined
}

export type ActionName = 'command' | 'webhook'

export interface ActionResult {
  readonly action: ActionName
  /** Why it failed; null: it worked. */
  readonly error: string | null
}

const COMMAND_MS = 30_000
const WEBHOOK_MS = 10_000
/** A webhook that fails is tried again after these pauses, ms. */
const PAUSES = [1_000, 5_000]
const MOST_REPLY_BYTES = 64 * 1024

export interface ActOptions {
  readonly signal: AbortSignal
  /** Between the tries of a webhook, ms. */
  readonly pauses?: readonly number[]
  /** How long the command, and each try of the webhook, may take, ms. Default 30 s and 10 s. */
  readonly commandMs?: number
  readonly webhookMs?: number
}

/** Never rejects. */
export async function act(
  message: Message,
  { command, webhook }: ActionSettings,
  { signal, pauses = PAUSES, commandMs = COMMAND_MS, webhookMs = WEBHOOK_MS }: ActOptions,
): Promise<ActionResult[]> {
  const results: ActionResult[] = []
  const attempt = async (action: ActionName, work: () => Promise<void>): Promise<void> => {
    const error = await work().then(() => null, messageOf)
    results.push({ action, error })
  }
  if (command.length > 0) await attempt('command', () => runCommand(command, message, commandMs, signal))
  if (webhook !== undefined) await attempt('webhook', () => post(webhook, message, pauses, webhookMs, signal))
  return results
}

/** No shell: the arguments are those of the settings, the facts are variables. */
function runCommand(
  [program = '', ...words]: readonly string[],
  message: Message,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  const facts = Object.entries(message).map(([name, value]) => [
    `PEGMINER_${name.replace(/[A-Z]/g, '_$&').toUpperCase()}`,
    typeof value === 'object' ? JSON.stringify(value) : String(value),
  ])
  const env = childEnvironment(Object.fromEntries(facts) as Record<string, string>)
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(watchError('E_WATCH_ACTION', 'it was not begun: the run is over'))
    // In a group of its own, so that processes started by the command end with it.
    const child = spawn(program, words, { env, stdio: 'ignore', detached: true })
    const kill = (): void => killGroup(child)
    signal.addEventListener('abort', kill)
    const timer = setTimeout(kill, ms).unref()
    const release = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', kill)
    }
    child.on('error', (error) => {
      release()
      reject(error)
    })
    child.on('exit', (code, killed) => {
      release()
      if (code === 0) resolve()
      else
        reject(
          watchError(
            'E_WATCH_ACTION',
            killed ? `it was ended by ${killed}` : `it ended with exit code ${code}`,
          ),
        )
    })
  })
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL') // Where there are no groups, and where it has just ended.
  }
}

async function post(
  url: string,
  message: Message,
  pauses: readonly number[],
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  const axios = await loadAxios()
  const once = () =>
    withDeadline(ms, signal, (cut) =>
      axios.post(url, message, {
        signal: cut,
        maxRedirects: 0,
        maxContentLength: MOST_REPLY_BYTES,
        responseType: 'text',
        headers: { 'user-agent': 'pegminer' },
      }),
    )
  try {
    await retried(once, (_, failures) => pauses[failures - 1] ?? null, { signal })
  } catch (error) {
    // The text of the error may hold the address, and with it a secret.
    throw watchError('E_WATCH_ACTION', reasonOf(error))
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Late) return 'it was not answered in time'
  if (!isAxiosError(error)) return 'it cannot be sent'
  if (error.response) return `it was answered with status ${error.response.status}`
  return `it cannot be reached (${error.code ?? 'unknown'})`
}
