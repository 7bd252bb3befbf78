import t from 'tap'

import { askedRest, LONGEST_ASKED } from './asked-rest.js'

const NOW = Date.UTC(2026, 10, 29, 12)
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

t.test('Retry-After in every form', (t) => {
  const rest = (header: unknown): number | undefined => askedRest({ header, now: NOW })
  t.equal(rest('90'), 90_000)
  t.equal(rest('259200'), 3 * DAY, 'days')
  t.equal(rest(new Date(NOW + 6 * HOUR).toUTCString()), 6 * HOUR, 'a date')
  t.equal(rest(['120', '5']), 120_000, 'twice')
  t.equal(rest(['5', '120']), 120_000, 'the longer of the two')
  t.equal(rest(undefined), undefined)
  t.equal(rest(''), undefined)
  t.equal(rest('0'), undefined)
  t.equal(rest('9'.repeat(400)), LONGEST_ASKED, 'bounded')
  t.equal(rest('Fri, 31 Dec 9999 23:59:59 GMT'), LONGEST_ASKED)
  for (const odd of ['soon', '-5', 'NaN', '1e3', '0x10', '5 minutes', new Date(NOW - HOUR).toUTCString(), {}])
    t.equal(rest(odd), HOUR, `an odd value leads to patience: ${JSON.stringify(odd)}`)
  t.end()
})

t.test('what a refusal says', (t) => {
  const rest = (body: string, header?: string): number | undefined => askedRest({ body, header, now: NOW })
  const banned = (until: number): string =>
    JSON.stringify({
      code: -1003,
      msg: `Way too many requests; IP(192.0.2.1) banned until ${until}. Use websocket.`,
    })
  t.equal(rest(banned(NOW + 3 * DAY)), 3 * DAY)
  t.equal(rest(banned(NOW + 3 * DAY), '60'), 3 * DAY, 'the longer of the two')
  t.equal(rest(banned(NOW + MINUTE), '7200'), 2 * HOUR)
  t.equal(rest(banned(NOW - MINUTE)), HOUR, 'one that is over is not understood')
  t.equal(rest(banned(9_999_999_999_999)), LONGEST_ASKED)
  t.equal(rest('{"error":["EGeneral:Temporary lockout"]}'), 15 * MINUTE)
  t.equal(rest(`{"error":["EService:Throttled: ${NOW / 1000 + 300}"]}`), 5 * MINUTE)
  t.equal(rest('your address has been banned'), HOUR)
  t.equal(rest('<html>Throttled</html>'), undefined)
  t.equal(rest(`${'x'.repeat(1 << 20)}banned`), undefined, 'only the beginning is read')
  t.end()
})
