// Data that a page shows and keeps fresh: loaded at once, asked for again while the page is seen,
// kept when the server does not answer for a while.
import { onScopeDispose, ref, shallowRef, type Ref } from 'vue'
import { Problem } from '@/api/client'

export interface Live<T> {
  data: Ref<T | undefined>
  problem: Ref<Problem | undefined>
  loading: Ref<boolean> // nothing is there to show yet
  refresh: () => Promise<void>
  put: (fresh: T) => void // what a change has answered: newer than what is being asked
}

// `every` in ms, asked each time; 0 stops.
export function useLive<T>(load: () => Promise<T>, every: () => number = () => 0): Live<T> {
  const data = shallowRef<T>()
  const problem = shallowRef<Problem>()
  const loading = ref(true)
  let timer: ReturnType<typeof setTimeout> | undefined
  let turn = 0
  let over = false

  async function refresh() {
    clearTimeout(timer)
    const mine = ++turn
    try {
      const fresh = await load()
      if (mine !== turn || over) return
      data.value = fresh
      problem.value = undefined
    } catch (error) {
      if (mine !== turn || over) return
      problem.value = error instanceof Problem ? error : new Problem(0, 'internal', String(error))
    }
    loading.value = false
    plan()
  }

  function put(fresh: T) {
    clearTimeout(timer)
    ++turn
    data.value = fresh
    problem.value = undefined
    loading.value = false
    plan()
  }

  function plan() {
    const wait = every()
    if (wait > 0 && !over && !document.hidden) timer = setTimeout(() => void refresh(), wait)
  }

  function seen() {
    if (document.hidden) clearTimeout(timer)
    else if (every() > 0) void refresh()
  }

  // The back button may bring a page back as it was left.
  function back(event: PageTransitionEvent) {
    if (event.persisted) void refresh()
  }

  document.addEventListener('visibilitychange', seen)
  addEventListener('pageshow', back)
  onScopeDispose(() => {
    over = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', seen)
    removeEventListener('pageshow', back)
  })
  void refresh()
  return { data, problem, loading, refresh, put }
}
