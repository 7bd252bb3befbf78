/**
 * Steps that are done by another kernel on the same lanes: machine code that TypeScript has written
 * (`lxrhash/native/`). All around the steps stays here.
 */

/** In the place of a word's type: the steps are done outside. */
export class Outside {}

/**
 * One step of the first `lanes` lanes of this instance's slot. READ holds the addresses of the first row's reads, and
 * afterwards those of the next step's; the bytes are read by what does the step.
 *
 * @param h offset of the step's row of hs
 * @param x offset of the lanes of the next step's x
 */
@external("env", "step")
export declare function stepOutside(lanes: u32, h: usize, x: usize): void
