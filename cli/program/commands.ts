/** The commands: what each is for, which settings it knows, where its code is. Loading this file loads no command. */
import { SETTING_KEYS, type SettingKey } from '../../config/index.js'
import type { CommandSpec, SectionLoaders } from './context.js'
import {
  BASKET_KEYS,
  BENCH_KEYS,
  BYTEMAP_KEYS,
  COMPLETION_KEYS,
  CONFIG_FLAG_KEYS,
  DEV_KEYS,
  EXPLORER_KEYS,
  FARM_KEYS,
  FEED_KEYS,
  FUND_KEYS,
  GRADE_KEYS,
  HASH_KEYS,
  HISTORY_KEYS,
  INIT_KEYS,
  LEDGER_KEYS,
  MINE_KEYS,
  PEG_WATCH_KEYS,
  PEGS_KEYS,
  PRICES_KEYS,
  SIMULATE_KEYS,
  WALLET_KEYS,
  STAKE_KEYS,
} from './keys.js'

const command = <K extends SettingKey, S>(spec: CommandSpec<K, S>): CommandSpec<K, S> => spec

/** Which sources, routes, limits and policies make prices. */
const PRICES_SECTION = async () => (await import('../../oracle/prices/index.js')).pricesSection

const MINE = command({
  name: 'mine',
  summary: 'price, mine, publish and get paid, block by block',
  details: [
    'At minute 1 of each block the prices of all assets are taken and become a record; all threads look for its ' +
      'best proofs of work until minute 9, when the best are published. When the block is saved it is graded: the ' +
      'best 25 records of the network are paid.',
    'On the network dev everything else is embedded: a chain that speaks the API of factomd, and an exchange with ' +
      'prices that move. On local, TestNet and MainNet a factomd node is needed, an identity, a ' +
      'coinbase address, and an entry-credit key.',
    'To try a program of your own with this miner, run pegminer dev, and mine on local with its --factomd and --exchange.',
    '--stake publishes staking records too, one for each address at minute 8, with the same prices: see pegminer stake.',
    'Ctrl-C ends with a summary; state is kept in the data directory, and the next start goes on from there.',
    'On a terminal these keys work while it mines: h hashrate, p pause, r resume, s sources, e entries, q quit (exit ' +
      'code 0). Any other key lists them.',
  ],
  keys: MINE_KEYS,
  mostUsed: [
    'network.name',
    'miner.identity',
    'miner.coinbase',
    'factom.url',
    'miner.threads',
    'miner.records',
    'miner.dryRun',
    'config.file',
  ],
  namesFile: () => true,
  sections: { prices: PRICES_SECTION },
  examples: [
    { line: 'pegminer mine --network dev', text: 'try it: everything embedded, blocks of 30 s' },
    {
      line: 'pegminer mine --network dev --block-seconds 20 --blocks 2 --rivals 30 --json',
      text: 'two blocks against 30 rivals, as JSON lines',
    },
    {
      line: 'PEGMINER_MINER_EC_SECRET_FILE=ec.key pegminer mine --network MainNet --factomd http://localhost:8088 --identity me --coinbase FA…',
      text: 'the real thing',
    },
    {
      line: 'PEGMINER_MINER_IDENTITY=me pegminer mine --network MainNet --factomd https://a:8088 --factomd https://b:8088 --walletd localhost:8089 --ec-address EC… --coinbase FA… --dry-run',
      text: 'two nodes, the key of a wallet, nothing sent',
    },
  ],
  check: async () => (await import('../mine/plan.js')).planProblems,
  load: async () => (await import('../mine/mine.js')).mine,
})

const FARM = command({
  name: 'farm',
  summary: 'mine with many machines: one coordinator, any number of workers',
  arguments: { form: 'coordinator|worker|status|accounts|users FOLDER NAME…', most: Infinity },
  details: [
    'coordinator: does all that mine does but hash. It prices, builds the record, checks what the workers find, pays and ' +
      'publishes. It takes the settings of mine, and its events are those of mine. At the start it says with which line ' +
      'a worker joins. On the network dev it starts a nats-server that it finds on the PATH, unless --nats names one.',
    'worker: takes the record from the server and hashes it on the threads of this machine. It needs an address and a ' +
      'credential (--nats, --creds), and holds no other key. It builds or opens the ByteMap that the coordinator ' +
      'names, leases nonces that no other machine hashes, and goes on by itself after everything that may happen to ' +
      'the server, the coordinator or the network.',
    'status: shows the machines of the coordinator that runs here, who is missing, and what was wrong with their hits.',
    'accounts: shows what each worker has contributed, by day: hits that counted, and the hashes that they stand for, by ' +
      'which an owner of machines can be paid; --csv for a table.',
    'users FOLDER NAME…: writes credentials for a coordinator and for the workers that are named, and users.conf, which ' +
      'tells the server who may do what. Credentials that are there stay as they are. One of them may serve any number ' +
      'of machines of one owner.',
  ],
  keys: FARM_KEYS,
  mostUsed: [
    'farm.nats',
    'farm.creds',
    'network.name',
    'miner.identity',
    'miner.coinbase',
    'factom.url',
    'miner.threads',
    'config.file',
  ],
  namesFile: ([action]) => action === 'coordinator',
  sections: { prices: PRICES_SECTION },
  examples: [
    { line: 'pegminer farm coordinator --network dev', text: 'try it: server, chain and exchange embedded' },
    {
      line: 'pegminer farm worker --nats nats://farm.example:4222 --creds worker.creds',
      text: 'a machine joins',
    },
    { line: 'pegminer farm users /etc/nats rig1 rig2', text: 'who may connect to a server of your own' },
    {
      line: 'PEGMINER_MINER_EC_SECRET_FILE=ec.key pegminer farm coordinator --network MainNet --nats tls://farm.example:4222 --creds coordinator.creds --identity me --coinbase FA…',
      text: 'the real thing',
    },
  ],
  load: async () => (await import('../farm/farm.js')).farm,
})

