// What a person calls a browser, from the line it sends of itself; every one of them claims to be several others.

const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bWhale\//, 'Whale'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chrome|CriOS|HeadlessChrome)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]

const systems: readonly (readonly [RegExp, string])[] = [
  [/\bAndroid\b/, 'Android'],
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
]

/** `Chrome, Windows`; the line itself where it is none that is known. */
export function browserName(userAgent: string): string {
  const firstOf = (known: typeof browsers) => known.find(([sign]) => sign.test(userAgent))?.[1]
  const browser = firstOf(browsers)
  if (browser === undefined) return userAgent
  return [browser, firstOf(systems)].filter(Boolean).join(', ')
}
