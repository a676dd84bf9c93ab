// One file to the server as it is, with its progress: fetch tells none.
import { addressOf, answered, link, Problem, problemFrom, type Answer, type Given, type Name } from '@/api/client'

const patience = 300_000 // ms that a file may take on a slow line

export interface Upload<T> {
  done: Promise<T>
  stop: () => void
}

export function upload<N extends Name>(name: N, given: Given<N>, file: Blob, progress: (part: number) => void): Upload<Answer<N>> {
  const request = new XMLHttpRequest()
  const done = new Promise<Answer<N>>((resolve, reject) => {
    request.open('POST', addressOf(name, given))
    request.timeout = patience
    request.setRequestHeader('Content-Type', file.type)
    if (link.csrf) request.setRequestHeader('X-Posthouse-Csrf', link.csrf)
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total)
    request.onload = () => {
      answered()
      let body: unknown
      try {
        body = JSON.parse(request.responseText)
      } catch {
        body = undefined
      }
      if (request.status >= 200 && request.status < 300 && body !== undefined) resolve(body as Answer<N>)
      else reject(problemFrom(request.status, body))
    }
    request.onerror = request.ontimeout = () => reject(new Problem(0, 'unreachable', ''))
    request.onabort = () => reject(new Problem(0, 'cancelled', ''))
    request.send(file)
  })
  return { done, stop: () => request.abort() }
}
