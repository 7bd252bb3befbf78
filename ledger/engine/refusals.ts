/** Why a batch was refused, in words. */
const REFUSALS: Readonly<Record<number, string>> = {
  [-1]: 'refused: the input was not there',
  [-2]: 'refused: nothing converts into PEG any more',
  [-3]: 'refused: nothing converts into pFCT any more',
  [-4]: 'refused: a token had no rate',
  [-5]: 'refused: nothing converts into this token any more',
}

/** Of a status below 0 (`REFUSED`). */
export const refusalText = (status: number): string => REFUSALS[status] ?? `refused (${status})`
