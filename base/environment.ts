/**
 * What a child process or a thread gets of this one's environment. Settings may be variables, secrets among them, and
 * prices may name further ones that hold keys, so it gets what is known to be harmless and needed, and nothing else.
 */
const INHERITED = [
  ...['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'],
  ...['SYSTEMROOT', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
]

/** `own` are variables for it alone. */
export function childEnvironment(own: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const inherited = INHERITED.flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return { ...Object.fromEntries(inherited), ...own }
}

const IMPORT_ALONE = '--no-experimental-require-module'

/**
 * What the threads of a pool get. A thread that is ended while it loads a module by `require()` takes the whole process
 * with it (an abort inside Node.js 20 to 24), so the pool's own `require()` of our modules fails, and it imports them.
 */
export const threadEnvironment = (): NodeJS.ProcessEnv =>
  childEnvironment(
    process.allowedNodeEnvironmentFlags.has(IMPORT_ALONE) ? { NODE_OPTIONS: IMPORT_ALONE } : {},
  )
