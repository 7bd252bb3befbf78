/** Whether other programs need the processors more: the mean of a minute against a limit, with a hysteresis. Pure. */

/** Looks that a mean is made of: a minute of them. */
const LOOKS = 12
/** It ends when others use this much less than the limit. */
const WAY_BACK = 0.75

export function createLoadGauge() {
  let shares: number[] = []
  let tooMuch = false
  return {
    /**
     * Takes the share that others use now (0 to 1; null: not known), returns whether it is too much. A limit of 0 is
     * none.
     */
    isTooMuch(share: number | null, limit: number): boolean {
      if (limit === 0) {
        shares = []
        return (tooMuch = false)
      }
      if (share === null) return tooMuch
      shares.push(share)
      if (shares.length < LOOKS) return tooMuch
      const mean = shares.reduce((sum, one) => sum + one, 0) / shares.length
      shares = shares.slice(1)
      const next = mean > (tooMuch ? limit * WAY_BACK : limit)
      if (next !== tooMuch) shares = []
      return (tooMuch = next)
    },
  }
}
