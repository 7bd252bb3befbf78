/** The foot of the page: the newest block, and whether the connection and the chain behind it are alive. */
import { API } from './ask.js'
import { sayState } from '/pieces.js'
import { element, link } from './parts.js'

const tip = document.getElementById('tip')
/** A browser does not try again by itself after a reply that is an error. */
const AGAIN_MS = 10_000
/** All open pages hear of a block at once: they ask one after the other, within this part of the time to the next. */
const SPREAD = 0.1

/** Calls `onBlock` after each block that is not the one that is shown; null: it is not known which that is. */
export function follow(shown, onBlock) {
  let known = shown
  let timer
  function listen() {
    const events = new EventSource(`${API}events`)
    events.addEventListener('open', () => sayState(true, 'live'))
    events.addEventListener('error', () => {
      sayState(false, 'no connection; it is tried again')
      if (events.readyState !== EventSource.CLOSED) return
      setTimeout(listen, AGAIN_MS * (0.5 + Math.random()))
    })
    events.addEventListener('news', ({ data }) => {
      const { network, height, minute, trouble, blockSeconds } = JSON.parse(data)
      sayState(!trouble, trouble ? `live, but the chain is not followed: ${trouble}` : 'live')
      tip.replaceChildren(`${network}, block `, link('block', String(height)))
      if (minute !== null) tip.append(element('span', {}, `, minute ${minute}`))
      if (known !== null && known !== height) {
        clearTimeout(timer)
        timer = setTimeout(onBlock, 1_000 * SPREAD * blockSeconds * Math.random())
      }
      known = height
    })
  }
  listen()
}
