/** The parent's side: processes that are started and asked, and the nats-server, which can only be looked at. */
import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { childEnvironment, endOfChild, monotonicMs } from '../../base/index.js'
import { fail } from '../errors.js'
import type { Access, Answers, Question, Usage } from './messages.js'

export interface Asked {
  ask<K extends keyof Answers>(question: Extract<Question, { ask: K }>): Promise<Answers[K]>
  close(): Promise<void>
}

/** Resolves when it has done what `access` says. Throws E_BENCH_FARM. */
export async function startAsked(module: URL, access: Access): Promise<Asked> {
  const child = fork(fileURLToPath(module), {
    ...{ env: childEnvironment(), serialization: 'advanced' },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const ended = endOfChild(child)
  let queue: Promise<unknown> = Promise.resolve()

  function ask(message: Access | Question): Promise<unknown> {
    const answer = queue.then(
      () =>
        new Promise((resolve, reject) => {
          const lost = (): void => reject(fail('E_BENCH_FARM', 'a process of the bench has ended'))
          child.once('exit', lost)
          child.once('message', (given: { answer: unknown } | { failed: string }) => {
            child.off('exit', lost)
            if ('failed' in given) reject(fail('E_BENCH_FARM', given.failed))
            else resolve(given.answer)
          })
          if (child.exitCode !== null || !child.connected) lost()
          else child.send(message, (error) => error && lost())
        }),
    )
    queue = answer.catch(() => undefined)
    return answer
  }

  async function close(): Promise<void> {
    child.kill('SIGKILL')
    await ended
  }
  try {
    await ask(access)
  } catch (error) {
    await close()
    throw error
  }
  return { ask: ask as Asked['ask'], close }
}

/** Ticks of the processor's clock a second, as Linux tells them to programs. */
const TICKS = 100
const PAGE = 4096

/** What another process used between two calls. Linux only: elsewhere null. */
export function usageOf(pid: number): () => Usage | null {
  let before = looked(pid)
  return () => {
    const now = looked(pid)
    if (before === null || now === null) return null
    const cpu = (now.seconds - before.seconds) / ((now.atMs - before.atMs) / 1000)
    before = now
    return { cpu, rssBytes: now.rssBytes, loopP99Ms: null }
  }
}

function looked(
  pid: number,
): { readonly atMs: number; readonly seconds: number; readonly rssBytes: number } | null {
  try {
    // The name may hold spaces; what follows it does not.
    const fields = (readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1] ?? '').split(' ')
    const seconds = (Number(fields[11]) + Number(fields[12])) / TICKS
    return { atMs: monotonicMs(), seconds, rssBytes: Number(fields[21]) * PAGE }
  } catch {
    return null
  }
}

/** The program that a shell has started. */
export function childOf(pid: number): number {
  try {
    const [child = ''] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ')
    return Number(child) || pid
  } catch {
    return pid
  }
}
