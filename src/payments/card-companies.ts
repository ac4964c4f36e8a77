// Card companies by KFTC standard code, as V1's GET /cards lists them and card_name shows them.

export interface StandardCode {
  readonly code: string
  readonly name: string
}

export const cardCompanies: readonly StandardCode[] = [
  { code: '361', name: 'BC카드' },
  { code: '364', name: '광주카드' },
  { code: '365', name: '삼성카드' },
  { code: '366', name: '신한카드' },
  { code: '367', name: '현대카드' },
  { code: '368', name: '롯데카드' },
  { code: '369', name: '수협카드' },
  { code: '370', name: '씨티카드' },
  { code: '371', name: 'NH카드' },
  { code: '372', name: '전북카드' },
  { code: '373', name: '제주카드' },
  { code: '374', name: '하나SK카드' },
  { code: '381', name: 'KB국민카드' },
  { code: '041', name: '우리카드' },
  { code: '071', name: '우체국카드' },
  { code: '002', name: 'KDB산업은행카드' },
  { code: '045', name: '새마을금고카드' },
  { code: '048', name: '신협카드' },
  { code: '089', name: '케이뱅크카드' },
  { code: '090', name: '카카오뱅크카드' },
]
