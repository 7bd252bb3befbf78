/** Pieces that pages are made of. What comes from a chain or an exchange is set as text, never as markup. */

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children.filter((child) => child !== null && child !== undefined))
  return made
}

export const note = (text) => element('p', { class: 'dim' }, text)
export const section = (title, ...children) => element('section', {}, element('h2', {}, title), ...children)

/** A wide thing that can be scrolled by keyboard too. */
export const scrolled = (label, child) =>
  element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': label }, child)

/**
 * Columns: [title, cell, whether it is a number; `short`: a short one]. `wide`: on a narrow screen each row is a list of
 * its cells, each with its title beside it; the roles are those that the elements lose by that.
 */
export function table(rows, columns, wide = false) {
  if (rows.length === 0) return note('None.')
  const role = (name) => (wide ? { role: name } : {})
  const classOf = (number) => (number ? { class: number === 'short' ? 'n short' : 'n' } : {})
  const head = columns.map(([title, , number]) =>
    element('th', { scope: 'col', ...role('columnheader'), ...classOf(number) }, title),
  )
  const body = rows.map((row) =>
    element(
      'tr',
      role('row'),
      ...columns.map(([title, cell, number]) =>
        element('td', { ...role('cell'), 'data-title': title, ...classOf(number) }, cell(row) ?? '–'),
      ),
    ),
  )
  return scrolled(
    columns.map(([title]) => title).join(', '),
    element(
      'table',
      { ...role('table'), ...(wide ? { class: 'wide' } : {}) },
      element('thead', role('rowgroup'), element('tr', role('row'), ...head)),
      element('tbody', role('rowgroup'), ...body),
    ),
  )
}

/** The foot or the bar of a page says how its connection is. */
export function sayState(live, text) {
  const state = document.getElementById('state')
  if (state.textContent !== text) state.textContent = text
  state.className = live ? 'good' : 'bad'
}
