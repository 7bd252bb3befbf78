/**
 * Block 0 of every factomd LOCAL network, byte for byte (key MR c1fdd8c0…); or the same block at another height, so
 * that a chain can begin where rules change on MainNet.
 */
import {
  ADMIN_CHAIN,
  composeTransaction,
  decodeAdminBlock,
  decodeEntryCreditBlock,
  decodeFactoidBlock,
  encodeAdminBlock,
  encodeDirectoryBlock,
  encodeEntryCreditBlock,
  encodeFactoidBlock,
  ENTRY_CREDIT_CHAIN,
  FACTOID_CHAIN,
  hexBytes,
  LOCAL_NETWORK_ID,
  ZERO_HASH,
} from './blocks/index.js'
import type { SavedBlock } from './blocks/index.js'

/** SHA-256 of "FNode0": the identity of the one leader of a LOCAL network. */
export const LEADER_IDENTITY = '38bab1455b7bd7e5efd15c53c777c79d0c988e9210f1da49a99d95b3a6417be9'
/** The leader's public test key pair, part of factomd's default configuration. */
export const LEADER_SEED = '4c38c72fc5cdad68f13b74674d3ffb1f3d63a112710868c9b08946553448d26d'
/** Factoshis per entry credit. */
const LOCAL_RATE = 1000n

const GENESIS_MS = 1441108800000
const GENESIS_MINUTES = 24018960
const FIRST_HOLDER = '6c464662cb2b43ae2159e76afa733eb5c37be13f71141f3dc586191f57d2a548'
/** 20 000 FCT to each of the 25 below, and the fee. */
const FIRST_AMOUNT = 50000000253000n
const SHARE = 2000000000000n
const HOLDERS = [
  '4311a01e2140f9c41afa18e1bf134333f5cf056f1afa78b717a540e030cbf0ef',
  '211b255e3801cca0a7ea538c7ce36592275f424105f21411a6634d00c5a4caec',
  '031cce24bcc43b596af105167de2c03603c20ada3314a7cfb47befcad4883e6f',
  '08115f96ebb5e35a9c806de9cffe4c99455a0c5a1c448a1d2eb6d46abb7ea8e6',
  '0a5b5a404fc54a1b9eadb45dfa7dc9e65ee13196869c9d00689ae48ef97dd23f',
  'b6738c6be1b76d94b1a7fee21f1d6efc35193d77c73d724417deb90e27ac85bf',
  '36d3fc555c342169e3a6343b2b614493f3a26904c4e691842e9395205dad0f3d',
  '46489723fe6d51019fdbd2539dd79b4a3e0fd6842f8e4c914327d426457df85c',
  '646f3e8750c550e4582eca5047546ffef89c13a175985e320232bacac81cc428',
  'be92612b43078eb5338118b701a043a8b74df2f9bbb1727bc4a2ac864b80a4d6',
  '44f417858ea07b80a6c275d73a9eba8fc5c9231c3184c3b59f2fcd4c2eeafb85',
  'c8f0cbe13111626c58797fb056c97b0117b3f1b12ab61069b6ba5ebcbc2aa81e',
  '59eb0c63b4a8293de6bbd543cf3f83910a72922a84d80ee83666528c0f1b802f',
  '11532bc06a9b51784e9e83209b51b7e3a8e715d9295a534660e3070961b3ae93',
  'ce7b98bfdae90f942bc1fe88c3dd44d8f4c81f4eeb88a5602da05abc82ffdb53',
  '872678c0ed7bbc55b7d3f378e049591b8e5771b7a4b509bedb76f24c8a58a5fc',
  'e5df4353f66065227dd8721ff5d29f144cc6e8790843395cab5dd8df0a260dbb',
  '17e5dc5999de0116483d64982e9a821e00b45f5f31e3f414e54547e78b1bde90',
  'bb6d682adc8edab9a9cdc83b83723fa3fd279d2e4745ace86423abe400ea044e',
  '27e0df223b9f6ff3fa1f0b1f095db920d22f61c8a6a94827dc88b92bb440ca8a',
  'e44aae4ba2c54022f39606abfb6f5975e0769738b5cc35320e5ec1ca6ddc9b79',
  'd929b10b488382de5cccaa2a47b2a77ac04fd78926c67eb264615fc388063ab9',
  'e4571e13d3af400ad41a7e70134387d0f9b0bd5afc646213c0144043235bd361',
  'a675d5ad742ccc4f33f5769724e1522be33cc8b09e57e0e73a25c2227847811b',
  '0b17cd56783c900c7618601fe3ac3f7986306e3d23fe494c22bfbf31b869ece8',
]
const FIRST_HOLDER_KEY = '941d317e41d4fb6f2f464a842897fe3046d2b446d01787d8801dcdb856fecb27'
const FIRST_HOLDER_SIGNATURE =
  'ad344954a2fc39765bc235ceb5cc5fe89fe643d7125d0d93e00d18a848f4518e' +
  '07c8ee89d814fe18eedbc78bf146de2a83729755536c32b9396ae062a395f001'

export function genesisBlock(height = 0): SavedBlock {
  const admin = encodeAdminBlock({
    prevBackReference: ZERO_HASH,
    height,
    records: [{ type: 5, identity: LEADER_IDENTITY, height: height + 1 }],
  })
  const entryCredit = encodeEntryCreditBlock({
    prevHeaderHash: ZERO_HASH,
    prevFullHash: ZERO_HASH,
    height,
    records: [],
  })
  const factoid = genesisFactoidBlock(height)
  const directory = encodeDirectoryBlock({
    networkId: LOCAL_NETWORK_ID,
    prevKeyMr: ZERO_HASH,
    prevFullHash: ZERO_HASH,
    timeMinutes: GENESIS_MINUTES,
    height,
    rows: [
      { chainId: ADMIN_CHAIN, keyMr: decodeAdminBlock(admin).lookupHash },
      { chainId: ENTRY_CREDIT_CHAIN, keyMr: decodeEntryCreditBlock(entryCredit).headerHash },
      { chainId: FACTOID_CHAIN, keyMr: decodeFactoidBlock(factoid).keyMr },
    ],
  })
  return { height, directory, admin, entryCredit, factoid, entryBlocks: [] }
}

function genesisFactoidBlock(height: number): Uint8Array {
  const first = [{ amount: FIRST_AMOUNT, address: FIRST_HOLDER }]
  const coinbase = composeTransaction({ timeMs: GENESIS_MS, inputs: [], outputs: first, ecOutputs: [] }, [])
  const shares = HOLDERS.map((address) => ({ amount: SHARE, address }))
  const handout = composeTransaction({ timeMs: GENESIS_MS, inputs: first, outputs: shares, ecOutputs: [] }, [
    { publicKey: hexBytes(FIRST_HOLDER_KEY), sign: () => hexBytes(FIRST_HOLDER_SIGNATURE) },
  ])
  return encodeFactoidBlock({
    prevKeyMr: ZERO_HASH,
    prevLedgerKeyMr: ZERO_HASH,
    exchangeRate: LOCAL_RATE,
    height,
    transactions: [coinbase, handout].map((transaction) => ({ transaction, marksBefore: 0 })),
  })
}
