#!/usr/bin/env node
/** `npm run test:nodes`: mines one block with each version of Node.js that is tested, and says what came of it. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const versions = JSON.parse(readFileSync(new URL('versions.json', import.meta.url), 'utf8'))
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'pegminer-nodes-'))

/** Where each version's program is, as the npm registry has it for this system; undefined if it cannot be had. */
function programs() {
  const own = process.versions.node.split('.')[0]
  const others = versions.filter((version) => version !== own)
  const name = `node-${process.platform}-${process.arch}`
  const words = ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder]
  const packages = others.map((version) => `node-${version}@npm:${name}@${version}`)
  const { status, stderr } = spawnSync('npm', [...words, ...packages], { encoding: 'utf8' })
  if (status !== 0)
    console.log(`only Node.js ${own} is tried: the others cannot be installed: ${stderr.trim()}`)
  return versions.flatMap((version) => {
    if (version === own) return [process.execPath]
    return status === 0 ? [join(folder, 'node_modules', `node-${version}`, 'bin', 'node')] : []
  })
}

function mineWith(node, data) {
  const words = ['mine', '--network', 'dev', '--bits', '16', '--block-seconds', '20', '--blocks', '1']
  const options = ['--metrics-port', 'off', '--data-dir', data, '--dir', join(folder, 'maps'), '--json']
  const { status, stdout, stderr } = spawnSync(node, [main, ...words, ...options], {
    encoding: 'utf8',
    timeout: 120_000,
  })
  const events = stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
  const graded = events.find(({ event }) => event === 'graded')
  if (status !== 0 || !(graded?.mine.length > 0))
    throw new Error(`exit code ${status}: ${stderr || stdout.slice(-500)}`)
  return graded
}

let failed = 0
try {
  for (const [k, node] of programs().entries()) {
    const exact = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()
    try {
      const { mine, records } = mineWith(node, join(folder, `data-${k}`))
      console.log(
        `Node.js ${exact}: a block of ${records} records graded, ${mine.length} places among the winners`,
      )
    } catch (error) {
      failed++
      console.log(`Node.js ${exact}: ${error instanceof Error ? error.message : error}`)
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exit(failed === 0 ? 0 : 1)
