// The files of a mail that is being written, in the browser's own database: they outlive a reload and a
// lost session like the words (draft.ts), in this browser window and for this person.
export interface DraftFile {
  filename: string
  content_type: string
  content: string // base64
  size: number // octets
}

const base = 'posthouse'
const table = 'draft-files'

// Of this window: another one writes another mail.
function windowName(): string {
  const name = sessionStorage.getItem('posthouse.window') ?? crypto.getRandomValues(new Uint32Array(3)).join('-')
  sessionStorage.setItem('posthouse.window', name)
  return name
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(base, 1)
    asked.onupgradeneeded = () => asked.result.createObjectStore(table)
    asked.onsuccess = () => resolve(asked.result)
    asked.onerror = () => reject(asked.error)
  })
}

async function within<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | undefined> {
  try {
    const db = await open()
    try {
      return await new Promise<T>((resolve, reject) => {
        const asked = work(db.transaction(table, mode).objectStore(table))
        asked.onsuccess = () => resolve(asked.result)
        asked.onerror = () => reject(asked.error)
      })
    } finally {
      db.close()
    }
  } catch {
    // A browser that keeps nothing: the page still has them.
    return undefined
  }
}

interface Kept {
  window: string
  at: number
  files: DraftFile[]
}
const stale = 7 * 86_400_000 // ms; of windows that were closed

export async function keptFiles(email: string): Promise<DraftFile[]> {
  const kept = (await within('readonly', (store) => store.get(`${email} ${windowName()}`))) as Kept | undefined
  void sweep()
  return kept?.files ?? []
}

export async function keepFiles(email: string, files: DraftFile[]): Promise<void> {
  const key = `${email} ${windowName()}`
  if (!files.length) return void (await within('readwrite', (store) => store.delete(key)))
  const kept: Kept = { window: windowName(), at: Date.now(), files: files.map((file) => ({ ...file })) }
  await within('readwrite', (store) => store.put(kept, key))
}

// All of this person's, of every window.
export async function forgetFiles(email: string): Promise<void> {
  const keys = (await within('readonly', (store) => store.getAllKeys())) ?? []
  for (const key of keys) if (String(key).startsWith(`${email} `)) await within('readwrite', (store) => store.delete(key))
}

async function sweep() {
  const keys = (await within('readonly', (store) => store.getAllKeys())) ?? []
  for (const key of keys) {
    const kept = (await within('readonly', (store) => store.get(key))) as Kept | undefined
    if (kept && Date.now() - kept.at > stale) await within('readwrite', (store) => store.delete(key))
  }
}
