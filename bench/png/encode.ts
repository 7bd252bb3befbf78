/** Pixels as PNG. */
import { crc32, deflateSync } from 'node:zlib'

import type { Canvas } from './canvas.js'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
/** Bits of a channel; red, green and blue. */
const [DEPTH, RGB] = [8, 2]
/** Each row is told as the difference to the one above it, which packs well. */
const UP = 2

/** `perInch`: at which density it is printed. */
export function pngOfPixels({ width, height, pixels }: Canvas, perInch: number): Buffer {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([DEPTH, RGB], 8)
  const density = Buffer.alloc(9)
  const perMeter = Math.round(perInch / 0.0254)
  density.writeUInt32BE(perMeter, 0)
  density.writeUInt32BE(perMeter, 4)
  density[8] = 1
  const parts = [
    part('IHDR', head),
    part('pHYs', density),
    part('IDAT', deflateSync(rowsOf(width, height, pixels))),
  ]
  return Buffer.concat([SIGNATURE, ...parts, part('IEND', Buffer.alloc(0))])
}

function rowsOf(width: number, height: number, pixels: Uint8Array): Buffer {
  const row = 3 * width
  const rows = Buffer.alloc(height * (row + 1))
  for (let y = 0; y < height; y++) {
    rows[y * (row + 1)] = UP
    for (let k = 0; k < row; k++)
      rows[y * (row + 1) + 1 + k] =
        (pixels[y * row + k] as number) - (y === 0 ? 0 : (pixels[(y - 1) * row + k] as number))
  }
  return rows
}

function part(name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  check.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, check])
}
