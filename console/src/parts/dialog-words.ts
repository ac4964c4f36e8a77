import { inBothLanguages } from '../language/words.ts'

export const dialogWords = inBothLanguages({
  en: {
    close: 'Close',
    cancel: 'Cancel',
    confirm: 'Confirm',
    save: 'Save',
    saved: 'Saved.',
    acts: 'Acts',
    shownOnce: 'Keep this now: it is not shown again.',
    showSecret: 'Show what is typed',
    hideSecret: 'Hide what is typed',
  },
  ko: {
    close: '닫기',
    cancel: '취소',
    confirm: '확인',
    save: '저장',
    saved: '저장했습니다.',
    acts: '작업',
    shownOnce: '지금 보관하세요. 다시 표시되지 않습니다.',
    showSecret: '입력 내용 표시',
    hideSecret: '입력 내용 숨기기',
  },
})
