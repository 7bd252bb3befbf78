/** The check list on the embedded chains: what it finds, what it mends, and its words. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'

import { startChains } from '../../komodo/dev/fixtures/chains.js'
import type { DevKomodo, DevKomodoOptions } from '../../komodo/dev/index.js'
import { accessOf, createKomodoClient } from '../../komodo/index.js'
import { checkGateway, type CheckLine } from './checks.js'
import { openRig, settingsOf } from './fixtures/rig.js'

async function chainsOf(t: Test, options: Partial<DevKomodoOptions>): Promise<[DevKomodo, folder: string]> {
  const folder = mkdtempSync(join(tmpdir(), 'feed-checks-'))
  const chains = await startChains({ dataDir: join(folder, 'chains'), manual: true, ...options })
  t.teardown(async () => {
    await chains.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return [chains, folder]
}

/** The check list of an operator, and his daemons as the feed reaches them. */
function checking(t: Test, chains: DevKomodo, more: Readonly<Record<string, unknown>> = {}) {
  const settings = settingsOf(chains, { folder: '', more })
  const [asset, reference] = (['asset', 'reference'] as const).map((chain) =>
    createKomodoClient({ access: () => accessOf(settings[chain]), name: chain, timeoutMs: 5_000 }),
  ) as [ReturnType<typeof createKomodoClient>, ReturnType<typeof createKomodoClient>]
  t.teardown(() => [asset, reference].forEach((client) => client.close()))
  const line = async (name: string, mend = false): Promise<CheckLine | undefined> =>
    (await checkGateway(settings, { asset, reference }, { mend })).lines.find((one) => one.name === name)
  return { settings, asset, reference, line }
}

t.test('a deposit address that was imported beforehand lacks its redeem script', async (t) => {
  const [chains] = await chainsOf(t, { gateways: [{ m: 2, n: 3 }] })
  const { reference, line } = checking(t, chains)
  const { depositAddress } = chains.gateways[0]!
  await reference.watch(depositAddress, '')
  t.match(await reference.address(depositAddress), { watched: true, redeemScript: false })
  t.match(await line('signing'), { result: 'warn', found: /lacks the script/, remedy: /addmultisigaddress/ })
  t.match(await line('signing', true), { result: 'ok', found: /can sign for/ })
  t.match(await reference.address(depositAddress), { redeemScript: true })
  t.match(await line('signing'), { result: 'ok', found: /holds the key/ })
})

t.test('a deposit address that nobody watches', async (t) => {
  const [chains] = await chainsOf(t, { gateways: [{ m: 2, n: 3 }] })
  const { reference, line } = checking(t, chains)
  const { depositAddress } = chains.gateways[0]!
  t.match(await line('signing'), { result: 'warn', found: /does not watch/ })
  t.match(await line('signing', true), { result: 'warn', remedy: /-rescan/ })
  t.match(await reference.address(depositAddress), { watched: true, redeemScript: true })
})

t.test('headers under way need no subscription; who publishes none need not register', async (t) => {
  const [chains, folder] = await chainsOf(t, { subscriptions: 2 })
  const rig = await openRig(chains, { folder: join(folder, 'rig') })
  t.teardown(() => rig.close())
  const { line } = checking(t, chains)
  await rig.relayPass()
  t.match(await line('publisher'), { result: 'ok', found: /under way/, remedy: '' })
  chains.control.mine('asset')
  const settled = await line('publisher')
  t.equal(settled?.result, 'ok')
  t.notMatch(settled?.found, /under way/)

  const signer = checking(t, chains, { headers: false, pubkey: chains.user.pubkey })
  t.equal(await signer.line('publisher'), undefined, 'nothing about registering')
  const publisher = checking(t, chains, { pubkey: chains.user.pubkey })
  t.match(await publisher.line('publisher'), { result: 'wait', remedy: /feed register/ })
})
