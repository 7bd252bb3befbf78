/** Saved blocks by height and by key, as JSON with the raw bytes beside. */
import { toHex } from '../../../bytes.js'
import { decodeDirectoryBlock, type SavedBlock } from '../../blocks/index.js'
import type { ApiContext } from '../context.js'
import { notFound } from '../errors.js'
import type { Json } from '../../../../base/index.js'
import { hashParam, heightParam, paramsOf } from '../params.js'
import type { MethodTable } from '../request.js'
import { adminView, directoryView, entryCreditView, factoidBlockView } from '../views.js'

type Part = 'directory' | 'admin' | 'entryCredit' | 'factoid'
type View = (block: SavedBlock, withRaw: boolean) => Json

export function blockMethods({ archive }: ApiContext): MethodTable {
  const byHeight = (view: View) => (params: unknown) => {
    const read = paramsOf(params)
    const withRaw = !read.flag('noraw')
    const block = archive.block(heightParam(read))
    if (!block) throw notFound('Block')
    return view(block, withRaw)
  }
  const byKey = (part: Part, view: View) => (params: unknown) => {
    const read = paramsOf(params)
    const withRaw = !read.flag('noraw')
    const place = archive.place(hashParam(read.text('keymr')))
    const block = place?.kind === part ? archive.block(place.height) : undefined
    if (!block) throw notFound('Block')
    return view(block, withRaw)
  }

  // factomd keeps its first reply for the genesis block, whether or not later ones want raw data.
  let genesisReply: Json | null = null
  const factoidByHeight: View = (block, withRaw) => {
    if (block.height > archive.first) return factoidBlock(block, withRaw)
    genesisReply ??= factoidBlock(block, withRaw)
    return genesisReply
  }

  return {
    'dblock-by-height': byHeight((block, withRaw) => ({
      dblock: directoryView(block.directory),
      rawdata: rawOf(block.directory, withRaw),
    })),
    'fblock-by-height': byHeight(factoidByHeight),
    'ecblock-by-height': byHeight(entryCreditBlock),
    'ablock-by-height': byHeight(adminBlock),
    'factoid-block': byKey('factoid', factoidBlock),
    'entrycredit-block': byKey('entryCredit', entryCreditBlock),
    'admin-block': byKey('admin', adminBlock),
    'directory-block': byKey('directory', directoryBlock),
    'directory-block-head': () => ({ keymr: archive.tip.keyMr }),
  }
}

function factoidBlock(block: SavedBlock, withRaw: boolean): Json {
  return { fblock: factoidBlockView(block.factoid), rawdata: rawOf(block.factoid, withRaw) }
}

/** factomd's reply to this method has an empty `rawdata` where those of its kind have none. */
function entryCreditBlock(block: SavedBlock, withRaw: boolean): Json {
  return { ecblock: entryCreditView(block.entryCredit), rawdata: rawOf(block.entryCredit, withRaw) ?? '' }
}

function adminBlock(block: SavedBlock, withRaw: boolean): Json {
  return { ablock: adminView(block.admin), rawdata: rawOf(block.admin, withRaw) }
}

function directoryBlock(block: SavedBlock): Json {
  const { prevKeyMr, height, timeMinutes, rows } = decodeDirectoryBlock(block.directory)
  return {
    header: { prevblockkeymr: prevKeyMr, sequencenumber: height, timestamp: timeMinutes * 60 },
    entryblocklist: rows.map(({ chainId, keyMr }) => ({ chainid: chainId, keymr: keyMr })),
  }
}

function rawOf(raw: Uint8Array, withRaw: boolean): string | undefined {
  return withRaw ? toHex(raw) : undefined
}
