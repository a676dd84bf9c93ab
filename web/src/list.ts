// A list by cursor: its first page is kept fresh, further ones are added below on demand.
import { computed, ref, shallowRef } from 'vue'
import { Problem } from '@/api/client'
import { problemText } from '@/i18n/said'
import { useLive, type Hears } from '@/live'
import { toast } from '@/ui/toast'

export interface Page<T> {
  items: T[]
  next_cursor: string | null
}

// `key` tells items apart when the fresh first page moves into the ones below.
export function useList<T>(
  load: (cursor?: string) => Promise<Page<T>>,
  key: (item: T) => string | number,
  every: () => number = () => 0,
  hears: Hears = {},
) {
  const more = shallowRef<T[]>([])
  const next = ref<string | null>()
  const busy = ref(false)
  let turn = 0 // of a list that began anew, older answers are not its own
  const live = useLive(async () => {
    const page = await load()
    if (more.value.length === 0) next.value = page.next_cursor
    return page
  }, every, hears)
  // A row that new ones have pushed off the first page is not lost: pages below overlap it.
  const items = computed<T[] | undefined>(() => {
    if (!live.data.value) return undefined
    const first = live.data.value.items
    if (more.value.length === 0) return first
    const seen = new Set(first.map(key))
    return [...first, ...more.value.filter((item) => !seen.has(key(item)))]
  })
  async function loadMore() {
    if (!next.value || busy.value) return
    busy.value = true
    const mine = turn
    try {
      const page = await load(next.value)
      if (mine !== turn) return
      const above = more.value.length ? more.value : (live.data.value?.items ?? [])
      more.value = [...above, ...page.items]
      next.value = page.next_cursor
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      // What is there stays, and the button can be pressed again.
      toast(problemText(error))
    } finally {
      busy.value = false
    }
  }
  function reset() {
    ++turn
    more.value = []
    next.value = null
    return live.refresh()
  }
  // All of it, where it is searched here: up to `most` items.
  async function loadAll(most = 5_000) {
    while (next.value && (items.value?.length ?? 0) < most) {
      const before = next.value
      await loadMore()
      if (next.value === before) return
    }
  }
  return { ...live, items, hasMore: computed(() => !!next.value), busy, loadMore, loadAll, reset }
}