const STAKE = command({
  name: 'stake',
  summary: 'publish staking records for large holders of PEG, without mining',
  details: [
    'At minute 1 of each block prices are taken, at minute 8 each address publishes them in a staking record, signed with ' +
      'its key; one entry credit each. When the block is saved, the best 25 staking records are paid 180 PEG each, if ' +
      'there are 25.',
    'Only the 100 largest holders of PEG may stake: which they are is worked out from the chain, so the whole chain is ' +
      'followed first, as pegminer ledger sync does. It is said before each block where an address stands and what a ' +
      'place is paid; for one that may not stake nothing is spent. Afterwards it is said what was paid. An address has one ' +
      'record in a block, also after a crash.',
    'To try it: pegminer mine --network dev --rivals 30 --stake FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q, where ' +
      'the coinbase stakes from the second block on.',
    'Keys come from PEGMINER_STAKE_SECRETS or a file, with commas between them, never from a flag. A miner does the same ' +
      'beside its own records with pegminer mine --stake FA…: never run both for one data directory.',
  ],
  keys: STAKE_KEYS,
  mostUsed: ['network.name', 'stake.addresses', 'factom.url', 'miner.dryRun', 'config.file'],
  sections: { prices: PRICES_SECTION },
  examples: [
    {
      line: 'PEGMINER_STAKE_SECRETS_FILE=fs.keys PEGMINER_MINER_EC_SECRET_FILE=ec.key pegminer stake --network MainNet --factomd http://localhost:8088',
      text: 'every address of these keys',
    },
  ],
  load: async () => (await import('../stake/stake.js')).stake,
})

const INIT = command({
  name: 'init',
  summary: "create PegNet's five chains on a network that lacks them",
  details: [
    'Shows which of the chains exist and what the missing ones cost (11 entry credits each), then creates those. It ' +
      'can be given again at any time: what exists is left alone, and what was interrupted goes on without being paid ' +
      'twice. On MainNet nothing is spent without --yes.',
    'A new private network (factomd -network=LOCAL) needs it once, after pegminer fund.',
  ],
  keys: INIT_KEYS,
  examples: [
    {
      line: 'PEGMINER_MINER_EC_SECRET_FILE=ec.key pegminer init --network local --factomd http://localhost:8088',
      text: 'the chains of a private network',
    },
  ],
  load: async () => (await import('../network/init.js')).init,
})

const FUND = command({
  name: 'fund',
  summary: 'buy entry credits with factoids',
  details: [
    'Shows the price, sends the purchase and waits until the credits are there. On a private network the public test ' +
      'key of LOCAL networks pays, unless another is given. A purchase that was interrupted is finished first and ' +
      'never paid twice. On MainNet nothing is spent without --yes.',
  ],
  keys: FUND_KEYS,
  examples: [
    {
      line: 'PEGMINER_MINER_EC_SECRET_FILE=ec.key pegminer fund --network local --credits 1000',
      text: 'credits for the key that mines, on a private network',
    },
    {
      line: 'PEGMINER_FUND_FCT_SECRET_FILE=fct.key PEGMINER_MINER_EC_SECRET_FILE=ec.key pegminer fund --network MainNet --credits 500 --yes',
      text: 'with real money, for the key that mines',
    },
  ],
  load: async () => (await import('../network/fund.js')).fund,
})

const DEV = command({
  name: 'dev',
  summary: 'run the embedded chain and exchange alone, for other programs to use',
  details: [
    "A chain that speaks factomd's JSON-RPC API (/v2) and an exchange that answers as the real venues do, both on " +
      '127.0.0.1. The addresses hold funds; their keys are the public test keys of Factom, which are no secret. Beside ' +
      'them a wallet answers as factom-walletd does.',
    'It prints how to point pegnetd, pegnet, factom-cli and this miner at it, and how to set faults while it runs: ' +
      'lost commits, HTTP errors, cut connections, a node that lags or stalls.',
    'Everything accepted is kept in the data directory and survives a kill.',
  ],
  keys: DEV_KEYS,
  examples: [
    { line: 'pegminer dev', text: 'the API on port 8088, blocks of 30 s' },
    {
      line: 'pegminer dev --port 0 --wallet-port off --block-seconds 10 --json',
      text: 'any free port, said in JSON',
    },
    {
      line: 'pegminer dev --start-height 258790 --manual',
      text: "near a change of MainNet's rules, minutes by hand",
    },
  ],
  load: async () => (await import('../network/dev.js')).dev,
})

