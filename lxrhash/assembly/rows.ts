/**
 * The 25 rows of a LXRHash step that read (docs/protocol/lxrhash.md#step), for the lanes of one word: V is v128, two
 * lanes, or u64, a single one. Rows are numbered by their reads, 1 to 25; arithmetic between two reads belongs to the
 * row before it.
 *
 * Each row is a class without instances: `take` takes in the byte that the row has read and returns the index (not
 * masked) of the next row's read. Classes, because a generic loop over them is compiled once for each, inlined.
 *
 * p: address of the lanes, the scratch's start + 8 · lane. h: address of the same lanes in the step's row of hs. nextX:
 * address of the same lanes of the next step's x. t: the bytes that were read.
 */
import { A, S1, S2, S3, X } from './layout'

@inline
function left<V>(v: V, by: i32): V {
  if (isVector<V>()) return i64x2.shl(v, by)
  else return v << by
}

@inline
function right<V>(v: V, by: i32): V {
  if (isVector<V>()) return i64x2.shr_u(v, by)
  else return v >> by
}

@inline
function xor<V>(a: V, b: V): V {
  if (isVector<V>()) return v128.xor(a, b)
  else return a ^ b
}

@inline
function xor3<V>(a: V, b: V, c: V): V {
  return xor<V>(xor<V>(a, b), c)
}

/** r≪l ⊕ r≫s ⊕ t≪m. */
@inline
function mix<V>(t: V, r: V, l: i32, s: i32, m: i32): V {
  return xor3<V>(left<V>(r, l), right<V>(r, s), left<V>(t, m))
}

@unmanaged
@final
export class Row1 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const a = load<V>(p, A)
    const s1 = xor<V>(mix<V>(t, load<V>(p, S1), 9, 1, 3), a)
    store<V>(p, s1, S1)
    return xor<V>(s1, load<V>(p, X))
  }
}

@unmanaged
@final
export class Row2 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const s1 = mix<V>(t, load<V>(p, S1), 5, 3, 7)
    store<V>(p, s1, S1)
    return xor<V>(load<V>(p, A), right<V>(s1, 7))
  }
}

@unmanaged
@final
export class Row3 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const s1 = mix<V>(t, load<V>(p, S1), 7, 7, 5)
    store<V>(p, s1, S1)
    return xor3<V>(load<V>(p, X), right<V>(load<V>(p, A), 11), s1)
  }
}

@unmanaged
@final
export class Row4 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const a = load<V>(p, A)
    const s1 = mix<V>(t, load<V>(p, S1), 11, 5, 27)
    store<V>(p, s1, S1)
    const hs = load<V>(h)
    store<V>(h, xor<V>(xor<V>(s1, a), xor<V>(left<V>(hs, 7), right<V>(hs, 13))))
    return xor3<V>(a, right<V>(s1, 27), load<V>(p, X))
  }
}

@unmanaged
@final
export class Row5 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const s1 = load<V>(p, S1)
    const a = xor<V>(mix<V>(t, load<V>(p, A), 17, 5, 3), s1)
    store<V>(p, a, A)
    return xor<V>(a, s1)
  }
}

@unmanaged
@final
export class Row6 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const a = mix<V>(t, load<V>(p, A), 13, 3, 7)
    store<V>(p, a, A)
    return xor<V>(right<V>(a, 7), load<V>(p, S1))
  }
}

@unmanaged
@final
export class Row7 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const a = mix<V>(t, load<V>(p, A), 15, 7, 11)
    store<V>(p, a, A)
    return xor3<V>(load<V>(p, X), a, load<V>(p, S1))
  }
}

@unmanaged
@final
export class Row8 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const a = mix<V>(t, load<V>(p, A), 9, 11, 3)
    store<V>(p, a, A)
    return right<V>(a, 3)
  }
}

@unmanaged
@final
export class Row9 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const s1 = xor<V>(mix<V>(t, load<V>(p, S1), 7, 27, 13), load<V>(p, A))
    store<V>(p, s1, S1)
    return xor<V>(s1, load<V>(p, X))
  }
}

@unmanaged
@final
export class Row10 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const s1 = mix<V>(t, load<V>(p, S1), 3, 13, 11)
    store<V>(p, s1, S1)
    return xor<V>(load<V>(p, A), right<V>(s1, 11))
  }
}

