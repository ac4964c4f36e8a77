import { inBothLanguages } from '../language/words.ts'

export const dialogWords = inBothLanguages({
  en: { close: 'Close', cancel: 'Cancel', confirm: 'Confirm' },
  ko: { close: '닫기', cancel: '취소', confirm: '확인' },
})