const GRADE = command({
  name: 'grade',
  summary: "rank a block's records by the network's rules, and say who is paid",
  arguments: { form: '[FILE…]', most: Infinity },
  details: [
    'A file holds one block as JSON: Height, PreviousWinners, Winners, and Entries with Hash, ExtIDs and Content in ' +
      'base64, in the order of the block. Every entry that takes no part is named with the reason. If the file ' +
      'names Winners and grading finds others, the exit code is 1.',
    'All proofs of work are hashed again, for which the ByteMap is opened, or built if there is none: minutes for the ' +
      '2^30 of MainNet. --trust-claims needs none.',
    '--height takes the block from the chain instead: what is missing of the history of graded blocks is followed from ' +
      'the factomd first, each block and entry proven by its hashes, and kept (see pegminer history). On the network ' +
      'dev it is the chain of the data directory, beside a running miner too; for a running pegminer dev give ' +
      '--network local. With --opr-version the whole chain of a private network counts as that version.',
    '--verbose shows how far each price is from the average, the farthest first, and in brackets its part of the grade. ' +
      'In JSON, places count from 0.',
  ],
  keys: GRADE_KEYS,
  examples: [
    { line: 'pegminer grade 210330.json', text: 'ranking, refused entries, false claims' },
    {
      line: 'pegminer grade --height 120 --network local --bits 16',
      text: 'a block of a private chain',
    },
    { line: 'pegminer grade --trust-claims --json *.json', text: 'many blocks for a program, no ByteMap' },
    { line: 'pegminer grade --opr-version 5 --bits 16 block.json', text: 'a block of a private network' },
    {
      line: 'pegminer grade --spr-version 7 --verbose staking.json',
      text: 'staking records, asset by asset',
    },
  ],
  load: async () => (await import('../grade/grade.js')).grade,
})

const PRICES = command({
  name: 'prices',
  summary: 'what each asset is worth now, by which sources, and why',
  arguments: { form: '[explain|doctor|sources|replay|record] [ARG…]', most: 3 },
  details: [
    'Takes one snapshot as the miner would at minute 1 and prints each asset with its price, the sources that voted ' +
      'for it of those asked, their spread and age. Exit code 0: all have a price; 3: some have none.',
    'explain ASSET: the votes for one asset leg by leg, those that did not count and why, and the last winners.',
    'doctor: asks every source for every market, and says which are reachable, listed and trading, how late their ' +
      'replies and how wrong their clocks are; exit code 3 if an asset has fewer sources than it needs.',
    'sources: the routes of each asset in order; sends no request.',
    'replay FILE [HEIGHT]: recomputes stored snapshots (prices/snapshots.jsonl in the data directory, or what --keep wrote); exit ' +
      'code 5 if one comes out differently.',
    'record DIR: saves every reply of every source in a folder, as they came.',
    'On the network dev the embedded exchange is asked, on any other the real ones: no account and no key is needed. ' +
      'Sources, routes and limits stand under prices in pegminer.yaml.',
  ],
  keys: PRICES_KEYS,
  sections: { prices: PRICES_SECTION },
  examples: [
    { line: 'pegminer prices --network MainNet', text: 'one snapshot of the real world' },
    { line: 'pegminer prices --network MainNet --watch', text: 'a table that moves' },
    { line: 'pegminer prices explain XBT --network MainNet', text: 'why does Bitcoin cost that?' },
    { line: 'pegminer prices --trouble kraken:liar --json', text: 'the embedded exchange, one venue lying' },
  ],
  load: async () => (await import('../prices/prices.js')).prices,
})

const HASH = command({
  name: 'hash',
  summary: 'LXRHash of hex inputs',
  arguments: { form: '[HEX…]', most: Infinity },
  details: [
    'Inputs are the arguments, or else the lines of standard input; hashes come out one a line, in the same order. ' +
      'An empty line or argument is the empty input and has a hash too. At the first input that is not hex the ' +
      'command ends with exit code 2 and says which line it is; the hashes before it have been printed.',
    'The ByteMap is opened, or built and kept if there is none with these parameters; the default of 2^30 takes ' +
      'minutes to build.',
  ],
  keys: HASH_KEYS,
  examples: [
    { line: 'pegminer hash --bits 12 00ff', text: 'one hash with a small ByteMap' },
    { line: 'pegminer hash --bits 12 < inputs.txt > hashes.txt', text: 'many' },
  ],
  load: async () => (await import('../bytemap/hash.js')).hash,
})

