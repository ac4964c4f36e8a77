// The last look at text that leaves for a log or a terminal: card numbers, tokens and passwords that running text may
// quote although nobody meant to. What is known to be secret is kept out by its name or by its type, before this.

export const censor = '[secret]'

// Those that stand in addresses: V1's legacy token, PAYJOA's daily file, the login.
const secretInUrl =
  /([?&](?:_token|PASSWORD|imp_secret|card_number|expiry|birth|pwd_2digit)=)[^&\s"\\]+/gi
// `postgres://user:password@host`. What follows the last @ before a slash is the host.
const passwordInUrl = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"\\]*:)[^\s/"\\]+(?=@)/gi
// Access tokens have 40 of them, link keys 64, API secrets 80. A UUID, a trace id or a request id has fewer in a row.
const longHex = /(?<![0-9a-z])[0-9a-f]{40,}(?![0-9a-z])/gi
// Fourteen digits at least: an imp_uid has twelve and a timestamp in milliseconds thirteen.
const digitRun = /(?<![\d.])[3-9](?:[ -]?\d){13,18}(?!\d)/g

/** Spares order numbers: of what looks like a card number only that with the right check digit is masked. */
export function scrubText(text: string): string {
  return scrubCardNumbers(scrubNamed(text))
}

/** The same for text that holds nothing else that is secret. */
export function scrubCardNumbers(text: string): string {
  return text.replaceAll(digitRun, (run) => (isCardNumber(run) ? '[card]' : run))
}

/** For the last words of a process, where losing an order number costs nothing. */
export function scrubCrash(text: string): string {
  return scrubNamed(text).replaceAll(/\d(?:[ -]?\d){12,}/g, '[digits]')
}

// Looked for only where its own sign stands, for this is done to every line of the log.
function scrubNamed(text: string): string {
  let scrubbed = text.replaceAll(longHex, censor)
  if (text.includes('=')) scrubbed = scrubbed.replaceAll(secretInUrl, `$1${censor}`)
  if (text.includes('://')) scrubbed = scrubbed.replaceAll(passwordInUrl, `$1${censor}`)
  return scrubbed
}

/** Luhn's check spares nine of ten order numbers that merely look like a card. */
function isCardNumber(run: string): boolean {
  const digits = run.replaceAll(/\D/g, '')
  let sum = 0
  for (let place = 0; place < digits.length; place += 1) {
    const digit = Number(digits[digits.length - 1 - place])
    const weighted = place % 2 === 1 ? digit * 2 : digit
    sum += weighted > 9 ? weighted - 9 : weighted
  }
  return sum % 10 === 0
}
