/** Addresses and amounts that the rules name (docs/protocol/ledger.md#special-addresses). */
import type { Ticker } from './tickers.js'
import { readAddress } from './transactions/address.js'

const known = (text: string): string => readAddress(text) ?? ''

/** Where factoids were burnt to: the public key of EC2BURNFCT2PEGNETooo1oooo1oooo1oooo1oooo1oooo19wthin. */
export const FACTOID_BURN = '37399721298d77984585040ea61055377039a4c3f3e2cd48c46ff643d50fd64f'
export const ZERO_ADDRESS = '0'.repeat(64)
export const BURN_ADDRESS = known('FA2BURNBABYBURNoooooooooooooooooooooooooooooooDGvNXy')
export const MINT_ADDRESS = known('FA3j16WPCiqsAFHVZcEoL85Khh5RhPCNe6PWHBKgUxrx8MAnbNoy')

const WHOLE = 100_000_000n

/** What was minted once, in the order in which it was. */
export const MINTED: readonly (readonly [ticker: Ticker, units: bigint])[] = (
  [
    ['PEG', 334509613n],
    ['pUSD', 3184409n],
    ['pKRW', 118n],
    ['pXAU', 1n],
    ['pXAG', 599n],
    ['pXBT', 2n],
    ['pETH', 5476n],
    ['pLTC', 2004n],
    ['pRVN', 13124813n],
    ['pXBC', 243n],
    ['pBNB', 3461n],
    ['pXLM', 45892n],
    ['pADA', 1414096n],
    ['pXMR', 682n],
    ['pDASH', 6001n],
    ['pZEC', 2696n],
    ['pEOS', 2059n],
    ['pLINK', 9110n],
    ['pATOM', 101n],
    ['pNEO', 2n],
    ['pCRO', 164n],
    ['pETC', 5n],
    ['pVET', 22400000n],
    ['pHT', 5n],
    ['pDCR', 1049n],
    ['pAUD', 9n],
    ['pNOK', 59n],
    ['pXTZ', 11117n],
    ['pDOGE', 9870n],
    ['pALGO', 457602n],
    ['pDGB', 51175n],
  ] as const
).map(([ticker, tokens]) => [ticker, tokens * WHOLE])

/** Who developed PegNet, and the share of their reward in percent. */
export const DEVELOPERS: readonly (readonly [address: string, percent: bigint])[] = (
  [
    ['FA2i9WZqJnaKbJxDY2AZdVgewE28uCcSwoFt8LJCMtGCC7tpCa2n', 10n],
    ['FA37cGXKWMtf2MmHy3n1rMCYeLVuR5MpDaP4VXVeFavjJCJLYYez', 19n],
    ['FA2wDRieaBrWeZHVuXXWUHY6t9nKCVCCKAMS5xknLUExuVAq3ziS', 9n],
    ['FA3LDEA5fcskV6ZoFpKE84qPcjd7GYjEnswGHMZXL1V9d14wmgh3', 9n],
    ['FA381EygeEXjZzB6hNvxbE4oSUzHZMfvGByMZoW5UrG1gHEKJcNK', 8n],
    ['FA2DxkaTx1k2oGfbTqvwVMScSHHac7JFRiBjRngjRnqQpeBxsLhA', 8n],
    ['FA2Ersb227gn7eWJ2HPsHZ5QqxfMBZhSjwixQ44dAS17CtRXSDRU', 8n],
    ['FA2eFEVUzTQZxNp3LYYgjPaaHUfGmuvShhtBdGB2BBWMeByPCmJy', 8n],
    ['FA2T72oxBxXvnujNdsVUshqFM2qV1W4nJy33nkrpxbYQV8rFbUPP', 5n],
    ['FA2cEaq1GdGfFjhymiTEzW24DocZFZHNBqe9qkT18YPaL5ZzsgRi', 5n],
    ['FA2YhZBZbc4V858ao7dJuAqRC4iwA3MrbZs7BHUPK7Mq19yYdMwZ', 3n],
    ['FA3PYuvrsDvkhnekokVNrgLn7JiL5pChSBTtR9gZB1mVGFVB7JRD', 3n],
    ['FA2Wy7AzeoBuaXYnGu67xa5zdNkmqTbPryUgpy7qVPvj46GRZkep', 2n],
    ['FA2a2nXgkBg7pL5wrgm99rLZDGFs2T8jfTgMuia6ep8ZMkVtPe8E', 3n],
  ] as const
).map(([text, percent]) => [known(text), percent])

/** Tokens that nothing converts into since PegNet had too little of a market for them. */
export const CLOSED_TARGETS: ReadonlySet<Ticker> = new Set([
  ...['PEG', 'pDCR', 'pDGB', 'pDOGE', 'pHBAR', 'pONT', 'pRVN', 'pBAT'],
  ...['pALGO', 'pBIF', 'pETB', 'pKES', 'pNGN', 'pRWF', 'pTZS', 'pUGX'],
])