const BYTEMAP = command({
  name: 'bytemap',
  summary: 'build, inspect or verify the table that LXRHash reads from',
  arguments: { form: 'build|info|verify', most: 1 },
  details: [
    'build: builds the ByteMap and keeps it, unless it is there already (--force builds it again). Ctrl-C leaves ' +
      'no half file; a long build that was interrupted or killed continues from its last checkpoint the next time.',
    'info: path, parameters, size and SHA-256 of the file.',
    'verify: reads the whole file and compares its SHA-256 with the one that it must have.',
  ],
  keys: BYTEMAP_KEYS,
  examples: [
    { line: 'pegminer bytemap build', text: 'the 1 GiB ByteMap of MainNet, once, some minutes' },
    { line: 'pegminer bytemap verify --bits 24', text: 'is the file what it should be?' },
  ],
  load: async () => (await import('../bytemap/bytemap.js')).bytemap,
})

const BENCH = command({
  name: 'bench',
  summary: 'measure the hashrate of this machine',
  details: [
    'Hashes made-up records and nothing else: each size of ByteMap with each number of threads, several samples of ' +
      'each, of which the median counts. Beside it stands what the memory itself can do: random reads of the same ' +
      'ByteMap by the same threads. Before each measurement a fixed range of nonces is hashed and compared with the ' +
      'reference; a wrong checksum is exit code 1.',
    'By default the sizes 2^20 to 2^30 are measured whose ByteMaps are there or are built in seconds. Ctrl-C keeps ' +
      'what is measured so far. --tune looks for the best number of threads and prints it, if the machine is quiet ' +
      'enough to tell, in under 3 minutes. --stress hashes until it is interrupted, checks every hash, and counts errors by thread.',
    '--farm 1000 measures what a coordinator and a nats-server on this machine carry: so many workers join, each with a ' +
      'connection of its own, that use up nonces and send hits but hash nothing. It prints, as Markdown, how long a record ' +
      'takes to all of them, how many hits a second are looked at, and what it costs.',
  ],
  keys: BENCH_KEYS,
  examples: [
    { line: 'pegminer bench', text: 'some ten minutes; --seconds 2 for a quick look' },
    {
      line: 'pegminer bench --bits 20,24,26,28,30 --threads 1,2 --out results',
      text: 'the full picture, as JSON, Markdown and two plots',
    },
    {
      line: 'pegminer bench --bits 30 --threads auto --compare results/bench.json',
      text: 'is it faster now?',
    },
    { line: 'pegminer bench --tune', text: 'threads for this machine' },
    { line: 'pegminer bench --farm 1000', text: 'what a farm costs its coordinator, two minutes' },
  ],
  load: async () => (await import('../bench/bench.js')).bench,
})

const FEED = command({
  name: 'feed',
  summary: "the oraclefeed: Komodo's headers on a Pegs chain, withdrawals of its gateway",
  arguments: {
    form: '[check|status|backfill FROM TO|approve TXID|reject TXID|settle TXID|register]',
    most: 7,
  },
  details: [
    'Publishes the header of each block of the reference chain (KMD) to an oracle of the asset chain, once, in order, ' +
      'and signs, pays and marks the withdrawals of a gateway. What is published is read from the chain itself, so it ' +
      'may be stopped and killed at any time.',
    'Gateways stand in the section feed of the configuration file; a single one can be given by flags. User and ' +
      "password come from the daemons' conf files. On the network dev both daemons are embedded, with an oracle, " +
      'a gateway and two withdrawals, one of which waits for approve.',
    'check: the start-up list, with a remedy for each failure. status: what is on its way. backfill FROM TO: publish ' +
      'these heights too. approve TXID, reject TXID: decide about a withdrawal that is held. settle TXID: release ' +
      'one that blocks the gateway and will not be paid; asked for twice, the second time with --yes. register: ' +
      'register the publisher, once.',
    'The command line of the original program (oraclefeed ACNAME ORACLETXID MYPUBKEY FORMAT BINDTXID [cli]) is ' +
      'understood in place of all this; it is printed as configuration.',
  ],
  keys: FEED_KEYS,
  mostUsed: ['network.name', 'config.file', 'feed.gateway', 'feed.dryRun', 'feed.once', 'confirm.yes'],
  sections: { feed: async () => (await import('../feed/plan.js')).feedSection },
  examples: [
    { line: 'pegminer feed --network dev', text: 'try it: both chains embedded' },
    { line: 'pegminer feed check --config pegminer.yaml', text: 'is everything ready?' },
    {
      line: 'pegminer feed --asset PEGS --oracle TXID --bind TXID --pubkey 02…',
      text: "a single gateway, by its daemons' conf files",
    },
    { line: 'pegminer feed approve TXID', text: 'pay a large withdrawal' },
    { line: 'pegminer feed backfill 1618000 1618100', text: 'publish old heights' },
  ],
  load: async () => (await import('../feed/feed.js')).feed,
})

