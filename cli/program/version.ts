/** The version that `package.json` names. */
import { existsSync, readFileSync } from 'node:fs'

/** `package.json` lies two folders above this file in the sources and three above it when built. */
const PLACES = ['../../package.json', '../../../package.json']

export function versionOf(): string {
  const place = PLACES.map((path) => new URL(path, import.meta.url)).find((url) => existsSync(url))
  const parsed = place && (JSON.parse(readFileSync(place, 'utf8')) as { version: string })
  return parsed?.version ?? 'unknown'
}
