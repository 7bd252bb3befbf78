import { errorsOf } from '../base/index.js'

export const LEDGER_ERRORS = {
  E_LEDGER_ADDRESS: {
    summary: 'A text is no address of the ledger.',
    remedy:
      'Check the address for a missing or wrong character; it begins with FA, or with the name of a token and _.',
    kind: 'usage',
  },
  E_LEDGER_FILE: {
    summary: 'A file with a recorded chain cannot be read, or is damaged.',
    remedy: 'Give gzipped JSON with a list of blocks, as the message says; each part must have its hash.',
    kind: 'usage',
  },
  E_LEDGER_OTHER: {
    summary: 'The data directory holds the ledger of another chain.',
    remedy: 'Give another --data-dir.',
    kind: 'usage',
  },
  E_LEDGER_NONE: {
    summary: 'There is no ledger yet, or it does not reach so far.',
    remedy: 'Make it with pegminer ledger sync; check --network and --data-dir.',
    kind: 'failure',
  },
  E_LEDGER_PORT: {
    summary: 'The API of the ledger cannot listen on its port.',
    remedy: 'Give another --rpc-port, end the program that has it, or check --rpc-host.',
    kind: 'failure',
  },
} as const

export const fail = errorsOf(LEDGER_ERRORS)