const PEGS = command({
  name: 'pegs',
  summary: 'a coin that is held to a price: create its chain, use it',
  arguments: {
    form: 'create|resume|status|launch-args [PLAN.yaml] | deposit|fund|get|exchange|withdraw AMOUNT | liquidate ID | redeem|info|price|accounts|history|worst|watch|simulate|price-stub',
    most: 3,
  },
  details: [
    'create: makes everything that a peg needs on a chain that has just begun: token, oracle, publisher, subscriptions, ' +
      'gateway, peg. Each transaction is built by the daemon, held against the plan, written down, sent and confirmed; ' +
      'given again, or as resume, it goes on where it stopped. The peg must be in a block before height 100: a plan ' +
      'that cannot make it is refused before anything is sent. --dry-run shows the plan with its costs.',
    'status: how far it is, by what is written down. launch-args: how the daemons are started, with -earlytxid once the ' +
      'peg is there.',
    'deposit AMOUNT: coins of the reference chain become tokens. fund AMOUNT: tokens into the account. get AMOUNT (or max): ' +
      'coins for up to 80 % of what they are worth. redeem: the whole debt back, the whole deposit out. withdraw AMOUNT: ' +
      'tokens back into coins of the reference chain. exchange AMOUNT: coins into tokens, for who has no account. liquidate ' +
      'ID: another account above 90 %, paid off for its tokens. What a daemon leaves unchecked is checked before; what was cut off ' +
      'goes on when the same command is given again. --gateway says which tokens, if the peg has several.',
    'info, price, accounts, history, worst: the peg, its price, the own accounts, what they did, who is above 90 %. watch: ' +
      'all of it again and again (--once: once), with a warning before others may liquidate the own account, with metrics ' +
      'and alerts, and with what the section watch of the plan lets it do by itself.',
    'simulate: accounts under the rules of the module through a path of prices: who is liquidated, who can not be any ' +
      'more, and what covers the coins. --out writes a table, all of it as JSON, and a picture.',
    'price-stub: serves the two web APIs that a daemon of 2020 asks for its prices, and that are gone, and says how the ' +
      'daemons of this machine are pointed at it. For chains of your own: a chain without prices mines nothing. --prices ' +
      'has a price, a script of prices or the word oracle for each feed; oracle is what pegminer prices says now.',
    'On the network dev everything is embedded: the chain, the reference chain, and the feed. --prices sets its market.',
  ],
  keys: PEGS_KEYS,
  sections: { prices: PRICES_SECTION },
  examples: [
    { line: 'pegminer pegs create --network dev', text: 'try it: everything embedded' },
    { line: 'pegminer pegs create plan.yaml --dry-run', text: 'what it costs in coins, blocks and time' },
    { line: 'pegminer pegs create plan.yaml', text: 'the real thing' },
    { line: 'pegminer pegs resume plan.yaml --yes', text: 'the nodes were started again as it said' },
    { line: 'pegminer pegs deposit 1.5 --plan pegs.yaml', text: 'KMD into tokens' },
    { line: 'pegminer pegs get max --plan pegs.yaml', text: 'all that 80 % allow' },
    {
      line: 'pegminer pegs simulate --path 0:0.9,2d:0.9,4d:0.5 --out crash',
      text: 'a crash, as table and picture',
    },
  ],
  load: async () => (await import('../pegs/pegs.js')).pegs,
})

const HISTORY = command({
  name: 'history',
  summary: 'blocks graded so far: winners, prices, hash power, and how your own records fared',
  details: [
    'Reads what mining, or pegminer grade --height, has followed of the chain and graded; it can run beside a miner. ' +
      'Without a range the table shows the last 20 blocks; CSV and JSON have all of them.',
    'The hash power is an estimate for the whole network, made from the difficulties of the best 50 records. Prices ' +
      'are those of the record in first place, in USD. A grade is how far a record lies from the average of all; ' +
      '--own says which assets it comes from.',
  ],
  keys: HISTORY_KEYS,
  examples: [
    { line: 'pegminer history', text: 'the last 20 blocks' },
    { line: 'pegminer history --asset XBT,ETH --csv > prices.csv', text: 'two prices of every block' },
    { line: 'pegminer history --own --from 100 --to 120', text: 'what became of your records' },
    { line: 'pegminer history --network MainNet --plot history.svg', text: 'a picture' },
  ],
  load: async () => (await import('../history/history.js')).history,
})

