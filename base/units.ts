/** Units of 1e-8 (PEG, factoids, USD) as decimal text without needless zeros: `123450000n` → `"1.2345"`. */
export function unitsText(units: bigint): string {
  const digits = (units < 0n ? -units : units).toString().padStart(9, '0')
  const fraction = digits.slice(-8).replace(/0+$/, '')
  return `${units < 0n ? '-' : ''}${digits.slice(0, -8)}${fraction && '.'}${fraction}`
}
