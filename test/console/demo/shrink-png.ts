// A picture of an interface has few colours: as a palette of 256 it takes a third of the room, and looks the same. Reads what
// Chromium writes: 8 bits a channel, RGB with or without alpha, not interlaced.

import { crc32, deflateSync, inflateSync } from 'node:zlib'

const paletteMax = 256

/** Colours that differ by less than this in each channel share one. */
const bucketBits = 3

interface Bucket {
  count: number
  red: number
  green: number
  blue: number
}

export function shrinkPng(png: Buffer): Buffer {
  const { widthPx, heightPx, bytesPerPixel, data } = readChunks(png)
  const pixels = unfilter(inflateSync(data), widthPx * bytesPerPixel, { heightPx, bytesPerPixel })
  const palette = paletteOf(pixels, bytesPerPixel)
  const nearest = nearestIn(palette)
  const rows = Buffer.alloc(heightPx * (widthPx + 1))
  for (let y = 0, from = 0, to = 0; y < heightPx; y += 1) {
    to += 1
    for (let x = 0; x < widthPx; x += 1, from += bytesPerPixel, to += 1) {
      rows[to] = nearest(pixels[from] ?? 0, pixels[from + 1] ?? 0, pixels[from + 2] ?? 0)
    }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(widthPx, 0)
  header.writeUInt32BE(heightPx, 4)
  // 8 bits, by palette.
  header.set([8, 3], 8)
  return Buffer.concat([
    png.subarray(0, 8),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flat())),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function readChunks(png: Buffer) {
  const parts: Buffer[] = []
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at)
    const isData = png.toString('latin1', at + 4, at + 8) === 'IDAT'
    if (isData) parts.push(png.subarray(at + 8, at + 8 + length))
    at += length + 12
  }
  const colourType = png[25]
  return {
    widthPx: png.readUInt32BE(16),
    heightPx: png.readUInt32BE(20),
    bytesPerPixel: colourType === 6 ? 4 : 3,
    data: Buffer.concat(parts),
  }
}

/** PNG's filters, of the specification's section 9. */
function unfilter(
  filtered: Buffer,
  stride: number,
  { heightPx, bytesPerPixel }: { readonly heightPx: number; readonly bytesPerPixel: number },
): Buffer {
  const pixels = Buffer.alloc(stride * heightPx)
  for (let y = 0; y < heightPx; y += 1) {
    const kind = filtered[y * (stride + 1)]
    for (let x = 0; x < stride; x += 1) {
      const at = y * stride + x
      const left = x < bytesPerPixel ? 0 : (pixels[at - bytesPerPixel] ?? 0)
      const above = y === 0 ? 0 : (pixels[at - stride] ?? 0)
      const corner = y === 0 || x < bytesPerPixel ? 0 : (pixels[at - stride - bytesPerPixel] ?? 0)
      const guess = guessOf(kind ?? 0, { left, above, corner })
      pixels[at] = (filtered[y * (stride + 1) + 1 + x] ?? 0) + guess
    }
  }
  return pixels
}

interface Around {
  readonly left: number
  readonly above: number
  readonly corner: number
}

function guessOf(kind: number, { left, above, corner }: Around): number {
  if (kind === 0) return 0
  if (kind === 1) return left
  if (kind === 2) return above
  if (kind === 3) return (left + above) >> 1
  // Paeth's: whichever of the three is nearest.
  const guess = left + above - corner
  const toLeft = Math.abs(guess - left)
  const toAbove = Math.abs(guess - above)
  const toCorner = Math.abs(guess - corner)
  if (toLeft <= toAbove && toLeft <= toCorner) return left
  return toAbove <= toCorner ? above : corner
}

/** The most frequent colours. */
function paletteOf(pixels: Buffer, bytesPerPixel: number): number[][] {
  const buckets = new Map<number, Bucket>()
  for (let at = 0; at < pixels.length; at += bytesPerPixel) {
    const [red, green, blue] = [pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0]
    const key = ((red >> bucketBits) << 10) | ((green >> bucketBits) << 5) | (blue >> bucketBits)
    const bucket = buckets.get(key) ?? { count: 0, red: 0, green: 0, blue: 0 }
    bucket.count += 1
    bucket.red += red
    bucket.green += green
    bucket.blue += blue
    buckets.set(key, bucket)
  }
  return [...buckets.values()]
    .toSorted((a, b) => b.count - a.count)
    .slice(0, paletteMax)
    .map(({ count, red, green, blue }) => [red, green, blue].map((sum) => Math.round(sum / count)))
}

function nearestIn(palette: readonly number[][]) {
  const known = new Map<number, number>()
  return (red: number, green: number, blue: number): number => {
    const key = (red << 16) | (green << 8) | blue
    const found = known.get(key)
    if (found !== undefined) return found
    const distances = palette.map(
      ([r = 0, g = 0, b = 0]) => (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2,
    )
    const best = distances.indexOf(Math.min(...distances))
    known.set(key, best)
    return best
  }
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const framed = Buffer.alloc(body.length + 8)
  framed.writeUInt32BE(data.length, 0)
  body.copy(framed, 4)
  framed.writeUInt32BE(crc32(body), body.length + 4)
  return framed
}
