import { element, heading, link, section, table } from './parts.js'

const MOST_SHOWN = 200

export function search(value) {
  const shown = value.q.length > MOST_SHOWN ? `${value.q.slice(0, MOST_SHOWN)}…` : value.q
  const missed =
    value.q === '' ? 'What can be looked for' : `Nothing found for “${shown}”. It was looked for as`
  return {
    title: 'Search',
    parts: [
      heading('Search'),
      value.found.length > 0
        ? section(
            `Found for “${shown}”`,
            table(value.found, [
              ['Kind', ({ kind }) => kind],
              ['Name', ({ kind, name }) => link(kind, name)],
            ]),
          )
        : section(missed, element('ul', {}, ...value.tried.map((text) => element('li', {}, text)))),
    ],
  }
}
