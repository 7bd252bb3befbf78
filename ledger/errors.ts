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
  },
  E_LEDGER_CHECKPOINT: {
    summary: 'A checkpoint cannot be read or written, or is not what it says.',
    remedy:
      'Get it anew, or make one with pegminer ledger checkpoint; without one the whole chain is followed.',
    kind: 'usage',
  },
  E_LEDGER_PEGNETD: {
    summary: 'The pegnetd to compare with does not answer, or not as pegnetd does.',
    remedy: 'Check the address that --pegnetd has, such as http://127.0.0.1:8070/v1, and whether it runs.',
    retryable: true,
  },
  E_LEDGER_PORT: {
    summary: 'The API of the ledger cannot listen on its port.',
    remedy: 'Give another --rpc-port, end the program that has it, or check --rpc-host.',
  },
  E_WALLET_NONE: {
    summary: 'There is no wallet yet.',
    remedy: 'Make one with pegminer wallet new or import; check --wallet, --network and --data-dir.',
    kind: 'usage',
  },
  E_WALLET_FILE: {
    summary: "The wallet's file cannot be read or written, or is damaged.",
    remedy:
      'Check its rights; if it was changed, put your copy of it in its place, or import your keys anew.',
  },
  E_WALLET_LOCKED: {
    summary: 'Another process uses the wallet.',
    remedy: 'Wait until it is done.',
    retryable: true,
  },
  E_WALLET_PASSPHRASE: {
    summary: 'The passphrase does not open the wallet.',
    remedy: 'Give the one that the wallet was made with; without it its keys are lost.',
    kind: 'usage',
  },
  E_WALLET_SECRET: {
    summary: 'What was to be imported is no secret key, or no words that keys are made of.',
    remedy: 'Check it for a missing or wrong character or word.',
    kind: 'usage',
  },
  E_WALLET_NAME: {
    summary: 'The name for an address is taken, or cannot be one.',
    remedy: 'Give another --name.',
    kind: 'usage',
  },
  E_WALLET_ADDRESS: {
    summary: 'The wallet has no such address, or several, so that it must be said which.',
    remedy: 'See pegminer wallet list.',
    kind: 'usage',
  },
  E_WALLET_BATCH: {
    summary: 'What is to be sent or converted is not as it must be.',
    remedy: 'Correct what the message names.',
    kind: 'usage',
  },
  E_WALLET_REFUSED: {
    summary: 'The ledger would refuse the batch, or has no price for it; nothing was signed.',
    remedy: 'See the message; amounts that are on their way already cannot be spent twice.',
  },
  E_WALLET_AGAIN: {
    summary: 'A batch that says the same is on its way already.',
    remedy: 'Wait until pegminer wallet history shows it; give --again if it is to be done twice.',
    kind: 'usage',
  },
  E_WALLET_LATE: {
    summary: 'A signature is older than 12 hours, or dated into the future.',
    remedy: 'Set the clock right, and sign again.',
  },
  E_WALLET_FULL: {
    summary: 'Too many signed batches wait for their block.',
    remedy: 'Wait until they are executed: pegminer wallet balance shows them.',
    retryable: true,
  },
  E_WALLET_UNSENT: {
    summary: 'A batch is signed and kept, but the node has not taken it yet.',
    remedy:
      'Nothing is lost: the same command again, or the next send or convert, sends the same bytes after a yes.',
    retryable: true,
  },
  E_WALLET_CREDITS: {
    summary: 'The entry-credit address that pays for the entry has too little.',
    remedy: 'Buy entry credits: pegminer fund.',
  },
  E_WALLET_KEY: {
    summary: 'The wallet has no key for the address: it only watches it.',
    remedy: 'Write the batch into a file with --out, sign it where the key is, and send the signed file.',
    kind: 'usage',
  },
  E_WALLET_BURN: {
    summary: 'Factoids that are burnt now would become nothing.',
    remedy: 'Keep them; mine PEG, or buy tokens.',
    kind: 'usage',
  },
  E_WALLET_LEDGER: {
    summary: 'The program that should say who holds what cannot be asked, or answers as it should not.',
    remedy: 'Check --pegnetd, and whether pegnetd or pegminer ledger serve runs there.',
    retryable: true,
  },
} as const

export const fail = errorsOf(LEDGER_ERRORS)
