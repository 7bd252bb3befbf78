/**
 * The 25 table rows of a LXRHash step, for two lanes of 64 bits at once. Rows are numbered by their reads, 1 to 25;
 * arithmetic between two reads belongs to the row before it.
 *
 * Each row is a class without instances: `take` takes in the byte that the row has read and returns the index (not
 * masked) of the next row's read. Classes, because a generic loop over them is compiled once for each, inlined.
 *
 * p: address of the two lanes, the scratch's start + 8 · lane. h: address of the same two lanes in the step's row of
 * hs. nextX: address of the same two lanes of the next step's x. t: the two bytes that were read.
 */
import { A, S1, S2, S3, X } from './layout'

@inline
function left(v: v128, by: i32): v128 {
  return i64x2.shl(v, by)
}

@inline
function right(v: v128, by: i32): v128 {
  return i64x2.shr_u(v, by)
}

@inline
function xor3(a: v128, b: v128, c: v128): v128 {
  return v128.xor(v128.xor(a, b), c)
}

/** r≪l ⊕ r≫s ⊕ t≪m. */
@inline
function mix(t: v128, r: v128, l: i32, s: i32, m: i32): v128 {
  return xor3(left(r, l), right(r, s), left(t, m))
}

@unmanaged
@final
export class Row1 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const a = v128.load(p, A)
    const s1 = v128.xor(mix(t, v128.load(p, S1), 9, 1, 3), a)
    v128.store(p, s1, S1)
    return v128.xor(s1, v128.load(p, X))
  }
}

@unmanaged
@final
export class Row2 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const s1 = mix(t, v128.load(p, S1), 5, 3, 7)
    v128.store(p, s1, S1)
    return v128.xor(v128.load(p, A), right(s1, 7))
  }
}

@unmanaged
@final
export class Row3 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const s1 = mix(t, v128.load(p, S1), 7, 7, 5)
    v128.store(p, s1, S1)
    return xor3(v128.load(p, X), right(v128.load(p, A), 11), s1)
  }
}

@unmanaged
@final
export class Row4 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const a = v128.load(p, A)
    const s1 = mix(t, v128.load(p, S1), 11, 5, 27)
    v128.store(p, s1, S1)
    const hs = v128.load(h)
    v128.store(h, v128.xor(v128.xor(s1, a), v128.xor(left(hs, 7), right(hs, 13))))
    return xor3(a, right(s1, 27), v128.load(p, X))
  }
}

@unmanaged
@final
export class Row5 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const s1 = v128.load(p, S1)
    const a = v128.xor(mix(t, v128.load(p, A), 17, 5, 3), s1)
    v128.store(p, a, A)
    return v128.xor(a, s1)
  }
}

@unmanaged
@final
export class Row6 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const a = mix(t, v128.load(p, A), 13, 3, 7)
    v128.store(p, a, A)
    return v128.xor(right(a, 7), v128.load(p, S1))
  }
}

@unmanaged
@final
export class Row7 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const a = mix(t, v128.load(p, A), 15, 7, 11)
    v128.store(p, a, A)
    return xor3(v128.load(p, X), a, v128.load(p, S1))
  }
}

@unmanaged
@final
export class Row8 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const a = mix(t, v128.load(p, A), 9, 11, 3)
    v128.store(p, a, A)
    return right(a, 3)
  }
}

@unmanaged
@final
export class Row9 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const s1 = v128.xor(mix(t, v128.load(p, S1), 7, 27, 13), v128.load(p, A))
    v128.store(p, s1, S1)
    return v128.xor(s1, v128.load(p, X))
  }
}

@unmanaged
@final
export class Row10 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const s1 = mix(t, v128.load(p, S1), 3, 13, 11)
    v128.store(p, s1, S1)
    return v128.xor(v128.load(p, A), right(s1, 11))
  }
}

@unmanaged
@final
export class Row11 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const s1 = mix(t, v128.load(p, S1), 8, 11, 9)
    v128.store(p, s1, S1)
    return xor3(v128.load(p, X), v128.load(p, A), s1)
  }
}

