// Days of this person's clock, as filters name them, in the times that the API asks for.
const moment = (day: string, later: number): string | undefined => {
  const at = new Date(`${day}T00:00:00`)
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || Number.isNaN(at.valueOf())) return undefined
  at.setDate(at.getDate() + later)
  return `${at.toISOString().slice(0, 19)}Z`
}
export const dayBegins = (day: string) => moment(day, 0)
// The first moment of the day after it.
export const dayEnds = (day: string) => moment(day, 1)
