/** What can go wrong with a benchmark's results. */
import { errorsOf } from '../base/index.js'

export const BENCH_ERRORS = {
  E_BENCH_CHECKSUM: {
    summary:
      'Hashes of the fixed range of nonces are not those of the reference: the figures are worth nothing.',
    remedy: 'Run `pegminer bytemap verify` and `pegminer bench --stress`; if both are clean, report it.',
  },
  E_BENCH_STRESS: {
    summary: 'Hashes did not agree with themselves or with the reference under load.',
    remedy: 'Check memory, cooling and clock rates of the machine; do not mine with it until it passes.',
  },
  E_BENCH_COMPARE_READ: {
    summary: 'The results to compare with cannot be read.',
    remedy: 'Give the path of a bench.json that `pegminer bench --out` has written.',
    kind: 'usage',
  },
  E_BENCH_COMPARE_FORMAT: {
    summary: 'The file to compare with is not a bench.json of this program.',
    remedy: 'Give the path of a bench.json that `pegminer bench --out` has written.',
    kind: 'usage',
  },
  E_BENCH_OUT: {
    summary: 'Results cannot be written to the folder.',
    remedy: 'Name a folder that this user may write with --out.',
    kind: 'usage',
  },
  E_BENCH_PUSH: {
    summary: 'The Pushgateway did not take the results.',
    remedy: 'Check its address; measuring goes on, and the next cell is pushed again.',
    retryable: true,
  },
  E_BENCH_FARM: {
    summary: 'The load of a farm could not be measured to its end.',
    remedy: 'See the message; with fewer machines, or more memory and open files (ulimit -n), it may work.',
  },
} as const

export const fail = errorsOf(BENCH_ERRORS)
