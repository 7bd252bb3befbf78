/** All that a node keeps of one height. */
export interface SavedBlock {
  readonly height: number
  readonly directory: Uint8Array
  readonly admin: Uint8Array
  readonly entryCredit: Uint8Array
  readonly factoid: Uint8Array
  /** In the order of the directory block's rows; the entries in the order of their block. */
  readonly entryBlocks: readonly SavedEntryBlock[]
}

export interface SavedEntryBlock {
  readonly raw: Uint8Array
  readonly entries: readonly Uint8Array[]
}
