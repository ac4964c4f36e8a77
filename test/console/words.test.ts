// What the API can say is said in both languages. The compiler holds the words against the contract that the console was
// generated from; this holds them against the server's own lists, and looks whether Korean is Korean.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { failureWords, fieldFaultWords } from '../../console/src/api/failure-words.ts'
import { cardWords } from '../../console/src/developers/card-words.ts'
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
