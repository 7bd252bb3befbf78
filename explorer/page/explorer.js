/** Shows the view that the address names, and follows the chain. */
import { address } from './address.js'
import { ask } from './ask.js'
import { asset } from './asset.js'
import { block } from './block.js'
import { entry } from './entry.js'
import { follow } from './follow.js'
import { miner } from './miner.js'
import { network } from './network.js'
import { element, heading, note, section } from './parts.js'
import { renew } from './renew.js'
import { search } from './search.js'

const VIEWS = { network, block, asset, address, entry, miner, search }
const main = document.getElementById('main')
const [, , view = 'network', name = ''] = location.pathname.split('/')
const path = name === '' ? view : `${view}/${name}`
const asked = new URLSearchParams(location.search)

document.getElementById('search').addEventListener('submit', (event) => {
  event.preventDefault()
  location.href = `/explorer/search?q=${encodeURIComponent(document.getElementById('q').value.trim())}`
})

/** What the page is made of, and what its charts are still waiting for. */
async function load() {
  const value = await ask(path, asked.size > 0 ? `?${asked}` : '')
  const waiting = []
  const asking = (...words) => {
    const answer = ask(...words)
    waiting.push(answer)
    return answer
  }
  const { title, parts } = VIEWS[view](value, { ask: asking, asked, api: `/api/v1/explorer/${path}` })
  return { value, title, parts, waiting }
}

/** Whether a new block may change what is shown, and after which block it was made; null: it does not say. */
let moves = false
let shown = null

function put({ value, title }) {
  document.title = `${title} – PegNet explorer`
  shown = value.tip ?? (['network', 'asset'].includes(view) ? value.height : null)
  const later = ['before', 'height', 'from', 'to'].some((word) => asked.has(word))
  moves =
    !later &&
    (['network', 'address', 'asset', 'miner'].includes(view) ||
      (view === 'block' && value.tip !== null && value.tip < value.height + 3) ||
      (view === 'entry' && value.status === 0))
}

async function show() {
  try {
    const loaded = await load()
    // One finding needs no list.
    if (view === 'search' && loaded.value.found.length === 1) location.replace(loaded.value.found[0].path)
    put(loaded)
    main.replaceChildren(...loaded.parts)
  } catch (error) {
    const again = element('button', {}, 'Try again')
    again.addEventListener('click', () => void show())
    main.replaceChildren(
      ...(error.status === 404 || error.status === 400
        ? [heading('Not found'), note(error.message)]
        : [heading('It could not be loaded'), section('Why', note(error.message), again)]),
    )
  }
}

/** One at a time, however fast blocks come; what cannot be loaded leaves the page as it is. */
let busy = false
let again = false
async function refresh() {
  if (!moves) return
  if (busy) {
    again = true
    return
  }
  busy = true
  try {
    const loaded = await load()
    await Promise.allSettled(loaded.waiting)
    put(loaded)
    renew(main, loaded.parts)
  } catch {
    // The foot of the page says how the connection is.
  }
  busy = false
  if (again) {
    again = false
    void refresh()
  }
}

if (view === 'search') document.getElementById('q').value = asked.get('q') ?? ''
if (Object.hasOwn(VIEWS, view)) await show()
else main.replaceChildren(heading('Not found'), note('There is no such page.'))
follow(shown, refresh)
