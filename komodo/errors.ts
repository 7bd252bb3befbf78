/** Every code that `komodo/` throws. The message of an error is one line without secrets. */
import { errorsOf } from '../base/index.js'

export const KOMODO_ERRORS = {
  E_KOMODO_CONF: {
    summary: "The daemon's conf file cannot be used.",
    remedy: 'Start the daemon once, which writes the file; or give its URL, user and password.',
    kind: 'usage',
  },
  E_KOMODO_URL: {
    summary: 'The address of the komodo daemon is not a usable URL.',
    remedy: 'Give http://host:port, without user or password in it.',
    kind: 'usage',
  },
  E_KOMODO_UNREACHABLE: {
    summary: 'The komodo daemon cannot be reached.',
    remedy: 'Check that it runs and that the port is its rpcport; the program keeps trying.',
    retryable: true,
  },
  E_KOMODO_TIMEOUT: {
    summary: 'The komodo daemon did not finish its reply in time.',
    remedy:
      'If it goes on, the daemon hangs: kill it with SIGKILL and start it again; the program goes on by itself.',
    retryable: true,
  },
  E_KOMODO_HUNG: {
    summary:
      'The komodo daemon accepts calls and does not answer, or answers with a chain that stands still.',
    remedy: 'Kill the daemon with SIGKILL and start it again; the program goes on by itself.',
    retryable: true,
  },
  E_KOMODO_AUTH: {
    summary: 'The komodo daemon refuses user and password, or this address.',
    remedy: 'Check rpcuser and rpcpassword against the conf file, and rpcallowip.',
  },
  E_KOMODO_HTTP: {
    summary: 'The reply has an HTTP status that is not part of the protocol.',
    remedy: 'Check that the URL leads to komodod and not to a proxy or another program.',
  },
  E_KOMODO_BUSY: {
    summary: 'The work queue of the komodo daemon is full.',
    remedy: 'Raise rpcworkqueue in its conf file; the program keeps trying.',
    retryable: true,
  },
  E_KOMODO_WARMUP: {
    summary: 'The komodo daemon is starting.',
    remedy: 'Wait; the program keeps trying.',
    retryable: true,
  },
  E_KOMODO_TOO_LARGE: {
    summary: 'The reply of the komodo daemon is larger than the program accepts.',
    remedy: 'Check that the URL leads to komodod.',
  },
  E_KOMODO_REPLY: {
    summary: 'The reply is not one complete JSON-RPC reply to the request that was sent.',
    remedy: 'Check that the URL leads to komodod; the program keeps trying.',
    retryable: true,
  },
  E_KOMODO_SHAPE: {
    summary: 'A field of the reply is missing or not of the known form.',
    remedy: 'Check the version of the daemon with `pegminer feed check`.',
  },
  E_KOMODO_HEADER: {
    summary:
      'A block header does not prove what the daemon says of it: hash, block before, or work; it was not published.',
    remedy:
      'Check the reference daemon and the way to it: its replies may be forged. Look at the block elsewhere.',
  },
  E_KOMODO_INTERNAL: {
    summary: 'The komodo daemon had an internal error while it answered.',
    remedy: 'Nothing if it passes, the program keeps trying; if it goes on, start the daemon again.',
    retryable: true,
  },
  E_KOMODO_RPC: {
    summary: 'The komodo daemon refuses the request.',
    remedy: "See the daemon's code and text in the message.",
  },
  E_KOMODO_METHOD: {
    summary: 'The komodo daemon does not know the method.',
    remedy: 'Use a daemon with the oracles and gateways modules; `pegminer feed check` says what is missing.',
  },
  E_KOMODO_CC: {
    summary: 'A contract call of the daemon failed: it gave no transaction.',
    remedy: "See the daemon's text in the message.",
  },
  E_KOMODO_PARAMETER: {
    summary: 'A parameter of a contract call is not of the form that the daemon takes; it was not sent.',
    remedy: 'Report it with the message: a wrong parameter can freeze a daemon, so it is refused here.',
  },
  E_KOMODO_INSPECT: {
    summary: 'A transaction that the daemon built is not the one that was asked for; it was not sent.',
    remedy: 'See the message; if it goes on, check the daemon and who else uses its wallet.',
  },
  E_KOMODO_ABORTED: {
    summary: 'The call was ended by the program itself.',
    remedy: 'Nothing.',
  },
} as const

/** `throw fail('E_KOMODO_TIMEOUT', '…')`. */
export const fail = errorsOf(KOMODO_ERRORS)
