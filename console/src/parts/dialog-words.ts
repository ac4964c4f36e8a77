import { inBothLanguages } from '../language/words.ts'

export const dialogWords = inBothLanguages({
  en: {
    close: 'Close',
    cancel: 'Cancel',
    confirm: 'Confirm',
    showSecret: 'Show what is typed',
    hideSecret: 'Hide what is typed',
  },
  ko: {
    close: '닫기',
    cancel: '취소',
    confirm: '확인',
    showSecret: '입력 내용 표시',
    hideSecret: '입력 내용 숨기기',
  },
})
