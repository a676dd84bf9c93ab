// Data that a page shows and keeps fresh: loaded at once, asked for again when the server tells that
// something happened, and from time to time while the page is seen; kept when the server does not
// answer for a while.
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { line, Problem } from '@/api/client'
import { hear, telling, type Told } from '@/events'

export interface Live<T> {
  data: Ref<T | undefined>
  problem: Ref<Problem | undefined>
  loading: Ref<boolean> // nothing is there to show yet
  refresh: () => Promise<void>
  put: (fresh: T) => void // what a change has answered: newer than what is being asked
}

export interface Hears {
  of?: (event: Told) => boolean // which events change it; without it any does, now and then
  rest?: number // ms between two looks while the server tells
  seen?: boolean // asked again when the person comes back to the page: nobody tells of its changes
}

const soonest = 200 // ms between two looks for what is known to have changed
const calm = 1_000 // the same for what may have

// `every` in ms, asked each time; 0 stops.
export function useLive<T>(load: () => Promise<T>, every: () => number = () => 0, hears: Hears = {}): Live<T> {
  const data = shallowRef<T>()
  const problem = shallowRef<Problem>()
  const loading = ref(true)
  let timer: ReturnType<typeof setTimeout> | undefined
  let soon: ReturnType<typeof setTimeout> | undefined
  let turn = 0
  let asked = 0 // when
  let busy = false
  let again = false // something happened while it was asked
  let over = false

  async function refresh() {
    clearTimeout(timer)
    clearTimeout(soon)
    soon = undefined
    const mine = ++turn
    asked = Date.now()
    busy = true
    again = false
    try {
      const fresh = await load()
      if (mine !== turn || over) return
      data.value = fresh
      problem.value = undefined
    } catch (error) {
      if (mine !== turn || over) return
      problem.value = error instanceof Problem ? error : new Problem(0, 'internal', String(error))
    }
    busy = false
    loading.value = false
    plan()
    if (again) askSoon()
  }

  function put(fresh: T) {
    clearTimeout(timer)
    ++turn
    busy = false
    data.value = fresh
    problem.value = undefined
    loading.value = false
    plan()
  }

  function plan() {
    clearTimeout(timer)
    let wait = every()
    // What could not be asked is asked again soon, whatever the server tells.
    if (wait > 0 && telling.value && !problem.value) wait = Math.max(wait, hears.rest ?? 0)
    if (wait > 0 && !over && !document.hidden) timer = setTimeout(() => void refresh(), wait)
  }

  function askSoon() {
    if (soon || over || document.hidden) return
    const gap = hears.of ? soonest : Math.max(calm, every() / 2)
    soon = setTimeout(() => void refresh(), Math.max(0, asked + gap - Date.now()))
  }

  function heard(event: Told | undefined) {
    // What nobody keeps fresh stays as it is, unless it is known to have changed.
    if (event && hears.of ? !hears.of(event) : every() <= 0) return
    if (busy) again = true
    else askSoon()
  }

  function seen() {
    if (document.hidden) {
      clearTimeout(timer)
      clearTimeout(soon)
      soon = undefined
    } else if (every() > 0 || hears.seen) void refresh()
  }

  // Another window had the focus, where it may have been changed.
  function focused() {
    if (hears.seen && !busy && Date.now() - asked > calm) void refresh()
  }

  // The back button may bring a page back as it was left.
  function back(event: PageTransitionEvent) {
    if (event.persisted) void refresh()
  }

  const deaf = hear(heard)
  const rests = watch(telling, () => {
    if (!busy) plan()
  })
  // What failed because nobody answered is asked again when somebody does.
  const lines = watch(() => line.away, (away) => {
    if (!away && !busy && problem.value?.reason === 'unreachable') void refresh()
  })
  document.addEventListener('visibilitychange', seen)
  addEventListener('pageshow', back)
  if (hears.seen) addEventListener('focus', focused)
  onScopeDispose(() => {
    over = true
    deaf()
    rests()
    lines()
    clearTimeout(timer)
    clearTimeout(soon)
    document.removeEventListener('visibilitychange', seen)
    removeEventListener('pageshow', back)
    removeEventListener('focus', focused)
  })
  void refresh()
  return { data, problem, loading, refresh, put }
}
