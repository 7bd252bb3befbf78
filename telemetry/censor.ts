/** Keeps secrets out of everything that is printed or served. */

/** Any text that looks like a Factom secret key, whether we know it or not. */
const SECRET_KEY = /(?<![1-9A-HJ-NP-Za-km-z])(?:Es|Fs)[1-9A-HJ-NP-Za-km-z]{50}(?![1-9A-HJ-NP-Za-km-z])/g
/** User name and password in a URL. */
const URL_LOGIN = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/gi
/** Shorter secrets would match ordinary text. */
const SHORTEST = 4
export const CENSORED = '[censored]'

export interface Censor {
  /** The text without secrets. */
  (text: string): string
}

/**
 * `secrets` are replaced wherever they occur, besides everything that looks like a secret key or a login; more may come
 * to them later. `known` are keys that the whole world knows (the development network's); they stay.
 */
export function createCensor(secrets: Iterable<string> = [], known: readonly string[] = []): Censor {
  return (text) => {
    let clean = text
    for (const secret of secrets) if (secret.length >= SHORTEST) clean = clean.replaceAll(secret, CENSORED)
    return clean
      .replace(SECRET_KEY, (key) => (known.includes(key) ? key : CENSORED))
      .replace(URL_LOGIN, (_, scheme: string) => `${scheme}${CENSORED}@`)
  }
}
