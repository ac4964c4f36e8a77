// What the API can say is said in both languages. The compiler holds the words against the contract that the console was
// generated from; this holds them against the server's own lists, and looks whether Korean is Korean.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { failureWords, fieldFaultWords } from '../../console/src/api/failure-words.ts'
import { koreanDetail } from '../../console/src/books/korean-detail.ts'
import { cardWords } from '../../console/src/developers/card-words.ts'
import { browserName } from '../../console/src/security/browser-name.ts'
import { consoleErrorCodes, fieldFaults } from '../../src/console/console-error.ts'
import { shownTestCards } from '../../src/sandbox/test-cards.ts'

/** Codes that the page itself gives to what never reached the server, or came back unreadable. */
const ownCodes = ['no_answer', 'unreadable_answer']

const lists = [
  ['every code of a refusal', failureWords, [...consoleErrorCodes, ...ownCodes]],
  ['every fault of a field', fieldFaultWords, fieldFaults],
  ['every test card', cardWords, shownTestCards.map(({ key }) => key)],
] as const

for (const [what, words, keys] of lists) {
  test(`${what} has its sentence in both languages, and there is none too many`, () => {
    for (const language of ['en', 'ko'] as const) {
      assert.deepEqual(Object.keys(words[language]).sort(), [...keys].sort(), language)
    }
    for (const sentence of Object.values(words.ko)) assert.match(sentence, /[가-힣]/)
    for (const sentence of Object.values(words.en)) assert.doesNotMatch(sentence, /[가-힣]/)
  })
}

test('what a discrepancy is about is said in Korean, whatever found it', () => {
  // As judge-fact.ts, match-report.ts, settled-follow-ups.ts and cancels.store.ts write them.
  const details = [
    'contract CTS00001; our payment of this order number: none',
    'contract CTS00001; our payment of this order number: one of contract CTS00101',
    'asked for 12300 won',
    'approved before as CTS26112613200000461',
    'its order has been paid by another payment: give it back',
    'the gateway gave back 5000 won that nobody asked for; our payment is paid',
    'in the file of 20261125; no payment of ours has this order number',
    'we say paid, and the file of 20261125 does not have it',
    'we say given back, and the file of 20261125 does not have it',
    'had been called not cancelled; is booked now',
    'had been called not cancelled; is not booked',
    'had failed (evidence); is paid now',
    'had failed (evidence); goes back',
    'had failed (evidence); cannot be paid, its order is paid by another payment: give it back',
  ]
  for (const detail of details) assert.match(koreanDetail(detail), /[가-힣]/, detail)
  assert.equal(koreanDetail('a sentence of tomorrow'), 'a sentence of tomorrow')
})

test('a browser is called what people call it, and what is no browser by its own line', () => {
  const called = {
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0':
      'Edge, Windows',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Whale/4.0 Safari/537.36':
      'Whale, Windows',
    'Mozilla/5.0 (Linux; Android 15; SM-S931N) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36':
      'Samsung Internet, Android',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1':
      'Safari, iPhone',
    'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0': 'Firefox, Linux',
    'curl/8.5.0': 'curl/8.5.0',
  }
  for (const [line, name] of Object.entries(called)) assert.equal(browserName(line), name)
})
