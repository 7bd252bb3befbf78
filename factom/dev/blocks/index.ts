/** The layouts of the blocks that the development chain builds (directory, entry and factoid blocks: `factom/directory-block.ts`, `entry-block.ts`, `factoid-block.ts` there). */
export * from './admin-block.js'
export * from '../../directory-block.js'
export * from './entry-credit-block.js'
export * from '../../factoid-block.js'
export * from '../../factoid-transaction.js'
export { hexBytes, Reader, u64Bytes, varIntBytes, ZERO_HASH } from '../../wire.js'
export type * from './saved-block.js'
