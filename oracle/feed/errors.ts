/** Every code of the oraclefeed. */
import { errorsOf } from '../../base/index.js'

export const FEED_ERRORS = {
  E_FEED_CHECK: {
    summary: 'A gateway is not ready to run: something of the start-up check list fails for good.',
    remedy: 'Do what the lines of `pegminer feed check` say.',
  },
  E_FEED_LOCKED: {
    summary: 'Another process publishes with the same key: two publishers would cut each other off.',
    remedy: 'Stop the other process, or give this one another data directory only if it serves another key.',
    kind: 'usage',
  },
  E_FEED_CONFIG: {
    summary:
      'The section feed of the configuration is not right; each problem is reported on a line of its own.',
    remedy: 'See the lines.',
    kind: 'usage',
  },
  E_FEED_STATE: {
    summary: "The feed's state file cannot be read or written.",
    remedy:
      'Check the rights and the free space of the data directory; move a damaged file away if the message says so.',
  },
  E_FEED_STALE_BATON: {
    summary: 'The daemon builds on a baton that is not the last one that was published; nothing was sent.',
    remedy:
      'Nothing: it passes when the reorganised blocks are mined again; headers on a dead branch are published again.',
    retryable: true,
  },
  E_FEED_FORGED: {
    summary: 'The reference daemon contradicts itself about its chain; nothing of it was published.',
    remedy: 'Check the reference daemon and the way to it: its replies may be forged.',
  },
  E_FEED_FUNDS: {
    summary: "The oracle's subscriptions or the wallet's coins are used up.",
    remedy: 'Raise the spending limit of the section feed, or subscribe by hand with oraclessubscribe.',
    retryable: true,
  },
  E_FEED_REREGISTER: {
    summary:
      'The publisher is registered already; registering again would cut the chain of published headers.',
    remedy: 'Leave it registered: deposits could no longer prove anything by the headers published so far.',
    kind: 'usage',
  },
  E_FEED_THIEF: {
    summary:
      'A withdrawal transaction of a co-signer does not pay what was asked for; it was neither signed nor sent.',
    remedy:
      'Speak to the co-signers: one of them, or his daemon, proposes another payment than the withdrawal.',
  },
  E_FEED_WITHDRAWAL: {
    summary: 'A withdrawal needs an operator.',
    remedy: 'See the message and `pegminer feed status`.',
  },
  E_FEED_BLOCKED: {
    summary: 'A withdrawal that is not paid keeps a gateway from taking any other.',
    remedy:
      'Approve it, mend what the message names, or release it without a payment: `pegminer feed settle TXID`.',
  },
  E_FEED_ITEM: {
    summary: 'The daemon lists a withdrawal whose own transaction says something else; it is left alone.',
    remedy: 'Nothing, if it belongs to another gateway of the chain; else check the daemon.',
  },
} as const

export const fail = errorsOf(FEED_ERRORS)
