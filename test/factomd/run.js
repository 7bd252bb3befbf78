#!/usr/bin/env node
/** `npm run test:factomd -- --url URL`: the contract suite against a factomd on a LOCAL network; without a URL, against the embedded chain. */
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { url: { type: 'string' }, help: { type: 'boolean', short: 'h' } } })
if (values.help) {
  console.log(`Usage: npm run test:factomd -- [--url http://localhost:8088]

Runs the same tests that the embedded chain passes against another node: a factomd on a LOCAL network, whose first
holder's key (the well-known test key) has coins. They write a chain and some entries, and take about four blocks;
blocks of 15 to 60 seconds do well. Without --url the embedded chain is tested.`)
  process.exit(0)
}
const env = { ...process.env, PEGMINER_CONTRACT_URL: values.url ?? '' }
const words = ['tap', '--reporter=tap', '--timeout=3600', 'test/factomd/contract.test.ts']
const { status } = spawnSync('npx', words, { stdio: 'inherit', env })
process.exit(status ?? 1)
