/**
 * Every setting of the program, once. Types, flags, environment variables, help texts and `docs/settings.md` are
 * derived from this table.
 */
import { ASSETS, NEWEST_OPR, NEWEST_SPR, OPR_VERSIONS } from '../pegnet/index.js'
import {
  activations,
  choice,
  cpuChoice,
  decimal,
  hex64,
  httpUrl,
  httpUrls,
  integer,
  listOf,
  orAuto,
  path,
  pattern,
  port,
  portOrOff,
  publicKey,
  text,
  threadCount,
  toggle,
  txid,
  type ValueType,
} from './types.js'

export interface SettingSpec<T> {
  readonly type: ValueType<T>
  /** In effect if no other value is given. Undefined: there is none, or the command or network decides. */
  readonly default: T | undefined
  /** What stands for the default in help texts, if the value itself would not say enough. */
  readonly defaultText?: string
  /** One sentence without a full stop. */
  readonly description: string
  /** Short name of the flag, once in each command; the long one is always `--section.key`. */
  readonly flag?: string
  /** One letter. */
  readonly letter?: string
  /** The flag may be given several times; the values are joined by commas. */
  readonly repeatable?: true
  /** Comes from the environment or a file, never from a flag, and is never printed. */
  readonly secret?: true
  /** Its variable, if it is not the one that its key makes. */
  readonly variable?: string
  /** Says which file to read, so it cannot stand in one. */
  readonly notInFile?: true
  /** A program that runs takes a change over when settings are read again; without it, from its next start on. */
  readonly reload?: 'live'
}

interface Optional<T> extends SettingSpec<T> {
  readonly default: undefined
}
interface WithDefault<T> extends SettingSpec<T> {
  readonly default: T
}

const given = <T>(
  type: ValueType<T>,
  value: T,
  rest: Omit<WithDefault<T>, 'type' | 'default'>,
): WithDefault<T> => ({
  type,
  default: value,
  ...rest,
})
const optional = <T>(type: ValueType<T>, rest: Omit<Optional<T>, 'type' | 'default'>): Optional<T> => ({
  type,
  default: undefined,
  ...rest,
})

const ASSETS_BY_VERSION = OPR_VERSIONS.slice(1)
  .map((version) => `${ASSETS[version].length} in ${version}`)
  .join(', ')

