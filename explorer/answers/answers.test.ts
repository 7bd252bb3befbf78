/** Each question of a page, asked of a small made-up ledger; `explorer/fixtures/million.ts` asks the same of a large one. */
import { join } from 'node:path'
import t from 'tap'

import { openChainDatabase } from '../../chain/index.js'
import { makeMillion, openTold } from '../../ledger/fixtures/million.js'
import { LEDGER_SCHEMA } from '../../ledger/index.js'
import { EXPLORER_SCHEMAS, type ExplorerName } from '../../telemetry/explorer-schemas.js'
import { misfits } from '../../telemetry/fixtures/misfits.js'
import { questionsOf } from '../fixtures/questions.js'
import { ANSWERS, createReader } from './answers.js'
import { Lasting } from './lasting.js'

/** One row, or one a token. */
const SMALL = ['ledger_about', 'ledger_rollbacks', 'ledger_supply']

t.test('all that is answered fits its description, and no question reads a whole table', async (t) => {
  const file = join(t.testdir(), 'ledger.sqlite')
  const db = openChainDatabase({ file, schemas: [LEDGER_SCHEMA] })
  t.teardown(() => db.close())
  await makeMillion(db, 2_000, 200)
  const asked = new Map<string, readonly unknown[]>()
  let asking = false
  const query = openTold(file, (sql, values) => asking && asked.set(sql, values))
  t.teardown(() => query.close())
  const reader = createReader(query)
  const questions = questionsOf(query)
  for (const [name, question] of Object.entries(questions)) {
    const [word, what, words = ''] = question()
    asking = true
    const found = ANSWERS[word]?.(reader, what, new URLSearchParams(words))
    asking = false
    const value = found instanceof Lasting ? found.value : found
    if (words.includes('csv')) continue
    const schema = EXPLORER_SCHEMAS[word as ExplorerName] as Record<string, unknown>
    t.same(misfits(schema, JSON.parse(JSON.stringify(value))), [], name)
  }
  t.ok(asked.size > 40)
  for (const [sql, values] of asked) {
    const plan = db
      .all(`EXPLAIN QUERY PLAN ${sql}`, ...(values as number[]))
      .map(({ detail }) => String(detail))
    const made = plan.flatMap((step) => /^(?:CO-ROUTINE|MATERIALIZE) (.+)$/.exec(step)?.[1] ?? [])
    const whole = plan.flatMap((step) => /^SCAN (?!.*VIRTUAL TABLE)(.+)$/.exec(step)?.[1] ?? [])
    t.same(
      whole.filter((table) => !made.includes(table) && !SMALL.includes(table)),
      [],
      sql,
    )
  }
})
