/** What a gateway tells of its daemons, its check list and its troubles: each once, and again if it lasts. */
import { isCoded, messageOf } from '../../base/index.js'
import type { Health } from '../../komodo/index.js'
import type { CheckLine } from './checks.js'
import type { FeedEvent, NoticeEvent } from './events.js'

/** The same trouble is told again after so long. */
const REPEAT_MS = 600_000
const MOST_TOLD = 100

export interface NoticeParts {
  readonly gateway: string
  readonly emit: (event: FeedEvent) => void
  readonly monotonicMs: () => number
}

export function createNotices({ gateway, emit, monotonicMs }: NoticeParts) {
  /** When each code was told last. */
  const toldAt = new Map<string, number>()
  let checks: readonly CheckLine[] = []
  let trouble: string | null = null

  function notice(level: NoticeEvent['level'], code: string, message: string): void {
    emit({ event: 'notice', gateway, level, code, message })
  }

  return {
    notice,
    /** The last trouble of a pass; null: the last pass went well. */
    get trouble() {
      return trouble
    },
    get checks() {
      return checks
    },
    health(chain: 'asset' | 'reference', health: Health): void {
      const about = `the ${chain} daemon`
      const [code, text] = {
        up: ['E_KOMODO_UP', `${about} answers, and its chain moves`],
        down: ['E_KOMODO_UNREACHABLE', `${about} cannot be reached`],
        starting: ['E_KOMODO_WARMUP', `${about} is starting`],
        suspect: [
          'E_KOMODO_TIMEOUT',
          `${about} did not answer in time; nothing is sent until its chain moves`,
        ],
        hung: ['E_KOMODO_HUNG', `${about} hangs: kill it with SIGKILL and start it again if it goes on`],
      }[health.state === 'down' && health.starting ? 'starting' : health.state] as [string, string]
      notice(health.state === 'up' ? 'info' : 'warn', code, text)
    },
    /** Lines that are as before are not told again. */
    checked(lines: readonly CheckLine[]): void {
      const before = checks
      checks = lines
      for (const { name, result, found, remedy } of lines) {
        const same = before.some((line) => line.name === name && line.result === result)
        if (result === 'ok' || same) continue
        const text = `${name}: ${found}${remedy === '' ? '' : `; ${remedy}`}`
        notice(result === 'fail' ? 'error' : 'warn', 'E_FEED_CHECK', text)
      }
    },
    /** Lines of `published.jsonl` that could not be read. */
    damaged(lines: number): void {
      if (lines === 0) return
      const message = `${lines} lines of published.jsonl were damaged and are left out: the chain says what is published; the file as it was is published.jsonl.damaged`
      notice('warn', 'E_FEED_STATE', message)
    },
    failed(error: unknown): void {
      const code = isCoded(error) ? error.code : 'E_FEED_INTERNAL'
      trouble = messageOf(error)
      const last = toldAt.get(code)
      if (last !== undefined && monotonicMs() - last < REPEAT_MS) return
      if (toldAt.size > MOST_TOLD) toldAt.clear()
      toldAt.set(code, monotonicMs())
      notice(isCoded(error) && error.retryable ? 'warn' : 'error', code, trouble)
    },
    /** A pass went well; `again`: after one that did not. */
    passed({ again }: { readonly again: boolean }): void {
      if (again) toldAt.clear()
      trouble = null
    },
  }
}

export type Notices = ReturnType<typeof createNotices>
