/** Every code that the transaction codec throws. The message of an error is one line without secrets. */
import { errorsOf } from '../../base/index.js'

export const KOMODO_TX_ERRORS = {
  E_KOMODO_TX: {
    summary: 'A Komodo transaction, block header or proof breaks its layout.',
    remedy: 'Nothing, if it came from the chain; else check the node that sent it.',
  },
  E_KOMODO_ADDRESS: {
    summary: 'A Komodo address is not valid, or of another coin than expected.',
    remedy: 'Give the whole address, of the coin that is asked for (Komodo addresses begin with R or b).',
    kind: 'usage',
  },
  E_KOMODO_KEY: {
    summary: 'A Komodo private or public key is not valid.',
    remedy: 'Give a private key as the node prints it (dumpprivkey), a public key as 66 hex digits.',
    kind: 'usage',
  },
  E_KOMODO_SIGN: {
    summary: 'An input cannot be signed.',
    remedy: 'Check that the key belongs to the output that is spent.',
  },
} as const

/** `throw fail('E_KOMODO_TX', '…')`. */
export const fail = errorsOf(KOMODO_TX_ERRORS)
