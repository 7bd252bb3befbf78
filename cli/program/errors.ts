/** What can be wrong with a command line or its input. */
import { errorsOf } from '../../base/index.js'

export const CLI_ERRORS = {
  E_CLI_COMMAND: {
    summary: 'There is no such command.',
    remedy: 'See the list: pegminer --help.',
    kind: 'usage',
  },
  E_CLI_HEX: {
    summary: 'An input of `pegminer hash` is not hex: two digits 0-9 a-f for each byte.',
    remedy: 'Correct the line or argument that the message names; those before it are done.',
    kind: 'usage',
  },
  E_CLI_LINE: {
    summary: 'An input line is longer than the program accepts.',
    remedy: 'Give one input a line.',
    kind: 'usage',
  },
  E_CLI_MEMORY: {
    summary:
      'The memory limit of the container or service is too small: the system would kill the program without a message.',
    remedy: 'Raise the limit to what the message names.',
    kind: 'usage',
  },
  E_CLI_CONFIRM: {
    summary: 'The command would spend real money, and --yes was not given.',
    remedy: 'Look at the cost that it shows, then run it again with --yes.',
    kind: 'usage',
  },
  E_CLI_DEV: {
    summary: 'The embedded chain of the data directory does not run.',
    remedy: 'Start pegminer mine --network dev with the same --data-dir, and leave it running.',
  },
  E_CLI_DEV_MINER: {
    summary: 'The miner of the embedded network, which pegminer explorer has started, has ended.',
    remedy: 'Read what it says; start pegminer mine --network dev with the same --data-dir to see more.',
  },
  E_CLI_DATA_DIR: {
    summary: 'The data directory cannot be made or written.',
    remedy: 'Check its rights, or give another with --data-dir.',
  },
  E_CLI_HEIGHT: {
    summary: 'There is nothing to grade at that height.',
    remedy: 'Choose a height at which the chain has records: pegminer history shows them.',
  },
  E_CLI_PLOT: {
    summary: 'A picture, or what belongs to it, cannot be drawn or written.',
    remedy: 'Choose a range with graded blocks, and a file in a folder that exists and can be written.',
  },
  E_CLI_BASKET: {
    summary: 'Another process keeps a basket of the same data directory.',
    remedy: 'Leave it to that one, or end it first: two would convert the same surplus.',
    kind: 'usage',
  },
  E_CLI_OUTPUT: {
    summary: 'Standard output cannot be written.',
    remedy: 'Make room on the disk that it is redirected to; what was printed before is incomplete.',
  },
  E_CLI_WINNERS: {
    summary: 'The winners of a graded block are not those that its file names.',
    remedy:
      'See the places in the output; a file of a private network needs its --opr-version, --spr-version or --bits.',
  },
  E_CLI_ENTRY_HASH: {
    summary:
      'Some entries of a block file do not have the hash that stands beside them; they were graded all the same.',
    remedy: 'Compare the file with its source: it was changed after it was written.',
  },
  E_CLI_FEED: {
    summary: '`pegminer feed` cannot do what was asked for.',
    remedy: 'See the message, and `pegminer feed status`.',
    kind: 'usage',
  },
  E_CLI_RELOADED: {
    summary: 'The settings were read again, because the configuration file has changed or SIGHUP came.',
    remedy: 'Nothing; changes that wait for a restart take effect at the next start.',
    kind: 'usage',
  },
  E_CLI_RELOAD: {
    summary:
      'The settings were read again and are wrong, or cannot be put into effect; the old ones stay in effect.',
    remedy: 'Correct what the lines before it name; the file is read again as soon as it is saved.',
    kind: 'usage',
  },
  E_CLI_CLOCK: {
    summary: 'The clock of the machine was set while the program ran, or the machine slept.',
    remedy:
      'Nothing, if it happens once; else keep the clock right with NTP (timedatectl, chronyc tracking).',
  },
  E_CLI_INTERNAL: {
    summary: 'The program met a situation that it was not written for.',
    remedy: 'Report it, with the lines that follow the message.',
  },
} as const

export const fail = errorsOf(CLI_ERRORS)
