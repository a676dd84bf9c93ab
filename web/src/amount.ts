// Money as the server tells it: integers in millionths of a unit. Nothing here is ever a float.
import { localeTag } from '@/i18n'

const unit = 1_000_000n
const places = 6

// 1_234_500_000 is "1,234.50": two places at least, six at most, none lost.
function digits(millionths: bigint): { whole: bigint; rest: string } {
  const rest = String(millionths % unit).padStart(places, '0').replace(/0+$/, '')
  return { whole: millionths / unit, rest: rest.padEnd(2, '0') }
}

export function amountText(millionths: number | bigint, currency: string): string {
  const value = BigInt(millionths)
  const { whole, rest } = digits(value < 0n ? -value : value)
  const sign = value < 0n ? '−' : ''
  let parts: Intl.NumberFormatPart[]
  try {
    const format = new Intl.NumberFormat(localeTag.value, { style: 'currency', currency, minimumFractionDigits: 2, maximumFractionDigits: 2 })
    parts = format.formatToParts(whole)
  } catch {
    // No code of three letters.
    return `${sign}${new Intl.NumberFormat(localeTag.value).format(whole)}.${rest} ${currency}`
  }
  return sign + parts.map((part) => (part.type === 'fraction' ? rest : part.value)).join('')
}

// "12.5" as a person types it, in millionths; nothing for what is no amount.
export function amountOf(text: string): number | undefined {
  const found = /^([-−]?)(\d{1,9})(?:\.(\d{1,6}))?$/.exec(text.normalize('NFKC').replace(/[\s_]/g, ''))
  if (!found) return undefined
  const [, sign, whole, rest = ''] = found
  const value = BigInt(whole) * unit + BigInt(rest.padEnd(places, '0'))
  return Number(sign ? -value : value)
}

// As a field shows what is there: "0.0019".
export function amountField(millionths: number): string {
  const value = BigInt(millionths)
  const { whole, rest } = digits(value < 0n ? -value : value)
  return `${value < 0n ? '-' : ''}${whole}.${rest}`
}

// What one mail of a package costs: rounded half up to a millionth.
export function priceEach(price: number, mails: number): number {
  if (mails <= 0) return 0
  const [whole, count] = [BigInt(price), BigInt(mails)]
  return Number((2n * whole + count) / (2n * count))
}

// Hundredths of a per cent: 9250 is 92.5 %.
export function rateText(hundredths: number): string {
  const rest = String(hundredths % 100).padStart(2, '0').replace(/0+$/, '')
  return `${new Intl.NumberFormat(localeTag.value).format(Math.trunc(hundredths / 100))}${rest ? `.${rest}` : ''} %`
}

// How much of a whole is used, 0 to 100, for a bar: all of it only where nothing is left.
export function share(used: number, all: number): number {
  if (all <= 0) return used > 0 ? 100 : 0
  return Math.min(100, Math.floor((used * 100) / all))
}

// A whole number as a person types it, with or without separators; nothing for what is none.
export function wholeOf(text: string): number | undefined {
  const plain = text.normalize('NFKC').replace(/[\s,_]/g, '')
  return /^\d{1,12}$/.test(plain) ? Number(plain) : undefined
}
