import { expect, it } from 'vitest'
import { ref } from 'vue'
import { useSelection } from './selection'

it('changes only what is chosen, shown and may be changed', () => {
  const rows = ref([{ id: 1 }, { id: 2 }, { id: 3, over: true }, { id: 4 }] as Array<{ id: number; over?: boolean }>)
  const pick = useSelection(rows, (row) => row.id, (row) => !row.over)
  const ids = () => pick.chosen.value.map((row) => row.id)
  pick.toggle(rows.value[0])
  expect(pick.some.value).toBe(true)
  pick.toggleAll()
  expect(ids()).toEqual([1, 2, 4])
  expect(pick.all.value).toBe(true)
  rows.value = rows.value.slice(1)
  expect(ids()).toEqual([2, 4])
  pick.toggle({ id: 4 })
  expect(ids()).toEqual([2])
  pick.clear()
  expect(ids()).toEqual([])
  expect(pick.all.value).toBe(false)
})
