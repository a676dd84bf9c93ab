// Shows the mail that the page around hands over. This document has no origin and may load nothing
// but this script (src/console); what could run or leave is taken out, so that nothing is refused loudly.
addEventListener('message', (event) => {
  if (event.source !== parent || typeof event.data !== 'string') return
  const mail = new DOMParser().parseFromString(event.data, 'text/html')
  for (const one of mail.querySelectorAll('script, iframe, object, embed, base, meta, link, form'))
    one.remove()
  for (const one of mail.querySelectorAll('*'))
    for (const { name, value } of [...one.attributes])
      if (/^on/i.test(name) || (/^(href|src|srcset|background|poster|action|xlink:href)$/i.test(name) && !/^data:image\//i.test(value)))
        one.removeAttribute(name)
  document.replaceChild(document.adoptNode(mail.documentElement), document.documentElement)
})
parent.postMessage('ready', '*')
