// Rows of a list that are chosen for one change together.
import { computed, ref, type Ref } from 'vue'

export function useSelection<T>(shown: Ref<T[] | undefined>, key: (item: T) => string | number, may: (item: T) => boolean = () => true) {
  const keys = ref(new Set<string | number>())
  const choosable = computed(() => shown.value?.filter(may) ?? [])
  // What is filtered away or gone is not changed unseen.
  const chosen = computed(() => choosable.value.filter((item) => keys.value.has(key(item))))
  const any = computed(() => choosable.value.length > 0)
  const all = computed(() => choosable.value.length > 0 && chosen.value.length === choosable.value.length)
  const some = computed(() => chosen.value.length > 0 && !all.value)
  const has = (item: T) => keys.value.has(key(item))
  function toggle(item: T) {
    const one = key(item)
    if (!keys.value.delete(one)) keys.value.add(one)
  }
  const clear = () => keys.value.clear()
  function toggleAll() {
    if (all.value) return clear()
    keys.value = new Set(choosable.value.map(key))
  }
  return { chosen, any, all, some, has, toggle, toggleAll, clear }
}
