// What a change has changed, member by member, of the objects that the audit log keeps.
export interface Changed {
  name: string
  before: string // "" where there was none
  after: string
}

type Members = Record<string, unknown>

function membersOf(what: unknown): Members {
  if (typeof what === 'string') {
    try {
      what = JSON.parse(what)
    } catch {
      return {}
    }
  }
  return what !== null && typeof what === 'object' && !Array.isArray(what) ? (what as Members) : {}
}

function text(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object')) return value.join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

const isObject = (value: unknown) => value !== null && typeof value === 'object' && !Array.isArray(value)
const depth = 3 // of objects in objects that are told by their members

export function changesOf(before: unknown, after: unknown, left = depth): Changed[] {
  const [was, is] = [membersOf(before), membersOf(after)]
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap((name) => {
    if (left && (isObject(was[name]) || isObject(is[name]))) return changesOf(was[name], is[name], left - 1)
    const one = { name, before: text(was[name]), after: text(is[name]) }
    return one.before === one.after ? [] : [one]
  })
}

// "domain.create" is of the area "domain" and does "create".
export function actionParts(action: string): { area: string; verb: string } {
  const at = action.lastIndexOf('.')
  return at < 0 ? { area: action, verb: '' } : { area: action.slice(0, at), verb: action.slice(at + 1) }
}
