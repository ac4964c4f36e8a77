// What a discrepancy is about is kept as a sentence of the server's, in English. There are only so many, and each is said in
// Korean here; one that is not known is shown as it is.

const won = (digits: string) => `${Number(digits).toLocaleString('ko-KR')}원`
const day = (text: string) => `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`

const states: Readonly<Record<string, string>> = {
  sending: '처리 중',
  unknown: '확인 필요',
  paid: '결제완료',
  failed: '실패',
  cancelled: '취소',
}

type Sentence = readonly [RegExp, (...parts: string[]) => string]

const sentences: readonly Sentence[] = [
  [
    /^contract (\S+); our payment of this order number: none$/,
    (cpid = '') => `CPID ${cpid}, 장부에 이 주문번호의 결제가 없습니다.`,
  ],
  [
    /^contract (\S+); our payment of this order number: one of contract (\S+)$/,
    (cpid = '', ours = '') => `CPID ${cpid}, 이 주문번호의 결제는 CPID ${ours}의 것입니다.`,
  ],
  [/^asked for (\d+) won$/, (amount = '') => `요청한 금액은 ${won(amount)}입니다.`],
  [/^approved before as (.+)$/, (id = '') => `앞서 거래번호 ${id}(으)로 승인되었습니다.`],
  [
    /^its order has been paid by another payment: give it back$/,
    () => '같은 주문이 다른 결제로 결제되었습니다. 이 결제를 취소하세요.',
  ],
  [
    /^the gateway gave back (\d+) won that nobody asked for; our payment is (\w+)$/,
    (amount = '', state = '') =>
      `요청하지 않은 ${won(amount)}이 취소되었습니다. 장부의 결제 상태는 ${states[state] ?? state}입니다.`,
  ],
  [
    /^in the file of (\d{8}); no payment of ours has this order number$/,
    (date = '') => `${day(date)} 대사 파일에 있지만 장부에 없는 주문번호입니다.`,
  ],
  [
    /^we say paid, and the file of (\d{8}) does not have it$/,
    (date = '') => `장부에는 결제완료이지만 ${day(date)} 대사 파일에 없습니다.`,
  ],
  [
    /^we say given back, and the file of (\d{8}) does not have it$/,
    (date = '') => `장부에는 취소되었지만 ${day(date)} 대사 파일에 없습니다.`,
  ],
  [
    /^had been called not cancelled; is booked now$/,
    () => '취소되지 않은 것으로 처리했던 취소입니다. 지금은 장부에 반영되었습니다.',
  ],
  [
    /^had been called not cancelled; is not booked$/,
    () => '취소되지 않은 것으로 처리했던 취소입니다. 장부에 반영되지 않았습니다.',
  ],
  [
    /^had failed \((.*)\); is paid now$/,
    (reason = '') => `실패(${reason})로 처리했던 결제입니다. 지금은 결제완료입니다.`,
  ],
  [
    /^had failed \((.*)\); goes back$/,
    (reason = '') => `실패(${reason})로 처리했던 결제입니다. 자동으로 취소됩니다.`,
  ],
  [
    /^had failed \((.*)\); cannot be paid, its order is paid by another payment: give it back$/,
    (reason = '') =>
      `실패(${reason})로 처리했고 같은 주문이 다른 결제로 결제되었습니다. 이 결제를 취소하세요.`,
  ],
]

export function koreanDetail(detail: string): string {
  for (const [pattern, say] of sentences) {
    const found = pattern.exec(detail)
    if (found !== null) return say(...found.slice(1))
  }
  return detail
}