@unmanaged
@final
export class Row12 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const s1 = mix(t, v128.load(p, S1), 6, 9, 3)
    v128.store(p, s1, S1)
    return xor3(v128.load(p, A), v128.load(p, X), right(s1, 3))
  }
}

@unmanaged
@final
export class Row13 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const s1 = v128.load(p, S1)
    const a = v128.xor(mix(t, v128.load(p, A), 23, 3, 7), s1)
    v128.store(p, a, A)
    return v128.xor(a, right(s1, 3))
  }
}

@unmanaged
@final
export class Row14 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const a = mix(t, v128.load(p, A), 17, 7, 5)
    v128.store(p, a, A)
    return v128.xor(right(a, 5), v128.load(p, S1))
  }
}

@unmanaged
@final
export class Row15 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const a = mix(t, v128.load(p, A), 13, 5, 1)
    v128.store(p, a, A)
    return xor3(v128.load(p, X), a, v128.load(p, S1))
  }
}

@unmanaged
@final
export class Row16 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const a = mix(t, v128.load(p, A), 11, 1, 7)
    v128.store(p, a, A)
    return v128.xor(right(a, 7), right(v128.load(p, S1), 3))
  }
}

@unmanaged
@final
export class Row17 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const s1 = v128.xor(mix(t, v128.load(p, S1), 5, 3, 6), v128.load(p, A))
    v128.store(p, s1, S1)
    return v128.xor(s1, v128.load(p, X))
  }
}

@unmanaged
@final
export class Row18 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const s1 = mix(t, v128.load(p, S1), 8, 6, 11)
    v128.store(p, s1, S1)
    return v128.xor(v128.load(p, A), right(s1, 11))
  }
}

@unmanaged
@final
export class Row19 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const a = v128.load(p, A)
    const s1 = mix(t, v128.load(p, S1), 11, 11, 5)
    v128.store(p, s1, S1)
    return v128.xor(xor3(v128.load(p, X), right(a, 7), a), s1)
  }
}

@unmanaged
@final
export class Row20 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    v128.store(p, mix(t, v128.load(p, S1), 7, 5, 17), S1)
    return xor3(v128.load(p, A), right(v128.load(p, S2), 5), v128.load(p, X))
  }
}

@unmanaged
@final
export class Row21 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const s2 = v128.xor(mix(t, v128.load(p, S2), 3, 17, 13), v128.load(p, S1))
    v128.store(p, s2, S2)
    return s2
  }
}

@unmanaged
@final
export class Row22 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const s2 = mix(t, v128.load(p, S2), 6, 13, 11)
    v128.store(p, s2, S2)
    return xor3(v128.load(p, A), v128.load(p, S1), right(s2, 11))
  }
}

@unmanaged
@final
export class Row23 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const a = v128.load(p, A)
    const s2 = mix(t, v128.load(p, S2), 11, 11, 23)
    v128.store(p, s2, S2)
    return v128.xor(xor3(v128.load(p, X), right(a, 8), a), right(s2, 10))
  }
}

@unmanaged
@final
export class Row24 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    // The registers rotate here: (s1, s2, s3) becomes (s3, s1, s2).
    const hs = v128.load(h)
    const s2 = mix(t, v128.load(p, S2), 4, 23, 1)
    const half = right(s2, 1)
    v128.store(p, v128.load(p, S3), S1)
    v128.store(p, v128.xor(xor3(left(s2, 3), half, hs), v128.load(p, X)), S2)
    v128.store(p, s2, S3)
    return v128.xor(half, hs)
  }
}

// Uses the new s1, which by now lies in s2's place.
@unmanaged
@final
export class Row25 {
  @inline
  take(p: usize, h: usize, nextX: usize, t: v128): v128 {
    const a = v128.xor(mix(t, v128.load(p, A), 9, 7, 5), right(v128.load(p, S2), 1))
    const x = v128.load(nextX)
    v128.store(p, a, A)
    v128.store(p, x, X)
    return v128.xor(right(a, 5), x)
  }
}

