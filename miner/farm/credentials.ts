/**
 * Who may connect: a credential is a file with the seed of a key pair, of which the server knows the public key alone.
 * Its user's name is part of the subjects that the user may write.
 */
import { credsAuthenticator, nkeyAuthenticator, nkeys, type Authenticator } from '@nats-io/transport-node'
import { readFileSync } from 'node:fs'
import { messageOf, parseJson, writeWhole } from '../../base/index.js'
import { fail } from './errors.js'
import { NAME_FORM, permissionsOf, type Role } from './table.js'

export interface Credential {
  readonly user: string
  readonly authenticator: Authenticator
}

export interface FarmUser {
  readonly user: string
  readonly role: Role
  readonly publicKey: string
}

const SEED = /-----BEGIN USER NKEY SEED-----\s*(SU[A-Z2-7]{56})\s*-----/
const USER = /^# user: ([A-Za-z0-9_-]{1,40})$/m
const JWT = /-----BEGIN NATS USER JWT-----\s*[\w-]+\.([\w-]+)\.[\w-]+\s/

/** Writes a credential into a file that its owner alone may read. */
export function makeCredential(file: string, { user, role }: Pick<FarmUser, 'user' | 'role'>): FarmUser {
  const pair = nkeys.createUser()
  const lines = [
    `# Credential of a pegminer farm, ${role}. Who has this file may act for it: keep it secret.`,
    `# user: ${user}`,
    '-----BEGIN USER NKEY SEED-----',
    new TextDecoder().decode(pair.getSeed()),
    '------END USER NKEY SEED------',
    '',
  ]
  writeWhole(file, lines.join('\n'), { mode: 0o600 })
  return { user, role, publicKey: pair.getPublicKey() }
}

/** The user of a credential that `makeCredential` wrote. Throws E_FARM_CREDENTIAL. */
export function userOf(file: string, role: Role): FarmUser {
  const { user, seed } = readParts(file)
  const pair = nkeys.fromSeed(new TextEncoder().encode(seed))
  return { user, role, publicKey: pair.getPublicKey() }
}

/** Throws E_FARM_CREDENTIAL. Credentials of other NATS tools, with a token in them, will do as well. */
export function readCredential(file: string): Credential {
  const { user, seed, text, claims } = readParts(file)
  const bytes = new TextEncoder().encode(claims === undefined ? seed : text)
  return { user, authenticator: claims === undefined ? nkeyAuthenticator(bytes) : credsAuthenticator(bytes) }
}

function readParts(file: string) {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw fail('E_FARM_CREDENTIAL', `the credential cannot be read: ${messageOf(error)}`)
  }
  const [, seed] = SEED.exec(text) ?? []
  const [, claims] = JWT.exec(text) ?? []
  const user = USER.exec(text)?.[1] ?? nameIn(claims)
  if (seed === undefined) throw fail('E_FARM_CREDENTIAL', `${file} holds no seed of a user`)
  if (user === undefined || !NAME_FORM.test(user))
    throw fail('E_FARM_CREDENTIAL', `${file} does not say for which user it is`)
  return { user, seed, text, claims }
}

function nameIn(claims: string | undefined): string | undefined {
  try {
    const { name } = parseJson(Buffer.from(claims ?? '', 'base64url').toString()) as { name?: unknown }
    return typeof name === 'string' ? name : undefined
  } catch {
    return undefined
  }
}

/** The part of the server's configuration that says who may do what. It holds no secret. */
export function usersConfig(users: readonly FarmUser[]): string {
  const list = (subjects: readonly string[]): string => subjects.map((one) => JSON.stringify(one)).join(', ')
  return [
    '# Written by pegminer: the users of a farm, by their public keys, and what each may do.',
    'accounts {',
    '  FARM {',
    '    jetstream: enabled',
    '    users = [',
    ...users.flatMap(({ user, role, publicKey }) => {
      const { publish, subscribe } = permissionsOf(role, user)
      return [
        `      # ${user}, ${role}`,
        `      { nkey: ${publicKey}, permissions: {`,
        `          publish: { allow: [${list(publish)}] }`,
        `          subscribe: { allow: [${list(subscribe)}] } } }`,
      ]
    }),
    '    ]',
    '  }',
    '}',
    '',
  ].join('\n')
}
