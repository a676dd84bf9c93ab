// Times, numbers and sizes in the person's language.
import { localeTag } from '@/i18n'

export const numberText = (n: number) => new Intl.NumberFormat(localeTag.value).format(n)

export function exactTime(iso: string): string {
  return new Intl.DateTimeFormat(localeTag.value, { dateStyle: 'medium', timeStyle: 'medium' }).format(
    new Date(iso),
  )
}

const steps: Array<[Intl.RelativeTimeFormatUnit, number]> = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
]

const apart = 5 // seconds that the clocks of server and person may differ: that near is now

export function relativeTime(iso: string, now = Date.now()): string {
  let seconds = Math.round((Date.parse(iso) - now) / 1000)
  if (seconds > 0 && seconds <= apart) seconds = 0
  const format = new Intl.RelativeTimeFormat(localeTag.value, { numeric: 'auto' })
  for (const [at, [unit, size]] of steps.entries()) {
    // What the smaller unit rounds up to this one is told in it: no "60 minutes".
    const smaller = steps[at + 1]?.[1] ?? 1
    if (Math.round(Math.abs(seconds) / smaller) * smaller >= size || unit === 'second')
      return format.format(Math.round(seconds / size), unit)
  }
  return ''
}

export function sizeText(octets: number): string {
  const units = ['byte', 'kilobyte', 'megabyte']
  let value = octets
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    ++unit
  }
  return new Intl.NumberFormat(localeTag.value, {
    style: 'unit',
    unit: units[unit],
    // The short form of a byte has no plural in English.
    unitDisplay: unit === 0 ? 'long' : 'short',
    maximumFractionDigits: unit === 0 ? 0 : 1,
  }).format(value)
}

// An hour of the day where the person is.
export function hourText(iso: string): string {
  return new Intl.DateTimeFormat(localeTag.value, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(iso))
}

export function dayText(day: string): string {
  return new Intl.DateTimeFormat(localeTag.value, { month: 'short', day: 'numeric', timeZone: 'UTC' }).format(
    new Date(`${day}T00:00:00Z`),
  )
}

// A day that names itself, as a bill's: it is the same everywhere.
export function dateText(day: string): string {
  return new Intl.DateTimeFormat(localeTag.value, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`))
}
