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
