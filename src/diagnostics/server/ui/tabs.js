/** Tabs after the pattern of the ARIA Authoring Practices; what is behind one is made when it is first looked at. */
import { h } from './dom.js'

let count = 0

export function makeTabs(label, parts) {
  const id = `tabs-${++count}`
  const panels = parts.map((_, index) =>
    h('div', {
      role: 'tabpanel',
      id: `${id}-${index}`,
      'aria-labelledby': `${id}-tab-${index}`,
      hidden: true,
    }),
  )
  const tabs = parts.map(([title], index) =>
    h(
      'button',
      {
        type: 'button',
        role: 'tab',
        id: `${id}-tab-${index}`,
        'aria-controls': `${id}-${index}`,
        onclick: () => open(index),
      },
      title,
    ),
  )
  function open(wanted) {
    tabs.forEach((tab, index) => {
      tab.setAttribute('aria-selected', String(index === wanted))
      tab.tabIndex = index === wanted ? 0 : -1
      panels[index].hidden = index !== wanted
    })
    if (!panels[wanted].hasChildNodes()) panels[wanted].append(parts[wanted][1]())
  }
  const row = h('div', { class: 'tabs', role: 'tablist', 'aria-label': label }, tabs)
  row.addEventListener('keydown', ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key]
    if (!step) return
    const next = (tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length
    open(next)
    tabs[next].focus()
  })
  open(0)
  return h('div', {}, row, panels)
}
