/** Shows the view that the address names, and follows the chain. */
import { address } from './address.js'
import { asset } from './asset.js'
import { block } from './block.js'
import { entry } from './entry.js'
import { miner } from './miner.js'
import { network } from './network.js'
import { element, heading, link, note } from './parts.js'
import { search } from './search.js'

const VIEWS = { network, block, asset, address, entry, miner, search }
const API = '/api/v1/explorer/'
const main = document.getElementById('main')
const tip = document.getElementById('tip')
const state = document.getElementById('state')
const [, , view = 'network', name = ''] = location.pathname.split('/')
const path = name === '' ? view : `${view}/${name}`
const asked = new URLSearchParams(location.search)

document.getElementById('search').addEventListener('submit', (event) => {
  event.preventDefault()
  location.href = `/explorer/search?q=${encodeURIComponent(document.getElementById('q').value.trim())}`
})

async function ask(what, query = '') {
  const response = await fetch(`${API}${what}${query}`)
  const value = await response.json()
  if (!response.ok) throw new Error(value.error ?? `the server answered ${response.status}`)
  return value
}

async function show() {
  try {
    const value = await ask(path, asked.size > 0 ? `?${asked}` : '')
    const { title, parts } = VIEWS[view](value, { ask, asked, api: `${API}${path}` })
    document.title = `${title} – PegNet explorer`
    main.replaceChildren(...parts)
    // One finding needs no list.
    if (view === 'search' && value.found.length === 1) location.replace(value.found[0].path)
  } catch (error) {
    main.replaceChildren(heading('Not found'), note(error.message))
  }
}

/** New blocks as they come: the network's page is shown anew, others say which the newest one is. */
function follow(height) {
  let shown = height
  const events = new EventSource(`${API}events`)
  const say = (live, text) => {
    if (state.textContent !== text) state.textContent = text
    state.className = live ? 'good' : 'bad'
  }
  events.addEventListener('open', () => say(true, 'live'))
  events.addEventListener('error', () => say(false, 'no connection; it is tried again'))
  events.addEventListener('news', ({ data }) => {
    const news = JSON.parse(data)
    say(!news.trouble, news.trouble ? `live, but the chain is not followed: ${news.trouble}` : 'live')
    tip.replaceChildren(`${news.network}, block `, link('block', String(news.height)))
    if (news.minute != null) tip.append(element('span', {}, `, minute ${news.minute}`))
    if (view === 'network' && shown !== news.height) {
      if (shown !== null) show()
      shown = news.height
    }
  })
}

if (view === 'search') document.getElementById('q').value = asked.get('q') ?? ''
if (Object.hasOwn(VIEWS, view)) await show()
else main.replaceChildren(heading('Not found'), note('There is no such page.'))
follow(null)
