import t from 'tap'

import { FakeClock } from '../../base/fixtures/fake-clock.js'
import { createMetrics } from '../../telemetry/index.js'
import { noticeClockSteps } from './clock-notice.js'

t.test('steps of the clock are said once and counted', async (t) => {
  const clock = new FakeClock()
  const metrics = createMetrics({ version: '1', network: 'dev', process: false })
  const said: string[] = []
  const notice = noticeClockSteps({
    ...{ metrics, clock, everyMs: 1e9 },
    tell: (level, code, message) => said.push(`${level} ${code}: ${message}`),
  })
  t.teardown(notice.close)
  t.match(await metrics.render(), 'pegnet_clock_steps_total{direction="back"} 0')
  for (const step of [-5 * 3_600_000, 0, 5 * 3_600_000, 0, -2_400_000, 0]) {
    clock.step(step)
    clock.advance(5_000)
    notice.look()
  }
  t.same(said, [
    'warn E_CLI_CLOCK: the clock went back by 5 h 00 min: it was set',
    'warn E_CLI_CLOCK: the clock went forwards by 5 h 00 min: it was set, or the machine slept',
    'warn E_CLI_CLOCK: the clock went back by 40 min 00 s: it was set',
  ])
  const text = await metrics.render()
  t.match(text, 'pegnet_clock_steps_total{direction="back"} 2')
  t.match(text, 'pegnet_clock_steps_total{direction="forwards"} 1')
})
