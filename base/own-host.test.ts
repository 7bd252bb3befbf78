import t from 'tap'

import { isOwnHost, isPrivateHost } from './own-host.js'

t.test('names under which a server of ours is asked', (t) => {
  for (const host of ['localhost:9468', '127.0.0.1', '127.0.0.1:1', '[::1]:80', 'LOCALHOST', 'localhost.'])
    t.ok(isOwnHost(host), host)
  for (const host of ['10.0.0.1', '192.168.1.7:9468', '[fe80::1]:9468', '0.0.0.0'])
    t.ok(isOwnHost(host), `${host}: an address cannot be made to point elsewhere`)
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '1.2.3',
    '0x7f000001.evil.example',
    'a:b:c',
    '[evil.example]',
  ])
    t.notOk(isOwnHost(host), String(host))
  const own = ['miner.lan', 'Status.Example']
  for (const host of ['miner.lan:9468', 'MINER.LAN', 'status.example', 'localhost', '10.0.0.1'])
    t.ok(isOwnHost(host, own), host)
  for (const host of ['evil.example', 'x.miner.lan', 'miner.lan.evil.example', 'miner'])
    t.notOk(isOwnHost(host, own), host)
  t.end()
})

t.test('embedded networks: names that no public DNS has as well', (t) => {
  for (const host of [
    ...['localhost:8088', '127.0.0.1:8088', '[::1]:8088', '172.17.0.2', undefined],
    ...['factomd:8088', 'my_dev-chain.', 'host.docker.internal:8088', 'Node.local', 'a.localhost'],
  ])
    t.ok(isPrivateHost(host), String(host))
  for (const host of [
    ...['evil.example', 'evil.example:8088', 'localhost.evil.example', '127.0.0.1.evil.example'],
    ...['internal.evil.example', 'local.com', 'a:b:c', '[evil]', 'x y'],
  ])
    t.notOk(isPrivateHost(host), host)
  t.end()
})
