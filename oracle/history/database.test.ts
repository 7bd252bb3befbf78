import { join } from 'node:path'
import t from 'tap'

import { openDatabase } from './database.js'

t.test('a full disk is said as SQLite says it, and nothing of the transaction stays', (t) => {
  const migrations = ['CREATE TABLE things (id INTEGER, text TEXT)']
  const db = openDatabase({ file: join(t.testdir(), 'things.db'), migrations })
  const count = () => Number(db.one('SELECT count(*) AS count FROM things')?.['count'])
  const fill = () => {
    for (let id = 0; id < 1000; id++) db.run('INSERT INTO things VALUES (?, ?)', id, 'x'.repeat(1000))
  }
  // What SQLite does when the disk is full, without filling one.
  db.all('PRAGMA max_page_count = 20')
  for (let k = 0; k < 2; k++)
    t.throws(() => db.transaction(fill), {
      code: 'E_HISTORY_WRITE',
      message: /things\.db: database or disk is full/,
    })
  t.equal(count(), 0)
  db.all('PRAGMA max_page_count = 10000')
  t.equal(
    db.transaction(() => fill()),
    undefined,
  )
  t.equal(count(), 1000, 'once there is room it goes on')
  t.throws(() => db.transaction(() => db.run('INSERT INTO none VALUES (1)')), { message: /no such table/ })
  t.equal(
    db.transaction(() => count()),
    1000,
  )
  db.close()
  t.end()
})
