/** The thread that follows the chain for `pegminer ledger serve`: whatever is read here, it goes on writing. */
import { Worker } from 'node:worker_threads'

import { childEnvironment } from '../../base/index.js'
import type { FollowingNews, FollowingTask } from './following-thread.js'

export type Following = ReturnType<typeof followInThread>

export function followInThread(task: FollowingTask, hear: (news: FollowingNews) => void) {
  const worker = new Worker(new URL('./following-thread.js', import.meta.url), {
    workerData: task,
    env: childEnvironment(),
  })
  worker.on('message', hear)
  const ended = new Promise<void>((resolve, reject) => {
    worker.once('error', reject)
    worker.once('exit', () => resolve())
  })
  return {
    /** Rejects if the thread fails, ends with `close`. */
    ended,
    async close(): Promise<void> {
      worker.postMessage('end')
      await ended.catch(() => undefined)
    },
  }
}
