// The guide's Markdown as HTML: headings with anchors, paragraphs, lists, code, links, pictures. All
// text is escaped; what is not in this list is shown as it stands.
export interface Places {
  link: (to: string) => string // of `domains.md#records`, `/domains`, `https://…`
  picture: (name: string) => string | undefined // none: left out
}
export interface Shown {
  title: string // the first heading; the page shows it itself
  html: string
}

const escape = (text: string) =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c)

export const anchor = (heading: string) =>
  heading.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '')

function words(text: string, places: Places): string {
  const rich = (piece: string) =>
    escape(piece)
      .replace(/!\[([^\]]*)\]\(([^)\s]+)\)/g, (_, alt: string, name: string) => {
        const at = places.picture(name)
        return at ? `<img src="${escape(at)}" alt="${alt}" loading="lazy">` : ''
      })
      .replace(/\[([^\]]+)\]\(([^)\s]+)\)/g, (_, name: string, to: string) => `<a class="link" href="${places.link(to)}">${name}</a>`)
      .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
  return text
    .split(/(`[^`]+`)/)
    .map((piece, at) => (at % 2 ? `<code>${escape(piece.slice(1, -1))}</code>` : rich(piece)))
    .join('')
}

function list(lines: string[], places: Places): string {
  const items: string[] = []
  for (const line of lines) {
    const begins = /^(?:- |\d+\. )(.*)/.exec(line)
    if (begins) items.push(begins[1])
    else items[items.length - 1] += ` ${line.trim()}`
  }
  const kind = lines[0].startsWith('- ') ? 'ul' : 'ol'
  return `<${kind}>${items.map((item) => `<li>${words(item, places)}</li>`).join('')}</${kind}>`
}

export function show(markdown: string, places: Places): Shown {
  let title = ''
  const out: string[] = []
  // A block of code may have empty lines in it.
  for (const piece of markdown.split(/^(```[\s\S]*?^```)$/m)) {
    if (piece.startsWith('```')) {
      out.push(`<pre class="source" tabindex="0">${escape(piece.replace(/^```.*\n|\n?```$/g, ''))}</pre>`)
      continue
    }
    for (const block of piece.split(/\n\s*\n/).map((text) => text.trim()).filter(Boolean)) {
      const heading = /^(#{1,3}) (.*)$/.exec(block)
      if (heading?.[1] === '#') title = heading[2]
      else if (heading) {
        const level = heading[1].length
        out.push(`<h${level} id="${anchor(heading[2])}">${words(heading[2], places)}</h${level}>`)
      } else if (/^(- |\d+\. )/.test(block)) out.push(list(block.split('\n'), places))
      else out.push(`<p>${words(block.replaceAll('\n', ' '), places)}</p>`)
    }
  }
  return { title, html: out.join('\n') }
}
