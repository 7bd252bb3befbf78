import { createHash } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import t from 'tap'

import { daemonOf, lockPublisher } from './lock.js'

const key = { oracleTxid: 'ab'.repeat(32), pubkey: `02${'cd'.repeat(32)}` }

t.test('one daemon under many spellings', (t) => {
  const folder = t.testdir()
  const release = lockPublisher(folder, { url: 'http://127.0.0.1:7771', ...key })
  const same = [
    'http://localhost:7771/',
    'http://LOCALHOST.:7771',
    'http://[::1]:7771',
    'http://127.1:7771',
    'http://127.0.0.2:7771',
    'http://[::ffff:127.0.0.1]:7771',
    'http://0.0.0.0:7771',
    'http://user:word@localhost:07771',
    'https://localhost:7771',
  ]
  for (const url of same)
    t.throws(() => lockPublisher(folder, { url, ...key }), { code: 'E_FEED_LOCKED' }, url)
  const other = [
    'http://127.0.0.1:7772',
    'http://10.0.0.1:7771',
    'http://127.0.0.1.example:7771',
    'http://localhost',
  ]
  for (const url of other) lockPublisher(folder, { url, ...key })()
  release()
  lockPublisher(folder, { url: same[0] ?? '', ...key })()
  t.equal(daemonOf('http://node'), daemonOf('http://NODE:80/'))
  t.end()
})

t.test('a feed of an earlier version, which took the address as it is written', (t) => {
  const folder = t.testdir()
  const former = (url: string): string => {
    const digest = createHash('sha256').update(`${url} ${key.oracleTxid} ${key.pubkey}`).digest('hex')
    return join(folder, `feed-${digest.slice(0, 24)}.lock`)
  }
  const urls = ['http://127.0.0.1:7771', 'http://localhost:7771']
  for (const url of urls) {
    // The lock as the earlier version wrote it; the process that runs this test stands in for that version.
    writeFileSync(former(url), JSON.stringify({ pid: process.ppid }))
    for (const other of urls)
      t.throws(
        () => lockPublisher(folder, { url: other, ...key }),
        { code: 'E_FEED_LOCKED' },
        `${url} ${other}`,
      )
    writeFileSync(former(url), JSON.stringify({ pid: 2 ** 22 + 1 }))
    lockPublisher(folder, { url, ...key })()
  }
  const release = lockPublisher(folder, { url: urls[0] ?? '', ...key })
  for (const url of urls) t.ok(existsSync(former(url)), 'one that starts later sees this one')
  release()
  for (const url of urls) t.notOk(existsSync(former(url)))
  t.end()
})
