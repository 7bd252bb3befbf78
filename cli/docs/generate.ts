/** Writes the generated pages: `node dist/cli/docs/generate.js [FOLDER]`, by default into `docs/`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { docPages } from './pages.js'

const folder = process.argv[2] ?? 'docs'
mkdirSync(folder, { recursive: true })
for (const [name, text] of Object.entries(docPages())) writeFileSync(join(folder, name), text)
