/** Every code that the embedded development chain throws (what clients get to see are factomd's own errors). */
import { errorsOf } from '../../base/index.js'

export const DEV_CHAIN_ERRORS = {
  E_DEVCHAIN_OPTION: {
    summary: 'An option of the development chain has a value that cannot be used.',
    remedy: 'Correct the option that the message names.',
    kind: 'usage',
  },
  E_DEVCHAIN_LOCKED: {
    summary: 'Another process works on this data directory.',
    remedy: 'Stop that process, or give this one another data directory.',
    kind: 'usage',
  },
  E_DEVCHAIN_FOREIGN: {
    summary: 'The data directory holds something other than a development chain of this network.',
    remedy: 'Give an empty directory, or the one that an earlier run used.',
    kind: 'usage',
  },
  E_DEVCHAIN_DAMAGED: {
    summary: 'A file of the development chain is damaged or does not fit the others.',
    remedy: 'Restore the directory from a copy, or give an empty one to begin a new chain.',
  },
  E_DEVCHAIN_STORE: {
    summary: 'The data directory of the development chain cannot be read or written.',
    remedy:
      'Check the rights and the free space of the directory, then start again: nothing accepted is lost.',
  },
  E_DEVCHAIN_PORT: {
    summary: 'The development chain cannot listen on its port.',
    remedy: 'Free the port or give another one (0 takes any free port).',
    kind: 'usage',
  },
  E_DEVCHAIN_FAULT: {
    summary: 'A fault of the development chain does not exist or has a wrong member.',
    remedy: 'Ask the control port for `faults`: it lists them all.',
    kind: 'usage',
  },
  E_DEVCHAIN_CLOSED: {
    summary: 'The development chain has been closed.',
    remedy: 'Start it again.',
  },
} as const

/** `throw fail('E_DEVCHAIN_LOCKED', '…')`. */
export const fail = errorsOf(DEV_CHAIN_ERRORS)
