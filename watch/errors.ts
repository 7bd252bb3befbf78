import { errorsOf } from '../base/index.js'

/** Codes of what watches over a run: given as reasons of notices. */
export const WATCH_ERRORS = {
  E_WATCH_THREAD_STALLED: {
    summary: 'A hashing thread gives no sign of life; it is replaced.',
    remedy: 'Nothing, unless it repeats: then the machine is overloaded or faulty.',
    kind: 'failure',
    retryable: true,
  },
  E_WATCH_THREAD_SLOW: {
    summary: 'A hashing thread is much slower than the others, or than it was; it is started again.',
    remedy: 'If it repeats, another program holds that processor: see --affinity and --threads.',
    kind: 'failure',
    retryable: true,
  },
  E_WATCH_NO_ENTRY: {
    summary: 'No record of ours has come into the chain for some blocks.',
    remedy: 'See the reasons of skipped blocks and missed records before it.',
    kind: 'failure',
  },
  E_WATCH_PRICES_STALE: {
    summary: 'There were no complete prices for a while.',
    remedy: 'Run pegminer prices doctor.',
    kind: 'failure',
  },
  E_WATCH_NODE_AWAY: {
    summary: 'The node has not answered for a while, or its chain stands still.',
    remedy: 'Check factomd, or name another node behind it (--factomd).',
    kind: 'failure',
  },
  E_WATCH_HOT: {
    summary: 'The processor is too hot; mining pauses until it has cooled down.',
    remedy: 'See to its cooling, or mine with fewer threads.',
    kind: 'failure',
  },
  E_WATCH_DISK_FULL: {
    summary: 'The disk of the data directory is nearly full.',
    remedy: 'Make room: what is published can no longer be written down when it is full.',
    kind: 'failure',
  },
  E_WATCH_CLEARED: {
    summary: 'What the watchdog had raised is over.',
    remedy: 'Nothing.',
    kind: 'failure',
  },
  E_WATCH_ACTION: {
    summary: 'The command or the webhook of the watchdog or the report failed.',
    remedy: 'Try it with pegminer mine --watchdog-test.',
    kind: 'failure',
  },
  E_WATCH_UNKNOWN: {
    summary:
      'The system does not tell what a setting asks for, such as its temperature; the setting has no effect.',
    remedy: 'Leave the setting out; machines in the cloud and containers often have no such sensor.',
    kind: 'failure',
  },
  E_WATCH_PAUSED: {
    summary: 'Mining was paused or goes on, by schedule, battery, load or temperature.',
    remedy: 'Nothing.',
    kind: 'failure',
  },
  E_WATCH_REPORT: {
    summary: 'The report of the day.',
    remedy: 'Nothing; it is in the folder reports of the data directory too.',
    kind: 'failure',
  },
} as const

export const watchError = errorsOf(WATCH_ERRORS)

export type WatchErrorCode = keyof typeof WATCH_ERRORS
