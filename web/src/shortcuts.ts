// Keys that lead through the console. A person may turn them off, since speech and other input may
// press letters unasked (WCAG 2.1.4).
import { ref } from 'vue'

const kept = 'posthouse.shortcuts'
export const shortcuts = ref(localStorage.getItem(kept) !== 'off')
export const helping = ref(false)

export function allowShortcuts(on: boolean) {
  shortcuts.value = on
  localStorage.setItem(kept, on ? 'on' : 'off')
}

// After `g`: where to.
export const places: Record<string, string> = {
  o: '/overview', d: '/domains', a: '/addresses', k: '/keys', s: '/send', m: '/messages', i: '/sandbox', q: '/queue', h: '/guide', b: '/billing', l: '/quota', c: '/customers', u: '/users', t: '/audit', p: '/me',
}

const patience = 1500 // ms between g and the next key

export interface Deeds {
  go: (path: string) => void
  shows?: (path: string) => boolean // whether the person has that page in his list
  now?: () => number
}

// Gives the handler of keydown; what is typed into a field or a dialog is no shortcut.
export function keyHandler({ go, shows = () => true, now = Date.now }: Deeds) {
  let since = -Infinity
  return (event: KeyboardEvent) => {
    if (!shortcuts.value || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
    const target = event.target as Element | null
    if (target?.closest?.('input, textarea, select, [contenteditable], dialog')) return
    if (document.querySelector('dialog[open]')) return
    const second = now() - since < patience
    since = -Infinity
    if (second && places[event.key] && shows(places[event.key])) go(places[event.key])
    else if (event.key === 'g') since = now()
    else if (event.key === '?') helping.value = true
    else if (event.key === '/') search()?.focus()
    else if (event.key === 'n') document.querySelector<HTMLElement>('main [data-key=new]')?.click()
    else if (event.key === 'j' || event.key === 'k') step(event.key === 'j' ? 1 : -1)
    else return
    if (event.key !== 'g') event.preventDefault()
  }
}

// Where a list has no field for words, its first filter.
const search = () => document.querySelector<HTMLElement>('main input[type=search]') ?? document.querySelector<HTMLElement>('main [role=search] :is(input, select)')

// To the next or previous row: its link, or where it has none its first button.
function step(by: number) {
  const rows = [...document.querySelectorAll<HTMLElement>('main .table tbody tr')]
  const stops = rows
    .map((row) => row.querySelector<HTMLElement>('th .link') ?? row.querySelector<HTMLElement>('.row-actions button'))
    .filter((stop) => stop !== null)
  const here = document.activeElement?.closest?.('tr')
  const at = stops.findIndex((stop) => stop === document.activeElement || (here && here.contains(stop)))
  const to = at < 0 ? (by > 0 ? 0 : stops.length - 1) : at + by
  stops[to]?.focus()
}
