/** Who besides this user can change a file. Unix only; elsewhere nothing is known. */
import { lstatSync } from 'node:fs'

export interface FileRights {
  readonly uid: number
  readonly gid: number
  readonly mode: number
}

export interface User {
  readonly uid: number
  readonly gid: number
}

/** A clause such as `it belongs to another user`, or undefined: only this user and root can change it. */
export function strangerWith(
  { uid, gid, mode }: FileRights,
  me: User | undefined = thisUser(),
): string | undefined {
  if (me === undefined) return undefined
  if (uid !== 0 && uid !== me.uid) return `it belongs to another user (number ${uid}), who can change it`
  if ((mode & 0o002) !== 0) return 'all users can change it (chmod o-w takes that away)'
  if ((mode & 0o020) !== 0 && gid !== 0 && gid !== me.gid)
    return `a group of other users (number ${gid}) can change it (chmod g-w takes that away)`
  return undefined
}

/**
 * Whether users besides the owner can read a file. `isCredential`: it lies where systemd puts a service's credentials.
 * From version 254 on systemd leaves them with root, and an ACL lets the service's user read them; the mask of an ACL
 * stands where the rights of the group do.
 */
export function othersCanRead({ uid, gid, mode }: FileRights, isCredential: boolean): boolean {
  const mask = isCredential && uid === 0 && gid === 0 ? 0o040 : 0
  return (mode & 0o077 & ~mask) !== 0
}

/** The same as `strangerWith` for a symbolic link, whose rights mean nothing: who made it chose where it leads. */
export function strangerWithLink(file: string, me: User | undefined = thisUser()): string | undefined {
  const stat = lstatSync(file)
  return stat.isSymbolicLink() ? strangerWith({ uid: stat.uid, gid: stat.gid, mode: 0 }, me) : undefined
}

function thisUser(): User | undefined {
  const [uid, gid] = [process.geteuid?.(), process.getegid?.()]
  return uid === undefined || gid === undefined ? undefined : { uid, gid }
}
