/** Every code that `komodo/pegs/` throws. */
import { errorsOf } from '../../base/index.js'

export const PEGS_ERRORS = {
  E_PEGS_PLAN: {
    summary: 'The plan of a peg cannot be carried out as it stands.',
    remedy: 'Correct what the message names; nothing was sent.',
    kind: 'usage',
  },
  E_PEGS_STATE: {
    summary: 'What was written down about a peg, or a step of it, cannot be read or written.',
    remedy: 'Make room on the disk, or check the rights of the data directory; do not delete the file.',
  },
  E_PEGS_LOCKED: {
    summary: 'Another program works on the same peg.',
    remedy: 'Wait for it, or stop it.',
    kind: 'usage',
  },
  E_PEGS_DAEMON: {
    summary: 'A daemon is not fit for the peg: it lacks calls, another key, or a private key.',
    remedy: 'Do what the message says, then give the command again.',
  },
  E_PEGS_LATE: {
    summary: 'The peg would not be in a block before height 100, so that no node could be told of it.',
    remedy: 'Begin a new chain with another name; stop its mining before you make the plan.',
  },
  E_PEGS_EXISTS: {
    summary: 'The chain holds already what the plan would make, and it is not written down here.',
    remedy: 'Give the data directory in which it was begun; or another name, if it is of another plan.',
  },
  E_PEGS_PRICE: {
    summary: 'The price expression of a token gives no price on this chain.',
    remedy: 'Correct the expression: it can never be changed once the token is made.',
    kind: 'usage',
  },
  E_PEGS_OPERATOR: {
    summary: 'An operator has to do something before it goes on.',
    remedy: 'Do what the message says, then give the command again: it goes on where it stopped.',
    retryable: true,
  },
  E_PEGS_REFUSED: {
    summary: 'A step was not sent, because it would lose coins, hang the daemon, or do nothing.',
    remedy: 'See the reason in the message.',
    kind: 'usage',
  },
  E_PEGS_PORT: {
    summary: 'The port of the price stub cannot be used.',
    remedy: 'Choose others with --http-port and --https-port.',
    kind: 'usage',
  },
  E_PEGS_DIFFERS: {
    summary: 'After a step the chain does not say what was worked out before it.',
    remedy: 'Look at the account before you do anything else; report it with the message.',
  },
} as const

/** `throw fail('E_PEGS_REFUSED', '…')`. */
export const fail = errorsOf(PEGS_ERRORS)
export const refuse = (why: string) => fail('E_PEGS_REFUSED', why)
