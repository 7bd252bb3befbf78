/** Shows the view that the address names. Whatever comes from the chain is set as text, never as markup. */
import { VIEWS } from './explorer-views.js'

/** How often the newest block is asked for, ms. */
const POLL_MS = 5_000
const main = document.getElementById('main')
const state = document.getElementById('state')
const [, , view = 'network', name = ''] = location.pathname.split('/')
const asked = new URLSearchParams(location.search)
let shown = -1

document.getElementById('search').addEventListener('submit', (event) => {
  event.preventDefault()
  location.href = `/explorer/search?q=${encodeURIComponent(document.getElementById('q').value.trim())}`
})

async function ask(path, query = '') {
  const response = await fetch(`/api/v1/explorer/${path}${query}`)
  const value = await response.json()
  if (!response.ok) throw new Error(value.error ?? `the server answered ${response.status}`)
  return value
}

const path = name === '' ? view : `${view}/${name}`

function show(value) {
  const { title, parts } = VIEWS[view](value, { asked, api: `/api/v1/explorer/${path}` })
  document.title = `${title} – PegNet explorer`
  main.replaceChildren(...parts)
  // One finding needs no list.
  if (view === 'search' && value.found.length === 1) location.replace(value.found[0].path)
}

function failed(error) {
  const heading = document.createElement('h1')
  heading.textContent = 'Not found'
  const text = document.createElement('p')
  text.textContent = error.message
  main.replaceChildren(heading, text)
}

/** The network's page is shown anew with each block; others say which the newest one is. */
async function follow() {
  try {
    const value = await ask('network')
    const { height, network } = value
    if (view === 'network' && height !== shown) {
      show(value)
      shown = height
    }
    state.textContent = `${network}, block ${height}`
  } catch {
    state.textContent = 'The explorer does not answer; it is asked again.'
  }
  setTimeout(follow, POLL_MS)
}

if (view === 'search') document.getElementById('q').value = asked.get('q') ?? ''
if (!Object.hasOwn(VIEWS, view)) failed(new Error('There is no such page.'))
else if (view === 'network') await follow()
else {
  await ask(path, asked.size > 0 ? `?${asked}` : '')
    .then(show)
    .catch(failed)
  await follow()
}
