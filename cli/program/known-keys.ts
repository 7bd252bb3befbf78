/**
 * Secret keys that the whole world knows: those of Factom's LOCAL networks (genesis coins, PegNet's entry credits).
 * They are printed so that people can use them; every other secret key is censored.
 */
export const KNOWN_KEYS: readonly string[] = [
  'Fs3E9gV6DXsYzf7Fqx1fVBQPQXV695eP3k5XbmHEZVRLkMdD9qCK',
  'Es2XT3jSxi1xqrDvS5JERM3W3jh1awRHuyoahn3hbQLyfEi1jvbq',
]
