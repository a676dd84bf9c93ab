// The currency of the installation, for the operator's pages.
import { ref } from 'vue'
import { call } from '@/api/client'

const currency = ref('')

export function useCurrency() {
  if (!currency.value)
    void call('setting_list', { query: { limit: 200 } }).then(
      ({ items }) => {
        const one = items.find(({ name }) => name === 'billing.currency')
        currency.value = one?.value || one?.fallback || ''
      },
      () => undefined, // an amount then stands without it
    )
  return currency
}
export const keepCurrency = (code: string) => void (currency.value = code)
