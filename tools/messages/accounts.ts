// Messages of tokens and channels.

import { badRequestAnswer, type MessageGroup, refusedAnswer } from './message.ts'

export const accountMessages: MessageGroup = {
  title: 'Tokens and channels',
  introduction:
    'POST /users/getToken, and the choice of a channel by everything that speaks to PAYJOA.',
  messages: [
    {
      text: 'imp_key, imp_secret 파라메터가 누락되었습니다.',
      answer: badRequestAnswer,
      cause: 'One of the two is missing. The spelling is V1’s.',
      action: 'Send both.',
    },
    {
      text: '인증에 실패하였습니다. API키와 secret을 확인하세요.',
      answer: { status: 401, code: -1 },
      cause: 'No such API key, it was revoked, or the secret is another.',
      action: 'Check both; billkey merchant list-keys shows the keys.',
    },
    {
      text: '인증 시도가 너무 많습니다. 잠시 후 다시 시도하세요.',
      answer: { status: 429, code: -1 },
      cause:
        'Ten wrong secrets for one key, or fifty for any, from one address within five minutes.',
      action: 'Wait as long as Retry-After says.',
    },
    {
      text: '등록되지 않은 channel_key입니다. (…)',
      answer: refusedAnswer,
      cause: 'The merchant has no enabled channel of that channel_key.',
      action: 'Use one that GET /users/pg lists, or none.',
    },
    {
      text: '키인결제(수기결제)가 가능한 PG 채널이 설정되어 있지 않습니다.',
      answer: refusedAnswer,
      cause: 'No enabled channel allows key-in payments.',
      action: 'Add one: billkey channel add --key-in …',
    },
    {
      text: '정기결제(빌링)가 가능한 PG 채널이 설정되어 있지 않습니다.',
      answer: refusedAnswer,
      cause:
        'No enabled channel allows billing keys, or the one the key was issued on is disabled.',
      action: 'Add one: billkey channel add --billing …',
    },
  ],
}
