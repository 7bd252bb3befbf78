/** Writes the generated pages: `node dist/cli/docs/generate.js [FOLDER]`, by default into `docs/`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { docPages } from './pages.js'

const folder = process.argv[2] ?? 'docs'
for (const [name, text] of Object.entries(docPages())) {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
