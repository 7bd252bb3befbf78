import { amount, cents, element, facts, heading, history, link, nav, section, table, to } from './parts.js'

/** Shows the balances after another block. */
function heightForm({ height, tip }) {
  const input = element('input', {
    ...{ id: 'height', name: 'height', type: 'number', min: '0', max: String(tip), value: String(height) },
  })
  return element(
    'form',
    { method: 'get' },
    element('label', { for: 'height' }, 'After block'),
    input,
    element('button', {}, 'Show'),
  )
}

/** Which height is looked at: `form-action` of the policy lets no form be sent. */
function handled(form) {
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const asked = new URLSearchParams(location.search)
    asked.set('height', String(Number(form.elements.namedItem('height').value)))
    location.search = String(asked)
  })
  return form
}

export function address(value, where) {
  const csv = new URLSearchParams({ list: 'balances', height: String(value.height), format: 'csv' })
  return {
    title: value.address,
    parts: [
      heading(value.address),
      facts(
        ['After block', link('block', String(value.height))],
        ['Value, USD', cents(value.usd)],
        ['As a miner', link('miner', value.address, 'records that it was paid for')],
      ),
      section(
        'Balances',
        handled(heightForm(value)),
        table(value.balances, [
          ['Token', ({ ticker }) => link('asset', ticker)],
          ['Amount', (held) => amount(held.amount), true],
          ['USD', ({ usd }) => cents(usd), true],
        ]),
        nav('Balances', to(`${where.api}?${csv}`, 'CSV')),
      ),
      history(value, where),
      element(
        'section',
        {},
        element(
          'details',
          {},
          element('summary', {}, 'This address as it is written for each token'),
          table(
            value.typed,
            [
              ['Token', ({ ticker }) => ticker],
              ['Address', (typed) => typed.address],
            ],
            true,
          ),
        ),
      ),
    ],
  }
}
