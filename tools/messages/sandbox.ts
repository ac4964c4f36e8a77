// Messages of the sandbox clock.

import { badRequestAnswer, type MessageGroup, refusedByStateAnswer } from './message.ts'

export const sandboxMessages: MessageGroup = {
  title: 'The sandbox clock',
  introduction:
    'Not of V1: /sandbox/clock stops and moves the time of a merchant whose channels are all test ones.',
  messages: [
    {
      text: '파라미터 누락: to, days 또는 to_next_event',
      answer: badRequestAnswer,
      cause: 'Nothing says how far to advance.',
      action: 'Send one of the three.',
    },
    {
      text: '파라미터 오류: to (현재 시각 … 이후, 10년 이내여야 합니다.)',
      answer: badRequestAnswer,
      cause: 'Back in time, or more than ten years ahead; the clock of the merchant is named.',
      action: 'Send Unix seconds after that.',
    },
    {
      text: '실결제 채널이 있는 가맹점의 시계는 멈출 수 없습니다.',
      answer: refusedByStateAnswer,
      cause: 'The merchant has a channel with mode live.',
      action: 'Use a merchant of its own for tests.',
    },
    {
      text: '테스트 시계가 멈춰 있지 않습니다.',
      answer: refusedByStateAnswer,
      cause: 'Only a clock that stands still is advanced.',
      action: 'POST /sandbox/clock/freeze first.',
    },
    {
      text: '테스트 시계가 이미 전진하고 있습니다.',
      answer: refusedByStateAnswer,
      cause: 'An advance is under way; when its process died, it ends within a minute.',
      action: 'Wait until GET /sandbox/clock shows advancing_to 0.',
    },
  ],
}
