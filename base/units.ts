/** Units of 1e-8 (PEG, factoids, USD) as decimal text without needless zeros: `123450000n` → `"1.2345"`. */
export function unitsText(units: bigint): string {
  const digits = (units < 0n ? -units : units).toString().padStart(9, '0')
  const fraction = digits.slice(-8).replace(/0+$/, '')
  return `${units < 0n ? '-' : ''}${digits.slice(0, -8)}${fraction && '.'}${fraction}`
}

/** The opposite; null if the text is no such number, is below 0, or has more than 8 decimals. */
export function parseUnits(text: string): bigint | null {
  const [, whole = '', part = ''] = /^(?=\.?\d)(\d{0,20})(?:\.(\d{1,8}))?$/.exec(text) ?? []
  return whole + part === '' ? null : BigInt(whole) * 100_000_000n + BigInt(part.padEnd(8, '0'))
}