const LEDGER = command({
  name: 'ledger',
  summary: 'who holds what, worked out from the chain alone, at every height',
  arguments: {
    form: 'sync|balances ADDRESS|history ADDRESS|issuance|rates|bank|richlist [TICKER]|dump|checkpoint FILE|diff|serve',
    most: 2,
  },
  details: [
    'sync: follows the chain of the node up to its last block, each block and entry proven by its hashes, and keeps who ' +
      'holds what. --from-file takes a recorded chain instead, by the rules of MainNet unless --network says otherwise; ' +
      'it is kept beside, and asked where no chain was followed in the data directory. Proofs of work are hashed again, ' +
      'for which the ByteMap is opened, or built if there is none; --trust-claims does without in a recorded chain.',
    'checkpoint FILE: writes all that is needed to go on behind the last block, with the hash of all balances and one of ' +
      'the whole file. sync --from-checkpoint FILE begins there and not with the first block, in an empty data directory: ' +
      'what came before is not checked, so get both hashes from one whom you trust. Balances, supplies and banks of ' +
      'earlier blocks, and earlier lines of histories, are not in such a ledger.',
    'balances ADDRESS: what an address holds. issuance: how much there is of each token. rates: USD per token, by the ' +
      'last block that has any. bank: what conversions into PEG were paid from. richlist [TICKER]: the largest holders. ' +
      'history ADDRESS: its transactions, conversions, rewards and burns. dump: all balances, with one hash for them.',
    'diff --pegnetd URL: compares every balance and supply with a running pegnetd, at the block that it is at, and names ' +
      'the block at which histories first differ. Exit code 5: something differs.',
    'serve: follows the chain of the node as sync does, for as long as it runs, and answers programs that were ' +
      'written for pegnetd with the same JSON-RPC, its 14 methods, at http://127.0.0.1:8070/v1. On the network dev it ' +
      'only reads what pegminer mine follows. It holds no key, so send-transaction is refused.',
    'For people and dashboards, serve and on the network dev mine answer at --metrics-port, beside the metrics: ' +
      '/api/v1/ledger/status, balances, supply, prices, history, richlist, bank and blocks, as JSON and where it makes ' +
      'sense as CSV (format=csv); /api/v1/openapi.json describes them.',
    'Everything may be asked while another program follows the chain. --height asks for an earlier block. On the network ' +
      'dev pegminer mine keeps the ledger itself.',
    'In JSON, amounts and rates are whole numbers of 1e-8, as text.',
  ],
  keys: LEDGER_KEYS,
  examples: [
    { line: 'pegminer ledger sync --network local --factomd http://localhost:8088', text: 'follow a chain' },
    {
      line: 'pegminer ledger sync --from-file chain.json.gz --bits 16 --data-dir recorded',
      text: 'a recorded chain',
    },
    { line: 'pegminer ledger balances FA… --height 120', text: 'what it held after block 120' },
    { line: 'pegminer ledger richlist pUSD --count 10', text: 'who holds most' },
    { line: 'pegminer ledger history FA… --from 100 --json', text: 'every line of it, for a program' },
    { line: 'pegminer ledger dump --height 120 --json', text: 'everything, in one object' },
    { line: 'pegminer ledger checkpoint ledger.json.gz', text: 'for others to begin with' },
    { line: 'pegminer ledger serve --rpc-port 8070', text: "the API of pegnetd, for pegnetd's clients" },
  ],
  load: async () => (await import('../ledger/ledger.js')).ledger,
})

const EXPLORER = command({
  name: 'explorer',
  summary: 'the network to look at in a browser: blocks, tokens, addresses, entries, miners',
  arguments: { form: '[plot CHART]', most: 2 },
  details: [
    'Pages from /explorer and their data from /api/v1/explorer/… on --metrics-port. On the network dev it starts a chain, a ' +
      'miner with rivals and made-up holders, unless a miner runs there already; on other networks it follows the node at ' +
      '--factomd as pegminer ledger serve does. --from-file shows a recorded chain, as pegminer ledger sync takes it. New ' +
      'blocks appear by themselves.',
    'plot CHART: one of its charts as SVG or PNG: price, spread, supply or conversions of the token --asset, or power, ' +
      'records, index, risk, or distance, share, reward of --miner, the distance also of one --asset; --from and --to ' +
      'choose the heights. It reads what the data directory holds.',
    'It only reads and holds no key. It listens on 127.0.0.1; to show it to others put a proxy with TLS before it.',
  ],
  keys: EXPLORER_KEYS,
  examples: [
    { line: 'pegminer explorer', text: 'a living network of its own' },
    { line: 'pegminer explorer --network MainNet --factomd https://api.factomd.net', text: 'follow a node' },
    {
      line: 'pegminer explorer --from-file chain.json.gz --trust-claims --bits 16 --data-dir recorded',
      text: 'a recorded chain',
    },
    {
      line: 'pegminer explorer plot price --asset XBT --from 210000 --to 220000 --network MainNet --out xbt.png',
      text: 'a picture for a paper',
    },
  ],
  load: async () => (await import('../explorer/explorer.js')).explorer,
})

