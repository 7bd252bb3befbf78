/** The load of a small farm: every machine has each record, every hit is looked at. */
import t from 'tap'
import { hasNatsServer } from '../../miner/farm/index.js'
import { loadLines } from './report.js'
import { runFarmLoad } from './load.js'

const skip = !hasNatsServer() && 'no nats-server is installed (apt install nats-server)'

t.test('a farm of twelve machines is measured', { skip }, async (t) => {
  const steps: string[] = []
  const load = await runFarmLoad({
    ...{ machines: 12, records: 2, quietSeconds: 0.2, signal: new AbortController().signal },
    onStep: (text) => steps.push(text),
  })
  t.match(load, { machines: 12, processes: 1, late: 0, last: { samples: 2 }, hits: { count: 600 } })
  t.equal(load.fanOut.samples, 24)
  t.ok(load.fanOut.p50 > 0 && load.fanOut.p99 <= load.fanOut.most)
  t.equal(load.fanOut.most, load.last.most)
  t.ok(load.phases.hits.coordinator.cpu > 0 && load.phases.records.coordinator.rssBytes > 2 ** 20)
  t.equal(steps.length, 5)
  t.match(loadLines(load)[0], /^12 machines in 1 processes, 2 records\.$/)
  t.match(loadLines(load).at(-1), /^\| 600 hits at once: \d+ a second \| \d+ % \| \d+ MiB \| \d+ ms \| /)
})
