/** Every code that the embedded Komodo chains throw (what clients get to see are komodod's own errors). */
import { errorsOf } from '../../base/index.js'

export const DEV_KOMODO_ERRORS = {
  E_DEVKOMODO_OPTION: {
    summary: 'An option of the embedded Komodo chains has a value that cannot be used.',
    remedy: 'Correct the option that the message names.',
    kind: 'usage',
  },
  E_DEVKOMODO_LOCKED: {
    summary: 'Another process works on this data directory.',
    remedy: 'Stop that process, or give this one another data directory.',
    kind: 'usage',
  },
  E_DEVKOMODO_DAMAGED: {
    summary: 'A file of the embedded Komodo chains is damaged or was begun with other options.',
    remedy: 'Restore the directory from a copy, or give an empty one to begin new chains.',
  },
  E_DEVKOMODO_STORE: {
    summary: 'The data directory of the embedded Komodo chains cannot be read or written.',
    remedy: 'Check the rights and the free space of the directory, then start again.',
  },
  E_DEVKOMODO_PORT: {
    summary: 'An embedded Komodo daemon cannot listen on its port.',
    remedy: 'Free the port or give another one (0 takes any free port).',
    kind: 'usage',
  },
} as const

/** `throw fail('E_DEVKOMODO_LOCKED', '…')`. */
export const fail = errorsOf(DEV_KOMODO_ERRORS)
