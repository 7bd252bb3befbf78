import { problem, type Problem } from '../../config/index.js'
import type { Network } from '../../pegnet/index.js'

/** What is wrong with the size of the ByteMap: public networks have one. */
export function bitsProblems({ name, defaultBits }: Network, bits: number): Problem[] {
  const isPublic = name === 'MainNet' || name === 'TestNet'
  if (!isPublic || bits === defaultBits) return []
  return [problem('E_CONFIG_NETWORK', `--bits must be ${defaultBits} on ${name}`, 'lxrhash.bits')]
}
