import { join } from 'node:path'
import t from 'tap'

import { CodedError } from '../errors.js'
import { openDatabase, type DatabaseTrouble } from './database.js'

const fail = (trouble: DatabaseTrouble, message: string) =>
  new CodedError(`E_HISTORY_${trouble.toUpperCase()}`, { summary: '', remedy: '' }, message)

t.test('a full disk is said as SQLite says it, and nothing of the transaction stays', (t) => {
  const migrations = ['CREATE TABLE things (id INTEGER, text TEXT)']
  const db = openDatabase({ file: join(t.testdir(), 'things.db'), migrations, fail })
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

t.test('what the work throws undoes it and comes out as it is', (t) => {
  const migrations = ['CREATE TABLE things (id INTEGER)']
  const db = openDatabase({ file: join(t.testdir(), 'things.db'), migrations, fail })
  const mistake = new TypeError('of the caller')
  const work = (): void => {
    db.run('INSERT INTO things VALUES (1)')
    throw mistake
  }
  t.throws(() => db.transaction(work), mistake)
  t.same(db.all('SELECT * FROM things'), [])
  db.close()
  t.end()
})

t.test('several who share a file', (t) => {
  const file = join(t.testdir(), 'shared.db')
  const own = ['CREATE TABLE own (id INTEGER)']
  const one = { name: 'one', migrations: ['CREATE TABLE one (id INTEGER)'] }
  const two = { name: 'two', migrations: ['CREATE TABLE two (id INTEGER)'] }
  const open = (schemas: readonly (typeof one)[], readOnly = false) =>
    openDatabase({ file, migrations: own, schemas, fail, readOnly })
  open([one]).close()
  const both = open([two, { ...one, migrations: [...one.migrations, 'ALTER TABLE one ADD COLUMN more'] }])
  both.run('INSERT INTO one VALUES (1, 2)')
  both.run('INSERT INTO two VALUES (3)')
  both.close()
  t.throws(() => open([one]), { code: 'E_HISTORY_NEWER', message: /has schema one 2, this program knows 1/ })
  t.throws(() => open([one], true), { code: 'E_HISTORY_NEWER' })
  const later = { ...two, migrations: [...two.migrations, 'ALTER TABLE two ADD COLUMN late'] }
  const looking = open([later], true)
  t.same(looking.all('SELECT * FROM two'), [{ id: 3n, late: null }], 'who looks brings it up to date first')
  looking.close()
  const broken = { ...two, migrations: [...later.migrations, 'CREATE TABLE three (id)', 'no SQL'] }
  t.throws(() => open([broken]), { code: 'E_HISTORY_OPEN' })
  const after = open([later])
  t.same(after.all("SELECT name FROM sqlite_master WHERE name = 'three'"), [], 'no half of an update stays')
  after.close()
  t.end()
})