/** The form alone; what the fields mean is checked in `base/calendar.ts`. */
const cronText = pattern(
  'CRON',
  /^[\w*,/?#-]+( [\w*,/?#-]+){4,5}$/,
  'a cron expression of five or six fields',
)
const cronOrOff = pattern(
  'CRON|off',
  /^(off|[\w*,/?#-]+( [\w*,/?#-]+){4,5})$/i,
  `${cronText.expects}, or off`,
)
const login = pattern('NAME', /^[^\s:\x00-\x1f]{1,200}$/, 'a name without spaces and colons')
const password = pattern('TEXT', /^[^\x00-\x1f]{1,200}$/, 'one line of text')

const passphrase = pattern('TEXT', /^[^\x00-\x1f]{8,400}$/, 'a passphrase: one line of 8 to 400 characters')

const chainName = pattern(
  'NAME',
  /^[A-Za-z0-9_.-]{1,64}$/,
  "a chain's name, such as the -ac_name that its daemon was started with",
)
const listenAddress = pattern('ADDRESS', /^(localhost|[0-9a-f:.]{2,45})$/i, 'an IP address, or localhost')
const hostName = pattern('NAME', /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i, 'a name such as miner.example')
/** No name and password in it: a credential is a file. */
const natsUrls = listOf(
  pattern('nats://…', /^(nats|tls):\/\/[^\s,/@]{1,200}$/, 'an address such as nats://farm.example:4222'),
)
const daemonUser = pattern('NAME', /^.{1,200}$/, 'a user name')
const daemonPassword = pattern('TEXT', /^.{1,400}$/, 'a password')
const gatewayName = pattern(
  'NAME',
  /^[A-Za-z0-9_-]{1,40}$/,
  'the name of a gateway: up to 40 letters, digits, - and _',
)

export const SETTINGS = {
  'config.file': optional(
    { ...path, placeholder: 'FILE|off' },
    {
      flag: 'config',
      letter: 'c',
      variable: 'PEGMINER_CONFIG',
      notInFile: true,
      defaultText: 'pegminer.yaml if there is one here',
      description: 'file with settings; off reads none',
    },
  ),
  'network.name': given(choice('dev', 'local', 'TestNet', 'MainNet'), 'dev', {
    flag: 'network',
    description: 'network to mine on; dev brings its own chain and exchange and needs nothing else',
  }),
  'network.blockSeconds': given(integer(2, 3600, 'seconds'), 30, {
    flag: 'block-seconds',
    description: 'time from block to block on the dev network',
  }),
  'network.rivals': given(integer(0, 1000), 0, {
    flag: 'rivals',
    description: 'dev network: records of other identities that compete with yours in each block',
  }),
  'network.port': optional(port, {
    flag: 'port',
    defaultText: '8088 for pegminer dev, else any free one',
    description: "port of the embedded chain's API",
  }),
  'network.walletPort': optional(portOrOff, {
    flag: 'wallet-port',
    defaultText: '8089 for pegminer dev, else off',
    description: "dev network: port of the embedded chain's wallet, which answers as factom-walletd does",
  }),
  'network.startHeight': optional(integer(0, 999_000_000), {
    flag: 'start-height',
    defaultText: '0, or where the chain in the data directory began',
    description: 'dev network: height of the first block of a new chain',
  }),
  'network.activations': optional(activations, {
    flag: 'activations',
    defaultText: 'version 5 from height 0',
    description:
      'networks dev and local: heights at which the versions of records begin, or MainNet for its own',
  }),
  'network.manual': given(toggle, false, {
    flag: 'manual',
    description: 'dev network: no clock, minutes end only by the control call advance-minute',
  }),
  'network.fund': given(integer(0, 100_000_000), 1_000_000, {
    flag: 'fund',
    description:
      'dev network: entry credits that the test key is given whenever it is nearly out of them; 0 gives none',
  }),
  'network.exchangePort': given(port, 0, {
    flag: 'exchange-port',
    defaultText: 'any free one',
    description: 'port of the embedded exchange',
  }),
  'network.trouble': optional(
    pattern('SCRIPT', /^[a-z0-9:@+,\s-]{1,2000}$/i, 'random, or incidents such as binance:429@1m+2m'),
    {
      flag: 'trouble',
      defaultText: 'none',
      description:
        'trouble of the embedded exchange: random, or VENUE:KIND@FROM+FOR with commas between (kraken:liar@1m+5m)',
    },
  ),
  'data.dir': optional(path, {
    flag: 'data-dir',
    defaultText: '~/.pegminer/NETWORK',
    description: 'where state is kept: graded blocks, the journal of published records, the embedded chain',
  }),
  'factom.url': given(httpUrls, ['http://localhost:8088'], {
    flag: 'factomd',
    repeatable: true,
    defaultText: 'http://localhost:8088',
    reload: 'live',
    description:
      'address of the factomd node; more of them, in order of preference, take over while the earlier ones are not well',
  }),
  'factom.user': optional(login, {
    secret: true,
    defaultText: 'no login',
    reload: 'live',
    description: 'user name, if the factomd nodes ask for one (their rpcuser)',
  }),
  'factom.password': optional(password, {
    secret: true,
    defaultText: 'no login',
    reload: 'live',
    description: 'password, if the factomd nodes ask for one (their rpcpass)',
  }),
  'factom.ca': optional(
    { ...path, placeholder: 'FILE' },
    {
      flag: 'factomd-ca',
      defaultText: "the system's",
      reload: 'live',
      description:
        'certificates to trust for https://, as PEM: that of the node itself, or of your own authority',
    },
  ),
  'factom.walletd': optional(httpUrl, {
    flag: 'walletd',
    defaultText: 'no wallet',
    description: 'factom-walletd to take the entry-credit key from, instead of giving it; needs --ec-address',
  }),
  'factom.walletdUser': optional(login, {
    secret: true,
    defaultText: 'no login',
    description: 'user name, if the wallet asks for one',
  }),
  'factom.walletdPassword': optional(password, {
    secret: true,
    defaultText: 'no login',
    description: 'password, if the wallet asks for one',
  }),
  'factom.ecAddress': optional(
    pattern('EC…', /^EC[1-9A-HJ-NP-Za-km-z]{50}$/, 'an entry-credit address: EC and 50 more characters'),
    {
      flag: 'ec-address',
      defaultText: 'that of the entry-credit key',
      description: 'entry-credit address, for the wallet to find its key, or to buy credits for',
    },
  ),
  'prices.exchange': optional(httpUrl, {
    flag: 'exchange',
    defaultText: 'the real exchanges',
    description:
      'network local (and pegminer prices on dev): take all prices from the exchange of a running pegminer dev',
  }),
  'prices.watch': given(toggle, false, {
    flag: 'watch',
    description: 'go on and show prices anew every few seconds until interrupted',
  }),
  'prices.only': optional(
    listOf(pattern('ASSET', /^[A-Za-z]{2,5}$/, "an asset in PegNet's code such as XBT")),
    { flag: 'assets', defaultText: 'all of the record version', description: 'show these only' },
  ),
  'prices.recordVersion': given(integer(2, NEWEST_OPR), NEWEST_OPR, {
    flag: 'record-version',
    description: `record version whose assets are priced: ${ASSETS_BY_VERSION}`,
  }),
  'prices.keep': optional(
    { ...path, placeholder: 'FILE' },
    {
      flag: 'keep',
      defaultText: 'nowhere',
      description: 'add the snapshot with all that went into it to this file, for prices replay',
    },
  ),
  'miner.threads': given(
    threadCount,
    { percent: 100 },
    {
      flag: 'threads',
      letter: 't',
      defaultText: 'auto',
      reload: 'live',
      description: 'hashing threads; auto is one a core',
    },
  ),
  'miner.affinity': given(cpuChoice, 'off', {
    flag: 'affinity',
    defaultText: 'off',
    reload: 'live',
    description:
      'processors that hashing threads are bound to, one each in turn; auto is all of them, cores first',
  }),
  'miner.nice': given(integer(0, 19), 0, {
    flag: 'nice',
    reload: 'live',
    description: 'how much priority hashing threads give up to other programs; 19 is the most',
  }),
  'miner.identity': optional(
    pattern(
      'NAME',
      // It is public on the chain: a secret key in its place was pasted by mistake.
      /^(?!.*(?:[EF]s|sk[1-4]|idsec[1-4])[1-9A-HJ-NP-Za-km-z]{50})[a-zA-Z0-9,]{1,100}$/,
      'letters, digits and commas, at most 100, and no secret key: it is public on the chain',
    ),
    {
      flag: 'identity',
      defaultText: 'pegminer on dev, else required',
      reload: 'live',
      description: "the miner's name in its records",
    },
  ),
  'miner.coinbase': optional(
    pattern('FA…', /^FA[1-9A-HJ-NP-Za-km-z]{50}$/, 'a factoid address: FA and 50 more characters'),
    {
      flag: 'coinbase',
      defaultText: 'a test address on dev, else required',
      reload: 'live',
      description: 'factoid address that rewards are paid to',
    },
  ),
  'miner.ecSecret': optional(
    pattern('Es…', /^Es[1-9A-HJ-NP-Za-km-z]{50}$/, 'an entry-credit secret key: Es and 50 more characters'),
    {
      secret: true,
      defaultText: 'a public test key on dev, else required',
      description: 'key that pays for the records, one entry credit each',
    },
  ),
  'miner.machineId': given(integer(0, 255), 0, {
    flag: 'machine-id',
    description: 'number of this machine among those that mine with the same identity',
  }),
  'miner.records': optional(integer(1, 1000), {
    flag: 'records',
    defaultText: '25 on dev, else 3',
    reload: 'live',
    description: 'most records to publish a block; each costs one entry credit',
  }),
  'miner.maxCreditsBlock': optional(integer(1, 1_000_000), {
    flag: 'max-credits-block',
    defaultText: 'no limit beyond --records',
    reload: 'live',
    description: 'most entry credits to spend on a block',
  }),
  'miner.maxCreditsDay': optional(integer(1, 100_000_000), {
    flag: 'max-credits-day',
    defaultText: '5000 on TestNet and MainNet, else no limit',
    reload: 'live',
    description: 'most entry credits to spend on a day (UTC), over all runs with this data directory',
  }),
  'miner.lowCreditDays': given(integer(0, 1000), 3, {
    flag: 'low-credit-days',
    reload: 'live',
    description: 'warn when the entry credits last for less than so many days; 0: never',
  }),
  'miner.dryRun': given(toggle, false, {
    flag: 'dry-run',
    description: 'do everything but send: records are priced, mined and signed, and cost nothing',
  }),
  'miner.cutoff': optional(integer(-1, 100_000), {
    flag: 'cutoff',
    defaultText: 'none on dev, else 200',
    reload: 'live',
    description: 'publish only what is expected to be among this many best of the network; 0 publishes all',
  }),
  'miner.blocks': optional(integer(1, 1_000_000), {
    flag: 'blocks',
    defaultText: 'no end',
    reload: 'live',
    description: 'end after this many graded blocks',
  }),
  'farm.nats': optional(natsUrls, {
    flag: 'nats',
    repeatable: true,
    defaultText: 'a server of its own for a coordinator on dev, else required',
    description: 'address of the NATS server of the farm; several of one cluster with commas between them',
  }),
  'farm.creds': optional(
    { ...path, placeholder: 'FILE' },
    {
      flag: 'creds',
      defaultText: "that of the coordinator's own server, else required",
      description: 'credential for that server',
    },
  ),
  'farm.ca': optional(
    { ...path, placeholder: 'FILE' },
    {
      flag: 'nats-ca',
      defaultText: "the system's",
      description: 'certificates to trust for tls://, as PEM',
    },
  ),
  'farm.name': optional(pattern('NAME', /^[A-Za-z0-9_-]{1,40}$/, 'up to 40 letters, digits, - and _'), {
    flag: 'name',
    defaultText: "the machine's, with four digits of chance",
    description: 'name of a worker in the farm; no two that run may have the same',
  }),
  'farm.offerMap': given(toggle, false, {
    flag: 'offer-bytemap',
    description:
      'a coordinator puts its ByteMap on the NATS server, for workers that have none: 1 GiB on MainNet',
  }),
  'grade.height': optional(integer(0, 4_294_967_295), {
    flag: 'height',
    defaultText: 'blocks from files',
    description: 'grade the block of this height, after following the chain of records up to it',
  }),
  'grade.trustClaims': given(toggle, false, {
    flag: 'trust-claims',
    description: 'believe the difficulties that records claim; needs no ByteMap',
  }),
  'grade.oprVersion': optional(integer(1, NEWEST_OPR), {
    flag: 'opr-version',
    defaultText: 'that of the height on MainNet',
    description: 'version of the oracle records that count, for blocks of private networks',
  }),
  'grade.sprVersion': optional(integer(5, NEWEST_SPR), {
    flag: 'spr-version',
    defaultText: 'oracle records',
    description: 'the entries are staking records of this version',
  }),
  'grade.verbose': given(toggle, false, {
    flag: 'verbose',
    letter: 'v',
    description: "each record's distance from the average by asset",
  }),
  'fund.credits': optional(integer(1, 10_000_000), {
    flag: 'credits',
    defaultText: 'required',
    description: 'how many entry credits to buy',
  }),
  'fund.fctSecret': optional(
    pattern('Fs…', /^Fs[1-9A-HJ-NP-Za-km-z]{50}$/, 'a factoid secret key: Fs and 50 more characters'),
    {
      secret: true,
      defaultText: 'the public test key of LOCAL networks on local, else required',
      description: 'key of the factoid address that pays for the entry credits',
    },
  ),
  'confirm.yes': given(toggle, false, {
    notInFile: true,
    flag: 'yes',
    letter: 'y',
    description:
      'spend without being asked; on MainNet nothing is spent without it, and by the wallet nowhere',
  }),
  'history.assets': optional(listOf(pattern('XBT', /^[A-Za-z]{2,5}$/, 'the code of an asset')), {
    notInFile: true,
    flag: 'asset',
    defaultText: 'none in tables, all in CSV and JSON, PEG XBT ETH in pictures',
    description: 'assets whose prices are shown, such as XBT or XBT,ETH,PEG',
  }),
  'history.from': optional(integer(0, 4_294_967_295), {
    notInFile: true,
    flag: 'from',
    defaultText: 'the first; 20 blocks back in tables',
    description: 'first height',
  }),
  'history.to': optional(integer(0, 4_294_967_295), {
    notInFile: true,
    flag: 'to',
    defaultText: 'the last',
    description: 'last height',
  }),
  'history.own': given(toggle, false, {
    notInFile: true,
    flag: 'own',
    description:
      'each record of yours: when submitted and acknowledged, its block, place, grade and what cost it',
  }),
  'history.csv': given(toggle, false, {
    notInFile: true,
    flag: 'csv',
    description: 'print comma-separated values with a line of names first',
  }),
  'history.plot': optional(
    { ...path, placeholder: 'FILE' },
    {
      notInFile: true,
      flag: 'plot',
      defaultText: 'no picture',
      description: 'draw a picture into this file, x.svg or x.png: of the history, an attack or a basket',
    },
  ),
  'explorer.out': optional(
    { ...path, placeholder: 'FILE' },
    {
      notInFile: true,
      flag: 'out',
      defaultText: 'standard output, as SVG',
      description: 'write the picture of pegminer explorer plot into this file: x.svg or x.png',
    },
  ),
  'explorer.miner': optional(pattern('NAME', /^[^\x00-\x1f]{1,1000}$/, 'one line of text'), {
    notInFile: true,
    flag: 'miner',
    defaultText: 'none',
    description: 'of this identity or address pegminer explorer plot draws distance, share or reward',
  }),
  'basket.amount': given(decimal(0.01, 1e9), 1000, {
    notInFile: true,
    flag: 'amount',
    description: 'pUSD that basket simulate begins with',
  }),
  'pegWatch.scenario': optional(choice('calm', 'A', 'B', 'C', 'D', 'E'), {
    notInFile: true,
    flag: 'scenario',
    defaultText: 'none',
    description:
      'network dev: show this case of the white paper, on a chain and at an exchange that are made up for it',
  }),
  'pegWatch.script': optional(
    { ...path, placeholder: 'FILE' },
    {
      notInFile: true,
      flag: 'script',
      defaultText: 'none',
      description: 'network dev: the same with the markets and shocks of this file',
    },
  ),
  'pegWatch.paper': optional(
    { ...path, placeholder: 'FILE' },
    {
      notInFile: true,
      flag: 'paper',
      defaultText: 'none',
      description: 'keep a paper account in this file: what the trades would have earned',
    },
  ),
  'pegWatch.height': given(integer(222_270, 999_000_000), 300_000, {
    notInFile: true,
    flag: 'height',
    description: 'with --scenario or --script: height on MainNet whose rules hold',
  }),
  'simulate.share': optional(decimal(0, 99), {
    notInFile: true,
    flag: 'share',
    defaultText: '30, or what the preset supposes',
    description: 'percent of all hashes that the liars make',
  }),
  'simulate.lie': optional(decimal(-90, 1000), {
    notInFile: true,
    flag: 'lie',
    defaultText: '5, or what the preset supposes',
    description: 'how far their price is above the true one, in percent; below 0 it is under it',
  }),
  'simulate.asset': optional(pattern('XBT', /^[A-Za-z]{2,5}$/, 'the code of an asset, or all'), {
    notInFile: true,
    flag: 'asset',
    defaultText: 'XBT, or what the preset supposes',
    description: 'asset that they lie about, such as XBT or PEG; all is every one but USD',
  }),
  'simulate.records': optional(integer(1, 50), {
    notInFile: true,
    flag: 'records',
    defaultText: '50, or what the preset supposes',
    description: 'records that each group of them publishes at most',
  }),
  'simulate.groups': optional(integer(1, 20), {
    notInFile: true,
    flag: 'groups',
    defaultText: '1, or what the preset supposes',
    description: 'groups of them that know nothing of each other; each lies about an asset of its own',
  }),
  'simulate.height': optional(integer(206_422, 4_294_967_295), {
    notInFile: true,
    flag: 'height',
    defaultText: '300000, or what the preset supposes',
    description: 'height on MainNet whose rules hold: 206422 version 1, 300000 the newest',
  }),
  'simulate.miners': optional(integer(1, 1000), {
    notInFile: true,
    flag: 'miners',
    defaultText: '40',
    description: 'honest miners, all of one size',
  }),
  'simulate.stakers': optional(integer(0, 100), {
    notInFile: true,
    flag: 'stakers',
    defaultText: '0, or what the preset supposes',
    description: 'staking records in each block; below 25 they do not count',
  }),
  'simulate.lyingStakers': optional(integer(0, 100), {
    notInFile: true,
    flag: 'lying-stakers',
    defaultText: '0, or what the preset supposes',
    description: 'how many of them lie as the liars do',
  }),
  'simulate.moved': optional(decimal(0.001, 1000), {
    notInFile: true,
    flag: 'moved',
    defaultText: '1, or what the preset supposes',
    description: 'from how many percent off a price counts as moved',
  }),
  'simulate.vary': optional(choice('share', 'lie', 'records', 'groups', 'height', 'stakers'), {
    notInFile: true,
    flag: 'vary',
    defaultText: 'what the preset varies',
    description: 'what is varied; with --values',
  }),
  'simulate.values': optional(listOf(decimal(-90, 4_294_967_295)), {
    notInFile: true,
    flag: 'values',
    defaultText: 'those of the preset',
    description: 'values that it takes, such as 10,20,30',
  }),
  'simulate.blocks': given(integer(1, 10_000_000), 1000, {
    notInFile: true,
    flag: 'blocks',
    description: 'blocks for each value',
  }),
  'simulate.seed': given(text(64), '1', {
    notInFile: true,
    flag: 'seed',
    description: 'what chance begins with: the same seed gives the same result, by any number of threads',
  }),
  'simulate.hashrate': optional(decimal(1, 1e15), {
    notInFile: true,
    flag: 'hashrate',
    defaultText: 'measured, if the ByteMap is there',
    description: 'hashes a second of one machine, by which the cost is counted in machines',
  }),
  'stake.addresses': optional(
    listOf(pattern('FA…', /^FA[1-9A-HJ-NP-Za-km-z]{50}$/, 'a factoid address: FA and 50 more characters')),
    {
      flag: 'stake',
      defaultText: 'none for mine; for stake those of the keys',
      description: 'factoid addresses that publish a staking record in each block',
    },
  ),
  'stake.secrets': optional(
    listOf(pattern('Fs…', /^Fs[1-9A-HJ-NP-Za-km-z]{50}$/, 'a factoid secret key: Fs and 50 more characters')),
    {
      secret: true,
      defaultText: 'the public test key on dev and local, else required',
      description: 'keys that sign the staking records, with commas between them',
    },
  ),
  'ledger.fromFile': optional(
    { ...path, placeholder: 'FILE' },
    {
      notInFile: true,
      flag: 'from-file',
      defaultText: 'the chain of the node',
      description: 'take the blocks from a recorded chain: gzipped JSON',
    },
  ),
  'ledger.fromCheckpoint': optional(
    { ...path, placeholder: 'FILE' },
    {
      notInFile: true,
      flag: 'from-checkpoint',
      defaultText: 'the first block',
      description:
        'begin behind the block of a checkpoint (pegminer ledger checkpoint) instead of the first block',
    },
  ),
  'ledger.height': optional(integer(0, 4_294_967_295), {
    notInFile: true,
    flag: 'height',
    defaultText: 'the last block',
    description: 'what the ledger was after the block of this height',
  }),
  'ledger.count': given(integer(1, 1_000_000), 100, {
    notInFile: true,
    flag: 'count',
    description: 'so many holders, or so many lines of a history, the latest',
  }),
  'ledger.averages': given(choice('window', 'incremental'), 'window', {
    flag: 'averages',
    description:
      'averages that conversions use from height 295190 on: those of a pegnetd that was just started, or of one that never stopped',
  }),
  'ledger.pegnetd': optional(httpUrl, {
    notInFile: true,
    flag: 'pegnetd',
    defaultText: 'none',
    description:
      'JSON-RPC of a running pegnetd, or of pegminer ledger serve: ledger diff compares with it, the wallet asks it in place of the tables',
  }),
  'ledger.port': given(port, 8070, {
    flag: 'rpc-port',
    description: 'port for the JSON-RPC of pegminer ledger serve',
  }),
  'ledger.host': given(listenAddress, '127.0.0.1', {
    flag: 'rpc-host',
    description: 'address to listen on there; 0.0.0.0 lets other machines read everything',
  }),
  'ledger.hosts': given(listOf(hostName), [], {
    defaultText: 'localhost and IP addresses only',
    description: 'names that the JSON-RPC is asked for under; others are refused',
  }),
  'wallet.file': optional(
    { ...path, placeholder: 'FILE' },
    {
      flag: 'wallet',
      defaultText: 'wallet.json in the data directory',
      description: 'file with the addresses of the wallet and, encrypted, its keys',
    },
  ),
  'wallet.passphrase': optional(passphrase, {
    secret: true,
    defaultText: 'asked for on a terminal',
    description: 'passphrase that opens the wallet',
  }),
  'wallet.newPassphrase': optional(passphrase, {
    notInFile: true,
    secret: true,
    defaultText: 'asked for on a terminal',
    description: 'what pegminer wallet passphrase puts in the place of the passphrase',
  }),
  'wallet.secret': optional(text(400), {
    notInFile: true,
    secret: true,
    defaultText: 'asked for on a terminal',
    description:
      'what pegminer wallet import takes: a key that begins with Fs, 0x and 64 hex digits for one of Ethereum, or 12 to 24 words',
  }),
  'wallet.name': optional(pattern('NAME', /^[A-Za-z0-9_.-]{1,40}$/, 'a name of letters, digits, - _ and .'), {
    notInFile: true,
    flag: 'name',
    defaultText: 'none',
    description: 'name for a new or imported address, to call it by',
  }),
  'wallet.addresses': given(integer(1, 1000), 1, {
    notInFile: true,
    flag: 'addresses',
    description: 'how many addresses of imported words the wallet gets',
  }),
  'wallet.path': optional(pattern('PATH', /^m(\/[0-9]{1,9}'?){1,10}$/, "a path such as m/44'/131'/0'/0/0"), {
    notInFile: true,
    flag: 'path',
    defaultText: "m/44'/131'/0'/0/0 and so on",
    description: "where the key of imported words is; m/7' for wallets of Koinify",
  }),
  'wallet.words': given(toggle, false, {
    notInFile: true,
    flag: 'words',
    description: 'show the words that all keys can be made of again, on a terminal only',
  }),
  'wallet.sender': optional(text(60), {
    notInFile: true,
    flag: 'sender',
    defaultText: 'the only address of the wallet',
    description: 'name or address whose tokens are sent or converted',
  }),
  'wallet.batch': optional(
    { ...path, placeholder: 'FILE' },
    {
      notInFile: true,
      flag: 'file',
      defaultText: 'one transaction, by the arguments',
      description: 'send the batch of this file: a plan with several transactions, or a signed batch',
    },
  ),
  'wallet.out': optional(
    { ...path, placeholder: 'FILE' },
    {
      notInFile: true,
      flag: 'out',
      defaultText: 'send it',
      description: 'write the batch into this file instead: for pegminer wallet sign, or signed by it',
    },
  ),
  'wallet.dryRun': given(toggle, false, {
    notInFile: true,
    flag: 'dry-run',
    description: 'show the entry, and sign and send nothing',
  }),
  'wallet.again': given(toggle, false, {
    notInFile: true,
    flag: 'again',
    description: 'send although a batch that says the same is on its way',
  }),
  'lxrhash.bits': optional(integer(8, 31), {
    flag: 'bits',
    defaultText: '30; on the network dev 20, or that of the chain',
    description: 'size of the ByteMap as a power of two',
  }),
  'lxrhash.seed': given(hex64, 0xfafaececfafaececn, {
    flag: 'seed',
    defaultText: 'fafaececfafaecec',
    description: 'seed of the ByteMap',
  }),
  'lxrhash.passes': given(integer(1, 64), 5, {
    flag: 'passes',
    description: 'passes over the ByteMap while it is built',
  }),
  'lxrhash.hashBits': given(integer(8, 512), 256, {
    flag: 'hash-bits',
    description: 'length of a hash in bits, rounded up to whole bytes',
  }),
  'lxrhash.kernel': given(choice('auto', 'native', 'simd', 'scalar'), 'auto', {
    flag: 'kernel',
    description:
      'what hashes; auto takes machine code (native) where it is there and faster, else WebAssembly with vectors (simd) or without (scalar)',
  }),
  'lxrhash.lanes': given(orAuto(integer(8, 512)), 'auto', {
    flag: 'lanes',
    description: 'hashes in flight in each thread, a multiple of 8; auto is what the kernel likes best',
  }),
  'lxrhash.dir': optional(path, {
    flag: 'dir',
    defaultText: '~/.lxrhash',
    description: 'where ByteMaps are kept',
  }),
  'lxrhash.force': given(toggle, false, {
    flag: 'force',
    description: 'build the ByteMap again even if there is one',
  }),
  'bench.bits': optional(listOf(integer(8, 31)), {
    flag: 'bits',
    defaultText: '20,22,24,26,28,30, without those that would take minutes to build',
    description: 'sizes of ByteMaps to measure, as powers of two; MainNet has 30',
  }),
  'bench.threads': optional(listOf(threadCount), {
    flag: 'threads',
    letter: 't',
    defaultText: '1 and auto; for the largest size 1 to auto + 2',
    description: 'numbers of threads to measure each of them with; auto is one a core',
  }),
  'bench.lanes': given(listOf(orAuto(integer(8, 1024))), ['auto'], {
    flag: 'lanes',
    defaultText: 'auto',
    description: 'hashes in flight per thread, multiples of 8; auto is what mining uses',
  }),
  'bench.kernel': given(listOf(choice('auto', 'native', 'simd', 'scalar')), ['auto'], {
    flag: 'kernel',
    defaultText: 'auto',
    description:
      'kernels to measure, in turns; auto is what mining uses, native machine code, scalar the one for processors without vectors',
  }),
  'bench.pages': given(listOf(choice('huge', 'small')), ['huge'], {
    flag: 'pages',
    defaultText: 'huge',
    description: 'whether huge pages are asked for; the report says what was reached',
  }),
  'bench.seconds': given(integer(1, 3600, 'seconds'), 10, {
    flag: 'seconds',
    description: 'how long each sample lasts',
  }),
  'bench.repeat': given(integer(1, 100), 3, {
    flag: 'repeat',
    description: 'samples of each measurement; the median counts',
  }),
  'bench.out': optional(path, {
    flag: 'out',
    defaultText: 'no files',
    description: 'where to write bench.json, bench.md and two plots, anew after each measurement',
  }),
  'bench.compare': optional(
    { ...path, placeholder: 'FILE' },
    {
      flag: 'compare',
      defaultText: 'no comparison',
      description: 'an earlier bench.json; adds a column with the ratio to it',
    },
  ),
  'bench.push': optional(httpUrl, {
    flag: 'push',
    defaultText: 'nowhere',
    description: 'address of a Pushgateway that gets the metrics after each measurement',
  }),
  'bench.tune': given(toggle, false, {
    flag: 'tune',
    description: 'find the best number of threads for this machine instead; under 3 minutes',
  }),
  'bench.stress': given(toggle, false, {
    flag: 'stress',
    description: 'hash and check every hash until interrupted instead',
  }),
  'bench.farm': optional(integer(1, 20_000), {
    flag: 'farm',
    defaultText: 'no farm',
    description:
      'measure a farm of so many machines that hash nothing instead, on a nats-server of this machine',
  }),
  'feed.gateway': optional(gatewayName, {
    flag: 'gateway',
    defaultText: 'all',
    description: 'only this gateway of the configuration file',
  }),
  'feed.assetName': optional(chainName, {
    flag: 'asset',
    defaultText: 'from the section feed',
    description: 'asset chain of a single gateway, as in -ac_name; its conf file is found by it',
  }),
  'feed.assetConf': optional(
    { ...path, placeholder: 'FILE' },
    {
      flag: 'asset-conf',
      defaultText: '~/.komodo/NAME/NAME.conf',
      description: "conf file of the asset chain's daemon",
    },
  ),
  'feed.assetUrl': optional(httpUrl, {
    flag: 'asset-url',
    defaultText: 'from the conf file',
    description: "address of the asset chain's daemon",
  }),
  'feed.assetUser': optional(daemonUser, {
    flag: 'asset-user',
    defaultText: 'from the conf file',
    description: "rpcuser of the asset chain's daemon",
  }),
  'feed.assetPassword': optional(daemonPassword, {
    secret: true,
    defaultText: 'from the conf file',
    description: "rpcpassword of the asset chain's daemon",
  }),
  'feed.referenceName': given(chainName, 'KMD', {
    flag: 'reference',
    description: 'reference chain, whose headers are published',
  }),
  'feed.referenceConf': optional(
    { ...path, placeholder: 'FILE' },
    {
      flag: 'reference-conf',
      defaultText: '~/.komodo/komodo.conf',
      description: "conf file of the reference chain's daemon",
    },
  ),
  'feed.referenceUrl': optional(httpUrl, {
    flag: 'reference-url',
    defaultText: 'from the conf file',
    description: "address of the reference chain's daemon",
  }),
  'feed.referenceUser': optional(daemonUser, {
    flag: 'reference-user',
    defaultText: 'from the conf file',
    description: "rpcuser of the reference chain's daemon",
  }),
  'feed.referencePassword': optional(daemonPassword, {
    secret: true,
    defaultText: 'from the conf file',
    description: "rpcpassword of the reference chain's daemon",
  }),
  'feed.oracle': optional(txid, {
    flag: 'oracle',
    defaultText: 'from the section feed',
    description: 'id of the oracle that headers are published to',
  }),
  'feed.bind': optional(txid, {
    flag: 'bind',
    defaultText: 'none: headers only',
    description: "id of the gateway's gatewaysbind transaction",
  }),
  'feed.pubkey': optional(publicKey, {
    flag: 'pubkey',
    defaultText: 'from the section feed',
    description: "the publisher's public key, the -pubkey of its daemon",
  }),
  'feed.depth': optional(integer(0, 1000, 'blocks'), {
    flag: 'depth',
    defaultText: '10, or from the section feed',
    description: 'blocks on top of a header before it is published',
  }),
  'feed.poll': optional(integer(1, 600, 'seconds'), {
    flag: 'poll',
    defaultText: '10, or from the section feed',
    description: 'how often the chains are looked at',
  }),
  'feed.blocks': optional(integer(1, 1_000_000), {
    flag: 'blocks',
    defaultText: 'no end',
    description: 'end after this many headers; on dev also after one withdrawal',
  }),
  'feed.dryRun': given(toggle, false, {
    flag: 'dry-run',
    description: 'build and check everything, send nothing',
  }),
  'feed.once': given(toggle, false, {
    flag: 'once',
    description: 'one pass, then end',
  }),
  'pegs.plan': given({ ...path, placeholder: 'FILE' }, 'pegs.yaml', {
    notInFile: true,
    flag: 'plan',
    description: 'plan of the peg: its chain, and what it is made of or its id',
  }),
  'pegs.gateway': optional(text(32), {
    notInFile: true,
    flag: 'gateway',
    defaultText: 'the only one',
    description: 'gateway of a peg that has several, by the name of its tokens',
  }),
  'pegs.path': given(text(2_000), 'walk:5', {
    notInFile: true,
    flag: 'path',
    description:
      'prices of a simulation: walk:PERCENT (a day), history:ASSET (as graded), or times with prices such as 0:0.9,2d:0.9,3d:0.45',
  }),
  'pegs.days': given(integer(1, 365, 'days'), 30, {
    notInFile: true,
    flag: 'days',
    description: 'how long a simulation is',
  }),
  'pegs.accounts': given(integer(1, 10_000), 100, {
    notInFile: true,
    flag: 'accounts',
    description: 'accounts of a simulation',
  }),
  'pegs.seed': given(text(64), 'pegminer', {
    notInFile: true,
    flag: 'seed',
    description: 'what is random in a simulation follows from it',
  }),
  'pegs.thresholds': given(text(20), '90,90,60', {
    notInFile: true,
    flag: 'thresholds',
    description: 'limits of the simulated chain, percent: account,global,yellow as in -ac_pegsccparams',
  }),
  'pegs.out': optional(path, {
    notInFile: true,
    flag: 'out',
    defaultText: 'no files',
    description: 'where a simulation writes its table, JSON and picture',
  }),
  'pegs.prices': optional(text(10_000), {
    notInFile: true,
    flag: 'prices',
    defaultText: 'none: must be given to price-stub',
    description:
      'what the price stub says: a price, a script or the oracle for each feed, such as BTC_USD=11250, KMD_BTC=0:0.00008,1h:0.00006 or ETH_BTC=oracle, with a slash between them; on the network dev what the embedded market says from now on',
  }),
  'pegs.httpPort': given(port, 8080, {
    notInFile: true,
    flag: 'http-port',
    description: 'port of the price stub for HTTP',
  }),
  'pegs.httpsPort': given(port, 8443, {
    notInFile: true,
    flag: 'https-port',
    description: 'port of the price stub for HTTPS, with a certificate of its own',
  }),
  'telemetry.port': given(portOrOff, 9468, {
    flag: 'metrics-port',
    defaultText: '9468; 9469 for the feed, 9470 for the watch of a peg, 9472 for a basket',
    description: 'port for the status page, the API, and Prometheus: /metrics, /live and /ready',
  }),
  'telemetry.host': given(listenAddress, '127.0.0.1', {
    flag: 'metrics-host',
    description: 'address to listen on there; 0.0.0.0 lets other machines read everything',
  }),
  'telemetry.addresses': given(
    listOf(pattern('FA…', /^FA[1-9A-HJ-NP-Za-km-z]{50}$/, 'factoid addresses: FA and 50 more characters')),
    [],
    {
      flag: 'show-addresses',
      defaultText: 'the coinbase address alone',
      reload: 'live',
      description:
        'addresses whose holdings the status page shows besides the coinbase address, on the network dev',
    },
  ),
  'telemetry.hosts': given(listOf(hostName), [], {
    defaultText: 'localhost and IP addresses only',
    reload: 'live',
    description: 'names that the status page and the metrics are asked for under; others are refused',
  }),
  'telemetry.feed': optional(httpUrl, {
    flag: 'feed-page',
    defaultText: 'no feed is shown',
    description: 'status page of a feed on this or another machine: its gateways are shown on this page too',
  }),
  'telemetry.token': optional(pattern('TOKEN', /^[!-~]{16,256}$/, '16 to 256 characters without spaces'), {
    secret: true,
    defaultText: 'nothing can be changed through the API',
    reload: 'live',
    description: 'token that a caller of POST /api/v1/pause, resume and stop must give',
  }),
  'watchdog.slowShare': given(integer(0, 90, 'percent'), 25, {
    reload: 'live',
    description:
      'a hashing thread below this share of the others over five minutes is started again; 0 leaves it alone',
  }),
  'watchdog.noEntryBlocks': given(integer(0, 10_000, 'blocks'), 6, {
    reload: 'live',
    description: 'alarm after so many blocks without a record of yours in the chain; 0 is none',
  }),
  'watchdog.priceAge': given(integer(0, 10_080, 'minutes'), 25, {
    reload: 'live',
    description: 'alarm when there were no complete prices for so long; 0 is none',
  }),
  'watchdog.nodeSilence': given(integer(0, 86_400, 'seconds'), 180, {
    reload: 'live',
    description: 'alarm when the node does not answer, or its chain stands still, for so long; 0 is none',
  }),
  'watchdog.temperature': given(integer(0, 150, '°C'), 0, {
    defaultText: '0: never',
    reload: 'live',
    description: 'alarm, and mining pauses, when the processor is that hot',
  }),
  'watchdog.resumeTemperature': optional(integer(1, 150, '°C'), {
    defaultText: 'ten below watchdog.temperature',
    reload: 'live',
    description: 'mining goes on when it is cooler than that again',
  }),
  'watchdog.diskFree': given(integer(0, 1_000_000, 'MiB'), 256, {
    reload: 'live',
    description: 'alarm when less is free on the disk of the data directory; 0 is none',
  }),
  'watchdog.command': given(listOf(pattern('WORD', /^[^\0,]{1,1000}$/, 'a word of a command')), [], {
    defaultText: 'none',
    reload: 'live',
    description:
      'program and arguments to run at each alarm and its end; it is told in variables such as PEGMINER_ALARM and PEGMINER_TEXT',
  }),
  'watchdog.webhook': optional(httpUrl, {
    secret: true,
    defaultText: 'none',
    reload: 'live',
    description: 'address that each alarm and its end are posted to, as JSON',
  }),
  'watchdog.test': given(toggle, false, {
    flag: 'watchdog-test',
    notInFile: true,
    description: 'run command and webhooks once, say which worked and what the sensors tell, and end',
  }),
  'schedule.resume': optional(cronText, {
    defaultText: 'mining at all hours',
    reload: 'live',
    description: 'when mining begins, as a cron expression such as 0 22 * * *; with schedule.pause',
  }),
  'schedule.pause': optional(cronText, {
    defaultText: 'mining at all hours',
    reload: 'live',
    description: 'when mining ends, as a cron expression such as 0 6 * * *; with schedule.resume',
  }),
  'schedule.timezone': given(
    pattern('ZONE', /^[A-Za-z0-9_+/-]{1,64}$/, 'a time zone such as Europe/Vienna'),
    'UTC',
    {
      reload: 'live',
      description: 'time zone of the expressions of schedule and report',
    },
  ),
  'schedule.battery': given(toggle, false, {
    reload: 'live',
    description: 'pause while the machine runs on battery',
  }),
  'schedule.load': given(integer(0, 100, 'percent'), 0, {
    defaultText: '0: never',
    reload: 'live',
    description: 'pause while other programs use more than this share of all processors over a minute',
  }),
  'report.when': given(cronOrOff, '0 0 * * *', {
    reload: 'live',
    description:
      'when the time since the last report is summed up, in the log and in reports/ of the data directory',
  }),
  'report.webhook': optional(httpUrl, {
    secret: true,
    defaultText: 'none',
    reload: 'live',
    description: 'address that the report is posted to, as JSON',
  }),
  'log.level': given(choice('error', 'warn', 'info', 'debug'), 'info', {
    flag: 'log-level',
    reload: 'live',
    description: 'what goes to standard error',
  }),
  'log.format': given(choice('auto', 'pretty', 'json'), 'auto', {
    flag: 'log-format',
    description: 'form of the log; auto is pretty on a terminal and JSON lines elsewhere',
  }),
  'output.json': given(toggle, false, {
    flag: 'json',
    description: 'print one JSON object a line and nothing else on standard output',
  }),
  'output.color': optional(toggle, {
    flag: 'color',
    defaultText: 'on a terminal, unless NO_COLOR is set',
    description: 'colours',
  }),
} satisfies Record<string, SettingSpec<unknown>>

export type SettingKey = keyof typeof SETTINGS
type ValueOf<S> = S extends WithDefault<infer T> ? T : S extends Optional<infer T> ? T | undefined : never

/** The value of each setting, by key. */
export type Settings = { readonly [K in SettingKey]: ValueOf<(typeof SETTINGS)[K]> }

export const SETTING_KEYS = Object.keys(SETTINGS) as SettingKey[]

/** `miner` of `miner.threads`. */
export const groupOf = (key: string): string => key.split('.', 1)[0] ?? ''

/** The table's row of a key, with its value's type left open. */
export function settingOf(key: SettingKey): SettingSpec<unknown> {
  return SETTINGS[key]
}

/** `miner.machineId` is `PEGMINER_MINER_MACHINE_ID`. */
export function envNameOf(key: SettingKey): string {
  return settingOf(key).variable ?? `PEGMINER_${key.replace('.', '_').replace(/[A-Z]/g, '_$&').toUpperCase()}`
}

/** What to call a setting when talking to a person: its flag, or its variable if it has no flag. */
export function displayNameOf(key: SettingKey): string {
  const spec = settingOf(key)
  return spec.secret ? envNameOf(key) : `--${spec.flag ?? key}`
}
