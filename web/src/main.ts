import { createApp } from 'vue'
import App from '@/App.vue'
import { i18n } from '@/i18n'
import { makeRouter } from '@/router'
import { loadAccounts, probe, session } from '@/session'
import '@/theme'
import '@/styles.css'

async function ask() {
  try {
    if (await probe()) await loadAccounts()
  } catch {
    // The page shows that the server does not answer, and tries again.
  }
}

// The first address is judged, and its page fetched, while a sign of life is shown.
const router = makeRouter(ask())
createApp(App).use(i18n).use(router).mount('#app')
void router.isReady().catch(() => undefined).then(() => (session.asked = true))