const WALLET = command({
  name: 'wallet',
  summary: 'addresses of your own: what they hold, sending and converting it, their keys',
  arguments: { form: 'new|import|passphrase|list|address|send|convert|burn|balance|history|sign', most: 4 },
  details: [
    'Keys are kept in a file that a passphrase opens (scrypt, AES-256-GCM). Without PEGMINER_WALLET_PASSPHRASE or ' +
      '…_FILE it is asked for on the terminal. Keep a copy of the file, or the words: keys that are lost stay lost.',
    'new: another address. All of them are made of the same 24 words, as in other wallets of Factom ' +
      "(BIP-39, m/44'/131'/0'/0/…); --words shows them, on a terminal only.",
    'import [FILE|ADDRESS]: a key that begins with Fs, one of Ethereum (0x and 64 hex digits), or words, as PEGMINER_WALLET_SECRET ' +
      '(or …_FILE), from a FILE with lines of them or a backup of factom-walletd, or asked for on the terminal. An ' +
      'ADDRESS without its key is watched.',
    'passphrase: another one for the same keys; the file is replaced whole. Copies of the old file keep the old one.',
    'list: all addresses. address [NAME|ADDRESS] [TICKER]: one of them, as it is written for each token or for TICKER. Any of them may be the ' +
      '--coinbase of pegminer mine.',
    'send AMOUNT TICKER ADDRESS, convert AMOUNT TICKER TICKER: first shows what the ledger would make of it, then asks, ' +
      'unless there is --yes. --sender says whose. The result of a conversion is fixed by a later block. What is signed ' +
      'is written down before it is sent: after a crash the next send or convert says what became of it, and asks ' +
      'whether to send it again. --file FILE takes a batch of several transactions, or a signed one.',
    'burn AMOUNT: factoids for pFCT, where the ledger still credits that: PegNet 2.0 has ended it.',
    'balance [NAME|ADDRESS], history [NAME|ADDRESS]: what is held, in USD too, and where it is from: by the ledger in the ' +
      'data directory, or by a pegnetd or pegminer ledger serve that runs at --pegnetd.',
    'sign FILE --out SIGNED: signs a batch that send or convert wrote with --out, on a machine without a network. ' +
      'A signature is good for 12 hours.',
  ],
  keys: WALLET_KEYS,
  examples: [
    { line: 'pegminer wallet new --name savings --words', text: 'a first address' },
    { line: 'pegminer wallet import backup.json', text: 'the backup of factom-walletd' },
    { line: 'pegminer wallet import FA… --name cold', text: 'watch an address without its key' },
    { line: 'pegminer wallet list --json', text: 'for a program' },
    { line: 'pegminer wallet address savings pUSD', text: 'where to send pUSD to' },
    { line: 'pegminer wallet convert 10 PEG pUSD --dry-run', text: 'what would it give?' },
    { line: 'pegminer wallet send 1.5 pUSD FA… --sender savings', text: 'asks before it sends' },
    { line: 'pegminer wallet send --file batch.json --yes --json', text: 'several at once, for a program' },
    { line: 'pegminer wallet history savings --from 100', text: 'where it is from' },
  ],
  load: async () => (await import('../wallet/wallet.js')).wallet,
})

const BASKET = command({
  name: 'basket',
  summary: 'hold a basket of tokens by weights, and what is owed in time',
  arguments: { form: 'plan|run|simulate [FILE]', most: 2 },
  details: [
    'FILE (basket.yaml) names the tokens with their weights, fixed, equal or by how much prices move; when the basket is set ' +
      'right, by a cron expression or when a part is off by a band; and what is owed, in which token and when: that is held in time, ' +
      'before any weights. Only surplus is converted. docs/basket.md has an example.',
    'plan: what would be converted now, and what it would cost by the latest rates.',
    'run: looks at each new block whether the basket is to be set right, and sends the conversions through the wallet, each ' +
      'a batch of its own, written down before it is sent. Without run: { send: true } in the file nothing is sent, nor ' +
      'with --dry-run. No more than mostADay is converted in a day. It may be killed at any time. --once: one look, then end.',
    'simulate: the same over the prices of the ledger from --from to --to, by the rules of those heights: value, drift, ' +
      'turnover and the deepest fall, beside leaving it all as it was. --csv and --plot have every block.',
  ],
  keys: BASKET_KEYS,
  examples: [
    { line: 'pegminer basket plan basket.yaml', text: 'what is off, and what setting it right costs' },
    { line: 'pegminer basket run basket.yaml --dry-run', text: 'what it would send' },
    {
      line: 'pegminer basket simulate basket.yaml --from 220000 --to 222269 --plot basket.svg',
      text: 'how would it have gone?',
    },
  ],
  load: async () => (await import('../basket/basket.js')).basket,
})

const PEG_WATCH = command({
  name: 'peg-watch',
  summary: 'watch what tokens are traded for beside the oracle, and what that would earn',
  details: [
    'Asks the exchanges of pegWatch.markets for the order books of pegged tokens and PEG, and shows them beside the prices of ' +
      'the last block and those that the next one is expected to have: how far each token is off its peg, how much is for sale ' +
      'within that, and which case of the white paper it is, A to E.',
    'Then the trades that would earn: bought at one exchange, converted by the rules of the height at which that would happen, ' +
      'and sold at another; the gain after fees for the size that the books allow, and what may happen until then, by the ' +
      'prices of the last blocks. It never trades.',
    'The prices of blocks are those of the ledger in the data directory, which pegminer ledger sync or serve keeps. On the ' +
      'network dev --scenario makes up a chain and an exchange for a case of the white paper, --script FILE for what the file ' +
      'says; --height says whose rules hold there. docs/peg-watch.md has examples.',
    '--once looks once; exit code 3: no exchange has answered. Without it the page /peg-watch and metrics are served meanwhile. ' +
      '--paper FILE keeps a paper account: what these trades would have earned.',
  ],
  keys: PEG_WATCH_KEYS,
  sections: {
    prices: PRICES_SECTION,
    pegWatch: async () => (await import('../../desk/index.js')).pegWatchSection,
  },
  examples: [
    { line: 'pegminer peg-watch --network dev --scenario C --once', text: 'all tokens are below their pegs' },
    { line: 'pegminer peg-watch --network MainNet --json', text: 'an event for each token and trade' },
  ],
  load: async () => (await import('../peg-watch/peg-watch.js')).pegWatch,
})

