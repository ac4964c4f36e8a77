/** The sign of billkey: a card. Beside it its name stands in text, so that it is not read out. */
export function Mark({ size }: { readonly size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#3f51d6" />
      <rect x="6" y="9" width="20" height="14" rx="3" fill="#fff" />
      <rect x="6" y="12" width="20" height="3" fill="#3f51d6" />
      <circle cx="21.5" cy="19" r="1.8" fill="#3f51d6" />
    </svg>
  )
}
