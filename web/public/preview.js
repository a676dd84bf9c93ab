// Shows the mail that the page around hands over. This document has no origin and may load nothing
// but this script (src/console); what could run or leave is taken out, so that nothing is refused loudly.

// Chromium holds a handler such as onclick against the policy as soon as it is parsed, wherever that
// is, and reports it. So they are dropped from the text; one that is missed runs as little.
function withoutHandlers(html) {
  const attribute = /[\s/]*([^\s/>=][^\s/>=]*|=[^\s/>=]*)(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"'][^\s>]*)?)?/y
  const part = /<!--|<([a-z][^\s/>]*)/gi
  let out = ''
  let done = 0
  for (let found; (found = part.exec(html)); ) {
    if (!found[1]) {
      const end = html.indexOf('-->', part.lastIndex)
      if (end < 0) break
      part.lastIndex = end + 3
      continue
    }
    attribute.lastIndex = part.lastIndex
    for (let one, at = part.lastIndex; (one = attribute.exec(html)); at = part.lastIndex = attribute.lastIndex)
      if (/^on/i.test(one[1])) {
        out += html.slice(done, at) + ' '
        done = attribute.lastIndex
      }
    // What stands in these is text, however much it looks like tags.
    if (/^(?:script|style|textarea|title|xmp|iframe|noembed|noframes)$/i.test(found[1])) {
      const end = new RegExp(`</${found[1]}`, 'gi')
      end.lastIndex = part.lastIndex
      if (!end.exec(html)) break
      part.lastIndex = end.lastIndex
    }
  }
  return out + html.slice(done)
}

addEventListener('message', (event) => {
  if (event.source !== parent || typeof event.data !== 'string') return
  const mail = new DOMParser().parseFromString(withoutHandlers(event.data), 'text/html')
  for (const one of mail.querySelectorAll('script, iframe, object, embed, base, meta, link, form'))
    one.remove()
  for (const one of mail.querySelectorAll('*'))
    for (const { name, value } of [...one.attributes])
      if (/^on/i.test(name) || (/^(href|src|srcset|background|poster|action|xlink:href)$/i.test(name) && !/^data:image\//i.test(value)))
        one.removeAttribute(name)
  document.replaceChild(document.adoptNode(mail.documentElement), document.documentElement)
})
parent.postMessage('ready', '*')