const SIMULATE = command({
  name: 'simulate',
  summary: 'try an attack on the prices: what false records win, move and cost',
  arguments: { form: 'attack [PRESET]', most: 2 },
  details: [
    'attack: miners who lie about prices against honest ones, many blocks of it. Records are made and graded by the rules of ' +
      'the network, staking records and the band around them too; what becomes of the price that conversions use is shown ' +
      'with an interval that holds in 95 of 100 cases.',
    'PRESET is a claim of the white paper: majority, unpaid, small, records, all, peg, groups, rules, staking or holders. ' +
      'The flags change what it supposes; --vary and --values say what is drawn along the axis. Without a preset a single ' +
      'case is played.',
    'docs/attacks.md says which claims hold. The cost is what the liars hash, in hashes and in machines such as this one; ' +
      'its hashrate is measured with the ByteMap of --bits (30, as on MainNet) if that is there, or said with --hashrate.',
  ],
  keys: SIMULATE_KEYS,
  examples: [
    { line: 'pegminer simulate attack majority', text: 'does it take more than half of the hash power?' },
    {
      line: 'pegminer simulate attack --share 35 --lie 2 --asset ETH --blocks 10000',
      text: 'a case of your own',
    },
    {
      line: 'pegminer simulate attack --lie 5 --vary share --values 30,40,50,60 --plot attack.svg',
      text: 'a picture',
    },
  ],
  load: async () => (await import('../simulate/simulate.js')).simulate,
})

const RUNS: readonly CommandSpec[] = [
  MINE,
  FARM,
  STAKE,
  INIT,
  FUND,
  FEED,
  PEGS,
  PRICES,
  GRADE,
  HISTORY,
  LEDGER,
  EXPLORER,
  WALLET,
  BASKET,
  PEG_WATCH,
  SIMULATE,
  DEV,
  BENCH,
  HASH,
  BYTEMAP,
].map((spec) => spec as unknown as CommandSpec)

const CONFIG = command({
  name: 'config',
  summary: 'check, show, write or import the configuration file',
  arguments: { form: 'check|show|init [FILE]|import INI', most: 2 },
  details: [
    'check: says everything that is wrong with file and environment, each with its line and remedy, and what mine would ' +
      'still lack. Exit code 0: nothing.',
    'show: every setting, its value, and where it comes from. Secrets are not shown.',
    'init: writes pegminer.yaml with every setting, its meaning and its default; on a terminal it asks what the network ' +
      'needs. A file that is there is never written over.',
    "import: turns the ini file of PegNet's Go miner into a pegminer.yaml on standard output, with notes on what has no " +
      'counterpart.',
  ],
  keys: SETTING_KEYS,
  flagKeys: CONFIG_FLAG_KEYS,
  sections: Object.assign({}, ...RUNS.map(({ sections }) => sections)) as SectionLoaders<
    Readonly<Record<string, unknown>>
  >,
  check: async () => (await import('../mine/plan.js')).planProblems,
  reportsProblems: true,
  namesFile: () => true,
  examples: [
    { line: 'pegminer config init', text: 'an example to begin with' },
    { line: 'pegminer config check --config /etc/pegminer/pegminer.yaml', text: 'is it all right?' },
    { line: 'pegminer config show', text: 'what counts, and why' },
    { line: 'pegminer config import ~/.pegnet/defaultconfig.ini > pegminer.yaml', text: 'from the Go miner' },
  ],
  load: async () => (await import('../config/config.js')).config,
})

const COMPLETION = command({
  name: 'completion',
  summary: 'a script with which bash, zsh or fish completes commands, flags and values',
  arguments: { form: 'bash|zsh|fish', most: 1 },
  details: [
    'The top of the script says which line loads it, and in which file of the shell that line belongs.',
  ],
  keys: COMPLETION_KEYS,
  examples: [
    { line: 'pegminer completion bash > ~/.pegminer-completion', text: 'to be sourced in ~/.bashrc' },
  ],
  load: async () => {
    const { completion } = await import('../completion/completion.js')
    return (context) => Promise.resolve(completion(context, COMMANDS))
  },
})

/** In the order of the overview. */
export const COMMANDS: readonly CommandSpec[] = [
  ...RUNS,
  ...[CONFIG, COMPLETION].map((spec) => spec as unknown as CommandSpec),
]

/** The names of all structured sections of the configuration file. */
export const SECTION_NAMES: readonly string[] = [
  ...new Set(COMMANDS.flatMap(({ sections }) => Object.keys(sections ?? {}))),
]
