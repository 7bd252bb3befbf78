/** Command lines that cannot be run: each is refused with what to do, before anything is asked, written or paid. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'

import { encodeAddress } from '../factom/index.js'
import { runHere } from '../test/fixtures/in-process.js'

const dir = t.testdir({ 'no.pem': 'no certificate', 'plan.json': '{}' })
const data = join(dir, 'data')
/** What the test key of the embedded chain is on the command line; public. */
const SECRET = 'Es2XT3jSxi1xqrDvS5JERM3W3jh1awRHuyoahn3hbQLyfEi1jvbq'
const EC_ADDRESS = 'EC3TsJHUs8bzbbVnratBafub6toRYdgzgbR7kWwCW4tqbmyySRmg'
const OTHER_EC = encodeAddress('EC', new Uint8Array(32))
const TXID = 'ab'.repeat(32)

type Case = readonly [words: string, error: RegExp, env?: Readonly<Record<string, string>>]

async function refused(t: Test, command: string, cases: readonly Case[], code = 2): Promise<void> {
  for (const [words, error, env] of cases) {
    const all = [command, ...words.split(' ').filter(Boolean)]
    const ended = await runHere(all, '', {
      ...{ PEGMINER_DATA_DIR: data, PEGMINER_CONFIG: 'off' },
      ...env,
    })
    t.match(ended, { code, stdout: /^$/, stderr: error }, all.join(' '))
    t.notMatch(ended.stderr, /\n {4}at /, 'no stack')
  }
  t.notOk(existsSync(data), 'nothing was written')
}

t.test('who pays, and for what', async (t) => {
  const local = '--network local'
  await refused(t, 'fund', [
    ['--network dev --credits 5', /E_CONFIG_NETWORK: the network dev buys its credits by itself/],
    [local, /E_CONFIG_MISSING: how many\? Give --credits\n.*E_CONFIG_MISSING: for whom\? Give --ec-address/],
    ['--network MainNet', /who pays\? Set PEGMINER_FUND_FCT_SECRET/],
    [
      `${local} --credits 5 --ec-address ${EC_ADDRESS}`,
      /E_CONFIG_VALUE: PEGMINER_FUND_FCT_SECRET has a wrong character in it/,
      { PEGMINER_FUND_FCT_SECRET: 'Fs3E9gV6DXsYzf7Fqx1fVBQPQXV695eP3k5XbmHEZVRLkMdD9qCJ' },
    ],
  ])
  const key = { PEGMINER_MINER_EC_SECRET: SECRET }
  await refused(t, 'init', [
    ['--network dev', /E_CONFIG_NETWORK: the network dev makes its chains by itself/],
    [`${local} --walletd http://localhost:1`, /--walletd needs --ec-address: whose key is it\?/],
    [`${local} --walletd http://localhost:1`, /--walletd and .* are both given; keep one of them/, key],
    [`${local} --ec-address ${EC_ADDRESS.slice(0, -1)}h`, /--ec-address has a wrong character in it/],
    [`${local} --ec-address ${OTHER_EC}`, /--ec-address is not the address of/, key],
    [local, /has a wrong character in it/, { PEGMINER_MINER_EC_SECRET: `${SECRET.slice(0, -1)}r` }],
  ])
})

t.test('how the nodes are asked', async (t) => {
  const grade = '--network local --height 9'
  await refused(t, 'grade', [
    [grade, /factom\.\w+ needs .* beside it|needs .*PASSWORD.* beside it/i, { PEGMINER_FACTOM_USER: 'me' }],
    [grade, /needs .*user.* beside it/i, { PEGMINER_FACTOM_PASSWORD: 'secret' }],
    [`${grade} --factomd-ca ${join(dir, 'no.pem')}`, /--factomd-ca: .* holds no PEM certificate/],
    [`${grade} --factomd-ca ${join(dir, 'none')}`, /--factomd-ca: .* cannot be read: /],
  ])
})

