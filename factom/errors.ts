/** Every code that `factom/` throws. The message of an error is one line without secrets. */
import { errorsOf } from '../base/index.js'

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
  },
  E_FACTOM_COMMIT: {
    summary: 'A commit message breaks the layout or the credit range of Factom.',
    remedy: 'Report it with the message; commits are composed by the program itself.',
  },
  E_FACTOM_BLOCK: {
    summary: 'A block from the node breaks the layout of Factom.',
    remedy: 'Check the node: its database or the way to it is damaged. Use another node.',
  },
  E_FACTOM_UNREACHABLE: {
    summary: 'The factomd node cannot be reached.',
    remedy: 'Check that factomd runs and that --factomd names its API port; the program keeps trying.',
    retryable: true,
  },
  E_FACTOM_TIMEOUT: {
    summary: 'The factomd node did not finish its reply in time.',
    remedy: 'Check the load of the node; the program keeps trying.',
    retryable: true,
  },
  E_FACTOM_AUTH: {
    summary: 'The factomd node asks for a user name and password.',
    remedy: 'Set PEGMINER_FACTOM_USER and PEGMINER_FACTOM_PASSWORD (or …_FILE) to its rpcuser and rpcpass.',
  },
  E_FACTOM_TLS: {
    summary:
      'No secure connection to the factomd node: its certificate is not trusted, or it does not speak TLS.',
    remedy: 'Name the certificate with --factomd-ca; give http:// for a node without TLS.',
  },
  E_FACTOM_HTTP: {
    summary: 'The factomd node answers with an HTTP status that is not part of its protocol.',
    remedy: 'Check that the URL leads to factomd and not to a proxy or another program.',
  },
  E_FACTOM_TOO_LARGE: {
    summary: 'The reply of the factomd node is larger than the program accepts.',
    remedy: 'Check that the URL leads to factomd; use another node.',
  },
  E_FACTOM_REPLY: {
    summary: 'The reply is not one complete JSON-RPC reply to the request that was sent.',
    remedy: 'Check that the URL leads to factomd; the program keeps trying.',
    retryable: true,
  },
  E_FACTOM_SHAPE: {
    summary: 'A field of the reply is missing or not of the documented form.',
    remedy: 'Check the version of the node (factomd 6.x); use another node.',
  },
  E_FACTOM_RPC: {
    summary: 'The factomd node refuses the request for a reason that is not in its catalogue.',
    remedy: 'See the code and text of the node in the message.',
  },
  E_FACTOM_RPC_REQUEST: {
    summary: 'The node does not take the request for JSON-RPC 2.0 (-32600, -32700).',
    remedy: 'Check for a proxy between here and the node that changes what passes.',
  },
  E_FACTOM_RPC_METHOD: {
    summary: 'The node does not know the method (-32601).',
    remedy: 'Check that the URL leads to the API of factomd (port 8088), not to that of its wallet.',
  },
  E_FACTOM_RPC_PARAMS: {
    summary:
      'The node refuses what was sent: an address, entry, commit or transaction is not valid (-32602).',
    remedy: 'See the text of the node in the message.',
  },
  E_FACTOM_RPC_INTERNAL: {
    summary: 'The node had an error of its own (-32603).',
    remedy: "Look into the node's log; the program tries again.",
    retryable: true,
  },
  E_FACTOM_RPC_MISSING: {
    summary: 'The node does not have the block, entry or chain, or not yet (-32008, -32009).',
    remedy: 'Wait until the node has synchronised.',
    retryable: true,
  },
  E_FACTOM_RPC_RECEIPT: {
    summary: 'The node cannot make the receipt (-32010).',
    remedy: 'Wait until the entry is in a saved block.',
  },
  E_FACTOM_RPC_REPEATED: {
    summary: 'A commit for this entry with the same or greater payment is in already (-32011).',
    remedy: 'Nothing: the entry is paid for.',
  },
  E_FACTOM_HASH: {
    summary: 'The node sent data whose hash is not the one that was asked for.',
    remedy: 'Check the node: its database or the way to it is damaged. Use another node.',
  },
  E_FACTOM_LINK: {
    summary: 'The entry blocks of a chain do not link up with the block that was followed last.',
    remedy:
      'Check that the node is on the same network as before; if the network was reset, remove the saved state.',
  },
  E_FACTOM_ABORTED: {
    summary: 'The call was ended by the program itself.',
    remedy: 'Nothing.',
  },
  E_FACTOM_SYNCING: {
    summary: 'The node is still fetching the blocks of the network.',
    remedy: 'Wait, or name a second node with another --factomd.',
    retryable: true,
  },
  E_FACTOM_LAGGING: {
    summary: 'The node is blocks behind what was seen before.',
    remedy: 'Wait until it has caught up, or name a second node with another --factomd.',
    retryable: true,
  },
  E_FACTOM_RECOVERED: {
    summary: 'The node is well again.',
    remedy: 'Nothing.',
  },
  E_FACTOM_SWITCHED: {
    summary: 'Another node of the list is used from now on.',
    remedy:
      'Check the node that the message names; the program returns to the first node of the list when that is well.',
  },
  E_FACTOM_RESET: {
    summary: 'The node builds blocks on an earlier height than before: the network was reset.',
    remedy:
      'Nothing on a network of your own; records for the chain that is gone are given up. Else check the node.',
  },
  E_FACTOM_STALLED: {
    summary: 'The node says that its chain has stopped.',
    remedy: 'Nothing can be mined until the network goes on; check the node if others are not stalled.',
    retryable: true,
  },
  E_FACTOM_BACKWARDS: {
    summary: 'The saved height of the node went back.',
    remedy:
      'The node was reset or replaced by one that is behind; wait until it has caught up, or use another.',
    retryable: true,
  },
  E_FACTOM_SPENDING: {
    summary: 'The record would cost more entry credits than the limit for a block or a day allows.',
    remedy: 'Raise --max-credits-block or --max-credits-day if that is what you want.',
  },
  E_FACTOM_DRY_RUN: {
    summary: 'The record was composed and signed but not sent, since --dry-run is given.',
    remedy: 'Nothing.',
  },
  E_FACTOM_WALLET: {
    summary: 'The wallet does not give the secret key of the entry-credit address.',
    remedy:
      'Check --walletd and --ec-address; import the key into the wallet (factom-cli importaddress Es…).',
  },
  E_FACTOM_FUNDS: {
    summary: 'The factoid address cannot pay for the entry credits.',
    remedy: 'Send factoids to the address that is named in the message, or buy fewer entry credits.',
  },
  E_FACTOM_PURCHASE: {
    summary: 'The purchase of entry credits was sent but is not seen on the chain.',
    remedy: 'Give the same command again: the same transaction is sent, and never paid twice.',
    retryable: true,
  },
  E_FACTOM_UNFINISHED: {
    summary: 'An earlier run has signed another payment, which may still be executed.',
    remedy:
      'Give the command that the message names, which sends the same bytes, or wait until they are void.',
    kind: 'usage',
  },
  E_FACTOM_BUSY: {
    summary: 'Another process pays from the same data directory.',
    remedy: 'Wait until it is done.',
    retryable: true,
  },
  E_FACTOM_CREDITS: {
    summary: 'The entry-credit address has not enough entry credits.',
    remedy: 'Buy entry credits for the address that is named in the message.',
  },
  E_FACTOM_LATE: {
    summary: 'The record did not reach the node before the time for its block ended.',
    remedy: 'Check the speed of the node, or publish fewer records a block.',
  },
  E_FACTOM_UNCONFIRMED: {
    summary: 'A record was sent but is not in its block.',
    remedy: 'Check the entry credits and the clock of this machine; the message says how far it came.',
  },
  E_FACTOM_CHAIN: {
    summary: 'A chain could not be created in time.',
    remedy:
      'Check the entry credits and the node, then start again; what was paid is not paid twice in one run.',
    retryable: true,
  },
  E_FACTOM_JOURNAL: {
    summary: 'The journal of published records cannot be read or written, or is damaged.',
    remedy:
      'Check the rights and the free space of the data directory. Move a damaged journal away only if the message says so: it keeps a record from being paid for twice.',
  },
  E_FACTOM_JOURNAL_LOCKED: {
    summary: 'Another miner publishes from this data directory.',
    remedy: 'Stop that miner, or give this one a directory of its own: --data-dir.',
    retryable: true,
  },
} as const

/** `throw fail('E_FACTOM_TIMEOUT', '…')`. */
export const fail = errorsOf(FACTOM_ERRORS)
