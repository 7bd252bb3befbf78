/** The side of a started process: it answers what its parent asks, and tells what it used. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { messageOf, monotonicMs } from '../../base/index.js'
import type { Access, Answers, Question, Usage } from './messages.js'

type Answering = {
  readonly [K in keyof Answers]?: (
    question: Extract<Question, { ask: K }>,
  ) => Answers[K] | Promise<Answers[K]>
}

/** `open` is given what the parent sends first; its answers are the rest. */
export function answerParent(open: (access: Access) => Promise<Answering>): void {
  let answering: Promise<Answering> | null = null
  // A parent that is gone asks nothing more.
  process.on('disconnect', () => process.kill(process.pid))
  process.on('message', (message: Access | Question) => {
    void answer(message).then(
      (given) => process.send?.({ answer: given }),
      (error: unknown) => process.send?.({ failed: messageOf(error) }),
    )
  })
  async function answer(message: Access | Question): Promise<unknown> {
    if (!('ask' in message)) {
      answering = open(message)
      await answering
      return null
    }
    const answers = (await answering) as { [name: string]: (question: Question) => unknown }
    return message.ask === 'usage' ? usage() : answers[message.ask]?.(message)
  }
}

const delays = monitorEventLoopDelay()
delays.enable()
let sinceMs = monotonicMs()
let used = process.cpuUsage()

/** Since the last time that it was asked for. */
function usage(): Usage {
  const { user, system } = process.cpuUsage(used)
  const elapsedMs = monotonicMs() - sinceMs
  const result = {
    cpu: (user + system) / 1000 / elapsedMs,
    rssBytes: process.memoryUsage.rss(),
    loopP99Ms: delays.percentile(99) / 1e6,
  }
  delays.reset()
  used = process.cpuUsage()
  sinceMs = monotonicMs()
  return result
}
