// The PG's issuer codes (CARDCODE) as KFTC standard codes and V1's card names. The PG's table was pasted
// in its own manual and is joined to the KFTC codes by name; a code we do not know is no error.

import type { CardIssuer } from '../gateway.ts'

// Issuers without a KFTC card code (savings banks, securities houses, foreign brands) have a name only.
// Suhyup is CCSU in three sources and CCSH in one, so both are read. CCKE is the former KEB, now Hana.
const issuers: ReadonlyMap<string, CardIssuer> = new Map(
  (
    [
      ['CCBC', '361', 'BC카드'],
      ['CCKM', '381', 'KB국민카드'],
      ['CCLG', '366', '신한카드'],
      ['CCSS', '365', '삼성카드'],
      ['CCDI', '367', '현대카드'],
      ['CCLO', '368', '롯데카드'],
      ['CCNH', '371', 'NH카드'],
      ['CCHN', '374', '하나SK카드'],
      ['CCKE', '374', '하나SK카드'],
      ['CCCT', '370', '씨티카드'],
      ['CCPH', '041', '우리카드'],
      ['CCKJ', '364', '광주카드'],
      ['CCJB', '372', '전북카드'],
      ['CCCJ', '373', '제주카드'],
      ['CCSU', '369', '수협카드'],
      ['CCSH', '369', '수협카드'],
      ['CCCU', '048', '신협카드'],
      ['CCMG', '045', '새마을금고카드'],
      ['CCPO', '071', '우체국카드'],
      ['CCKD', '002', 'KDB산업은행카드'],
      ['CCKA', '090', '카카오뱅크카드'],
      ['CKBK', '089', '케이뱅크카드'],
      // The bank's own code; the card-code page does not list it.
      ['CCTS', '092', '토스뱅크카드'],
      ['CCSB', null, '저축은행카드'],
      ['CCHD', null, '현대증권카드'],
      ['CNHS', null, 'NH투자증권카드'],
      ['CCCH', null, '축협카드'],
      ['CCKW', null, '조흥카드'],
      ['CCSG', null, '신세계한미카드'],
      ['CCHM', null, '한미카드'],
      ['CCAM', null, '국내아멕스카드'],
      ['CVSF', 'VIS', '해외비자카드'],
      ['CMCF', 'MAS', '해외마스터카드'],
      ['CJCF', 'JCB', '해외JCB카드'],
      ['CDIF', 'DIN', '해외다이너스카드'],
      ['CAMF', 'AMX', '해외아멕스카드'],
    ] as const
  ).map(([pgCode, code, name]) => [pgCode, { code, name }]),
)

/** Every code that a card can come to be known by: anything else would be a rule about no card. */
export const issuerCodes: ReadonlySet<string> = new Set(
  [...issuers.values()].flatMap(({ code }) => code ?? []),
)

/** Null for an absent code and for one the table lacks. */
export function issuerOf(cardCode: string | undefined): CardIssuer | null {
  return issuers.get(cardCode ?? '') ?? null
}
