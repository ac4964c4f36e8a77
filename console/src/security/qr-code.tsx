// A QR code, drawn here: its text is a secret, which must not go into the address of a picture.

import { encodeQR } from 'qr'
import { useMemo } from 'react'

/** Points of one square. */
const squarePx = 4
/** Squares of white around it, as scanners want it. */
const border = 4

interface QrCodeProps {
  /** What it is, for who cannot see it. */
  readonly label: string
  readonly text: string
}

/** Dark on light in either theme: not every scanner reads it the other way round. */
export function QrCode({ label, text }: QrCodeProps) {
  const rows = useMemo(() => encodeQR(text, 'raw', { ecc: 'medium', border }), [text])
  const squares = rows.flatMap((row, y) =>
    row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : '')),
  )
  const size = rows.length
  return (
    <svg
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- an img would need the secret in its address
      role="img"
      aria-label={label}
      width={size * squarePx}
      height={size * squarePx}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={squares.join('')} fill="#000" />
    </svg>
  )
}
