/** Questions to the server. One that is busy is asked again, a little later. */

export const API = '/api/v1/explorer/'
const MOST_TRIES = 6

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Throws an error with the status of the reply, if there is one. */
export async function ask(what, query = '') {
  for (let tries = 1; ; tries++) {
    const response = await fetch(`${API}${what}${query}`)
    if (response.status === 429 && tries < MOST_TRIES) {
      await pause(1_000 * (0.5 + Math.random()) * tries)
      continue
    }
    const value = await response.json().catch(() => ({}))
    if (response.ok) return value
    const message = value.error ?? `The server answered ${response.status}.`
    throw Object.assign(new Error(message), { status: response.status })
  }
}