t.test('what is graded', async (t) => {
  const file = join(dir, 'plan.json')
  await refused(t, 'grade', [
    ['', /E_CONFIG_ARGUMENT: name a file with a block, or a block of the chain with --height/],
    [`--network local --height 9 ${file}`, /E_CONFIG_ARGUMENT: give files or --height, not both/],
    ['--network local --height 9 --trust-claims', /--height keeps what it grades, so it cannot trust claims/],
    [`--opr-version 5 --spr-version 5 ${file}`, /give --opr-version or --spr-version/],
    ['--network MainNet --height 300000 --opr-version 5', /the versions of MainNet's blocks are known/],
    ['--network MainNet --height 300000 --activations 2@9', /activations.* has no use on MainNet/],
  ])
  const early = /E_CLI_HEIGHT: records of MainNet begin at height 206422/
  await refused(t, 'grade', [['--network MainNet --height 9', early]], 1)
})

t.test('prices', async (t) => {
  await refused(t, 'prices', [
    ['--network MainNet --exchange http://localhost:1', /--exchange has no use on this network/],
    ['--network local --trouble random', /--trouble is for the embedded exchange of the network dev/],
    [
      '--network dev --trouble random --exchange http://localhost:1',
      /--trouble is for the embedded exchange/,
    ],
    [
      '--network dev --assets XBT,XBR',
      /E_CONFIG_ARGUMENT: there is no asset "XBR" in this record version; did you mean/,
    ],
    ['explain XBR --network dev', /E_CONFIG_ARGUMENT: there is no asset "XBR" in this record version/],
    [`replay ${join(dir, 'plan.json')} first`, /E_CONFIG_ARGUMENT: the height must be a whole number/],
  ])
})

t.test('wallet: half a sentence', async (t) => {
  await refused(t, 'wallet', [
    ['send', /say what, and where to: pegminer wallet send 1\.5 pUSD FA…, or --file FILE/],
    ['send 1.5 pUSD', /say what, and where to/],
    [`send 1.5 --file ${join(dir, 'plan.json')}`, /--file says all of it: give no amount, token and address/],
    ['convert 10 PEG', /say what, and into what: pegminer wallet convert 10 PEG pUSD/],
  ])
})

t.test('attacks that no rule allows, or that make no block', async (t) => {
  await refused(t, 'simulate', [
    ['', /say what to simulate: pegminer simulate attack \[majority\|/],
    ['attack mayority', /there is no preset "mayority"; there are majority, /],
    ['attack --vary share', /--vary needs --values/],
    ['attack --values 1,2', /--values needs --vary/],
    ['attack --vary records --values 1.5', /records is 1\.5: it must be a whole number from 1 to 50/],
    ['attack --vary share --values 50,100', /share is 100: it must be from 0 to 99/],
    ['attack --asset FOO', /records of version \d have no price of FOO/],
    ['attack --stakers 2 --lying-stakers 3', /3 staking records lie, but there are 2/],
    ['attack --miners 2 --records 5', /3 honest miners or more are needed for a block that is graded/],
    [`attack --plot ${join(dir, 'x.gif')}`, /pictures are SVG or PNG/],
  ])
  t.match(await runHere(['simulate', 'attack', 'majority', '--csv', '--json']), {
    ...{ code: 2, stdout: /"code":"E_CONFIG_VALUE"/, stderr: /give --csv or --json, not both/ },
  })
})

t.test('a simulated peg', async (t) => {
  await refused(t, 'pegs', [
    ['simulate --thresholds 90', /--thresholds needs account,global,yellow in percent/],
    ['simulate --path up', /--path is walk:PERCENT, history:ASSET, or times with prices/],
  ])
  const folder = `simulate --out ${join(dir, 'plan.json')}`
  await refused(t, 'pegs', [[folder, /E_CLI_PLOT: .*plan\.json cannot be written/]], 1)
})

t.test('a feed', async (t) => {
  const named = { PEGMINER_FEED_ASSET_PASSWORD: 'secret' }
  await refused(t, 'feed', [
    ['', /E_CONFIG_MISSING: there is no gateway: write the section feed/],
    ['wacth', /feed "wacth" is unknown: check, status, backfill FROM TO/],
    ['check twice', /feed check takes no further argument/],
    ['approve 12', /feed approve needs the id of a withdrawal: 64 hex digits/],
    [`settle ${TXID} ${TXID}`, /feed settle needs the id of a withdrawal/],
    ['backfill 9', /feed backfill needs two heights, FROM up to TO/],
    ['backfill 9 8', /feed backfill needs two heights/],
    ['backfill nine ten', /feed backfill needs two heights/],
    ['backfill 1 200000', /at most 100000 of them/],
    ['--asset X', /E_CONFIG_MISSING: --oracle .*\n.*--pubkey /s, named],
  ])
})

t.test('a ledger, and what it is held against', async (t) => {
  const address = 'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q'
  await refused(t, 'ledger', [
    ['richlist --height 5', /E_CONFIG_VALUE: richlist knows the last block only; leave --height out/],
    ['richlist pusd', /E_CONFIG_ARGUMENT: there is no token "pusd"; did you mean pUSD\?/],
    [`history ${address} --from 9 --to 3`, /E_CONFIG_VALUE: --from 9 is above --to 3/],
    ['history FA1', /E_CONFIG_ARGUMENT: "FA1" is no address; give one that begins with FA/],
    ['diff', /E_CONFIG_MISSING: --pegnetd is missing: which pegnetd is it\?/],
  ])
  await refused(t, 'explorer', [
    ['plot', /E_CONFIG_ARGUMENT: say which chart; choose price, spread, supply, /],
    ['plot prize', /E_CONFIG_ARGUMENT: say which chart; did you mean price\?/],
    ['plot price', /price is of one token: give it with --asset/],
    ['plot reward', /reward is of one miner: give an identity or an address with --miner/],
  ])
})

t.test('a machine of a farm, and a peg of which nothing is said', async (t) => {
  await refused(t, 'farm', [['worker', /E_CONFIG_MISSING: the farm needs --nats\n.*the farm needs --creds/]])
  await refused(t, 'pegs', [
    [
      'watch --prices 3',
      /E_CONFIG_NETWORK: --prices is for price-stub, and for the market of the network dev/,
    ],
  ])
  await refused(t, 'config', [
    ['import', /E_CONFIG_ARGUMENT: say which file to import, for example ~\/\.pegnet/],
    [`import ${dir}`, /E_CONFIG_IMPORT: .*: it is not a small file/],
  ])
})
