/** Every code that `factom/` throws. The message of an error is one line without secrets. */
import { errorsOf } from '../config/index.js'

export const FACTOM_ERRORS = {
  E_FACTOM_ADDRESS: {
    summary: 'A Factom address or secret key is not valid.',
    remedy: 'Give all 52 characters of the address, of the kind that is asked for (FA, Fs, EC or Es).',
    kind: 'usage',
  },
  E_FACTOM_URL: {
    summary: 'The address of the factomd node is not a usable URL.',
    remedy: 'Give http://host:port or https://host:port; the path /v2 is added by itself.',
    kind: 'usage',
  },
  E_FACTOM_ENTRY: {
    summary: 'An entry breaks the layout or the size limits of Factom.',
    remedy:
      'Nothing, if it came from the chain; else shorten external ids and content to 10240 bytes together.',
    kind: 'failure',
  },
  E_FACTOM_COMMIT: {
    summary: 'A commit message breaks the layout or the credit range of Factom.',
    remedy: 'Report it with the message; commits are composed by the program itself.',
    kind: 'failure',
  },
  E_FACTOM_BLOCK: {
    summary: 'A block from the node breaks the layout of Factom.',
    remedy: 'Check the node: its database or the way to it is damaged. Use another node.',
    kind: 'failure',
  },
  E_FACTOM_UNREACHABLE: {
    summary: 'The factomd node cannot be reached.',
    remedy: 'Check that factomd runs and that --factomd names its API port; the program keeps trying.',
    kind: 'failure',
    retryable: true,
  },
  E_FACTOM_TIMEOUT: {
    summary: 'The factomd node did not finish its reply in time.',
    remedy: 'Check the load of the node; the program keeps trying.',
    kind: 'failure',
    retryable: true,
  },
  E_FACTOM_AUTH: {
    summary: 'The factomd node asks for a user name and password.',
    remedy: 'Start factomd without rpcuser and rpcpass, bound to a private address.',
    kind: 'failure',
  },
  E_FACTOM_HTTP: {
    summary: 'The factomd node answers with an HTTP status that is not part of its protocol.',
    remedy: 'Check that the URL leads to factomd and not to a proxy or another program.',
    kind: 'failure',
  },
  E_FACTOM_TOO_LARGE: {
    summary: 'The reply of the factomd node is larger than the program accepts.',
    remedy: 'Check that the URL leads to factomd; use another node.',
    kind: 'failure',
  },
  E_FACTOM_REPLY: {
    summary: 'The reply is not one complete JSON-RPC reply to the request that was sent.',
    remedy: 'Check that the URL leads to factomd; the program keeps trying.',
    kind: 'failure',
    retryable: true,
  },
  E_FACTOM_SHAPE: {
    summary: 'A field of the reply is missing or not of the documented form.',
    remedy: 'Check the version of the node (factomd 6.x); use another node.',
    kind: 'failure',
  },
  E_FACTOM_RPC: {
    summary: 'The factomd node refuses the request.',
    remedy: 'See the code and text of the node in the message.',
    kind: 'failure',
  },
  E_FACTOM_HASH: {
    summary: 'The node sent data whose hash is not the one that was asked for.',
    remedy: 'Check the node: its database or the way to it is damaged. Use another node.',
    kind: 'failure',
  },
  E_FACTOM_LINK: {
    summary: 'The entry blocks of a chain do not link up with the block that was followed last.',
    remedy:
      'Check that the node is on the same network as before; if the network was reset, remove the saved state.',
    kind: 'failure',
  },
  E_FACTOM_ABORTED: {
    summary: 'The call was ended by the program itself.',
    remedy: 'Nothing.',
    kind: 'failure',
  },
  E_FACTOM_STALLED: {
    summary: 'The node says that its chain has stopped.',
    remedy: 'Nothing can be mined until the network goes on; check the node if others are not stalled.',
    kind: 'failure',
    retryable: true,
  },
  E_FACTOM_BACKWARDS: {
    summary: 'The saved height of the node went back.',
    remedy:
      'The node was reset or replaced by one that is behind; wait until it has caught up, or use another.',
    kind: 'failure',
    retryable: true,
  },
  E_FACTOM_CREDITS: {
    summary: 'The entry-credit address has not enough entry credits.',
    remedy: 'Buy entry credits for the address that is named in the message.',
    kind: 'failure',
  },
  E_FACTOM_LATE: {
    summary: 'The time for this block ended before the record was with the node.',
    remedy: 'Check the speed of the node, or publish fewer records a block.',
    kind: 'failure',
  },
  E_FACTOM_UNCONFIRMED: {
    summary: 'A record was sent but the node did not acknowledge it while its block was open.',
    remedy: 'Check the entry credits and the clock of this machine; the record may still be in the block.',
    kind: 'failure',
  },
  E_FACTOM_CHAIN: {
    summary: 'A chain could not be created in time.',
    remedy:
      'Check the entry credits and the node, then start again; what was paid is not paid twice in one run.',
    kind: 'failure',
    retryable: true,
  },
  E_FACTOM_JOURNAL: {
    summary: 'The journal of published records cannot be read or written.',
    remedy: 'Check the rights and the free space of the data directory.',
    kind: 'failure',
  },
} as const

/** `throw fail('E_FACTOM_TIMEOUT', '…')`. */
export const fail = errorsOf(FACTOM_ERRORS)
