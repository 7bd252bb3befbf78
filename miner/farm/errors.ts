import { errorsOf } from '../../base/index.js'

/** Codes of the farm: thrown, or given as the reason of a notice. */
export const FARM_ERRORS = {
  E_FARM_NO_SERVER: {
    summary: 'No nats-server is installed, and no other was named.',
    remedy: 'Install it (Debian, Ubuntu: apt install nats-server), or name one with --nats.',
    kind: 'usage',
  },
  E_FARM_SERVER: {
    summary: 'The nats-server that the coordinator started does not run.',
    remedy: 'See the message; a newer nats-server (2.9 at least) may help.',
  },
  E_FARM_CREDENTIAL: {
    summary: 'A credential file cannot be used.',
    remedy: 'Give the file as it was made, with --creds.',
    kind: 'usage',
  },
  E_FARM_CONNECT: {
    summary: 'The NATS server cannot be reached, or refuses the credential.',
    remedy: 'Check address, certificate and credential, and that the server runs.',
    retryable: true,
  },
  E_FARM_SECRET: {
    summary: 'A farm worker was given a key that pays. It needs none, and must not have one.',
    remedy: 'Remove the key from its environment and its configuration file.',
    kind: 'usage',
  },
  E_FARM_NO_MACHINES: {
    summary: 'No machine has joined the farm.',
    remedy: 'Start workers with the line that the coordinator prints.',
  },
  E_FARM_COORDINATOR: {
    summary: 'The coordinator does not answer.',
    remedy: 'Nothing, if it comes back: the worker goes on with its lease, then waits.',
    retryable: true,
  },
  E_FARM_LAPSED: {
    summary: 'The lease of a worker lapsed, so it stopped hashing; it goes on as soon as it has one again.',
    remedy: 'Check the connection to the server, and that a coordinator runs.',
    retryable: true,
  },
  E_FARM_VERSION: {
    summary: 'Worker and coordinator speak different versions of the farm protocol.',
    remedy: 'Install the version of the coordinator on the worker; the coordinator is upgraded first.',
  },
  E_FARM_BYTEMAP: {
    summary: "A worker's ByteMap is not that of the coordinator, so it does not hash.",
    remedy: 'Run `pegminer bytemap verify` on both machines.',
  },
  E_FARM_REFUSED: {
    summary: 'A worker was refused: too many of its hits were false, malformed, foreign or above its rate.',
    remedy:
      'Check memory and overclocking of the machine; when it is mended, start its worker under another --name.',
  },
  E_FARM_HIT: {
    summary: 'A worker sent a hit that does not count.',
    remedy: 'Nothing, unless it repeats: then check memory and overclocking of the machine that is named.',
  },
  E_FARM_STANDBY: {
    summary: 'Another coordinator is active; this one waits, and takes over if that one falls silent.',
    remedy: 'Nothing.',
  },
  E_FARM_DEPOSED: {
    summary: 'Another coordinator has become the active one, so this one ends.',
    remedy: 'Start it again: it then waits for its turn. Look why it was silent for three seconds.',
  },
  E_FARM_STATUS: {
    summary: 'The status page of the coordinator cannot be asked.',
    remedy: 'Run it on the machine of a running coordinator, or name its --metrics-host and --metrics-port.',
  },
  E_FARM_STORE: {
    summary: 'The NATS server did not take what the coordinator must keep there.',
    remedy: 'Check the server and its disk; it is tried again.',
    retryable: true,
  },
} as const

export const fail = errorsOf(FARM_ERRORS)