@unmanaged
@final
export class Row11 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const s1 = mix<V>(t, load<V>(p, S1), 8, 11, 9)
    store<V>(p, s1, S1)
    return xor3<V>(load<V>(p, X), load<V>(p, A), s1)
  }
}

@unmanaged
@final
export class Row12 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const s1 = mix<V>(t, load<V>(p, S1), 6, 9, 3)
    store<V>(p, s1, S1)
    return xor3<V>(load<V>(p, A), load<V>(p, X), right<V>(s1, 3))
  }
}

@unmanaged
@final
export class Row13 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const s1 = load<V>(p, S1)
    const a = xor<V>(mix<V>(t, load<V>(p, A), 23, 3, 7), s1)
    store<V>(p, a, A)
    return xor<V>(a, right<V>(s1, 3))
  }
}

@unmanaged
@final
export class Row14 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const a = mix<V>(t, load<V>(p, A), 17, 7, 5)
    store<V>(p, a, A)
    return xor<V>(right<V>(a, 5), load<V>(p, S1))
  }
}

@unmanaged
@final
export class Row15 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const a = mix<V>(t, load<V>(p, A), 13, 5, 1)
    store<V>(p, a, A)
    return xor3<V>(load<V>(p, X), a, load<V>(p, S1))
  }
}

@unmanaged
@final
export class Row16 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const a = mix<V>(t, load<V>(p, A), 11, 1, 7)
    store<V>(p, a, A)
    return xor<V>(right<V>(a, 7), right<V>(load<V>(p, S1), 3))
  }
}

@unmanaged
@final
export class Row17 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const s1 = xor<V>(mix<V>(t, load<V>(p, S1), 5, 3, 6), load<V>(p, A))
    store<V>(p, s1, S1)
    return xor<V>(s1, load<V>(p, X))
  }
}

@unmanaged
@final
export class Row18 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const s1 = mix<V>(t, load<V>(p, S1), 8, 6, 11)
    store<V>(p, s1, S1)
    return xor<V>(load<V>(p, A), right<V>(s1, 11))
  }
}

@unmanaged
@final
export class Row19 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const a = load<V>(p, A)
    const s1 = mix<V>(t, load<V>(p, S1), 11, 11, 5)
    store<V>(p, s1, S1)
    return xor<V>(xor3<V>(load<V>(p, X), right<V>(a, 7), a), s1)
  }
}

@unmanaged
@final
export class Row20 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    store<V>(p, mix<V>(t, load<V>(p, S1), 7, 5, 17), S1)
    return xor3<V>(load<V>(p, A), right<V>(load<V>(p, S2), 5), load<V>(p, X))
  }
}

@unmanaged
@final
export class Row21 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const s2 = xor<V>(mix<V>(t, load<V>(p, S2), 3, 17, 13), load<V>(p, S1))
    store<V>(p, s2, S2)
    return s2
  }
}

@unmanaged
@final
export class Row22 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const s2 = mix<V>(t, load<V>(p, S2), 6, 13, 11)
    store<V>(p, s2, S2)
    return xor3<V>(load<V>(p, A), load<V>(p, S1), right<V>(s2, 11))
  }
}

@unmanaged
@final
export class Row23 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const a = load<V>(p, A)
    const s2 = mix<V>(t, load<V>(p, S2), 11, 11, 23)
    store<V>(p, s2, S2)
    return xor<V>(xor3<V>(load<V>(p, X), right<V>(a, 8), a), right<V>(s2, 10))
  }
}

@unmanaged
@final
export class Row24 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    // The registers rotate here: (s1, s2, s3) becomes (s3, s1, s2).
    const hs = load<V>(h)
    const s2 = mix<V>(t, load<V>(p, S2), 4, 23, 1)
    const half = right<V>(s2, 1)
    store<V>(p, load<V>(p, S3), S1)
    store<V>(p, xor<V>(xor3<V>(left<V>(s2, 3), half, hs), load<V>(p, X)), S2)
    store<V>(p, s2, S3)
    return xor<V>(half, hs)
  }
}

// Uses the new s1, which by now lies in s2's place.
@unmanaged
@final
export class Row25 {
  @inline
  take<V>(p: usize, h: usize, nextX: usize, t: V): V {
    const a = xor<V>(mix<V>(t, load<V>(p, A), 9, 7, 5), right<V>(load<V>(p, S2), 1))
    const x = load<V>(nextX)
    store<V>(p, a, A)
    store<V>(p, x, X)
    return xor<V>(right<V>(a, 5), x)
  }
}

