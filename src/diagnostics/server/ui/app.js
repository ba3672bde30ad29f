/** Puts the page together: four views, chosen by the address's fragment, and the state of things above them. */
import { makeFlight } from './in-flight.js'
import { makeKept } from './kept.js'
import { makeLive } from './live.js'
import { makeProfile } from './profile.js'
import { watchHealth } from './state.js'

const views = ['live', 'profile', 'now', 'kept']
const made = new Map()
const makers = {
  live: makeLive,
  profile: makeProfile,
  now: makeFlight,
  kept: (element) => makeKept(element, { open: openResult }),
}

/** Shows a profile that another view has, among the results. */
function openResult(result) {
  view('profile').add(result)
  location.hash = '#profile'
}

function view(name) {
  if (!made.has(name)) made.set(name, makers[name](document.getElementById(name)))
  return made.get(name)
}

function show() {
  const wanted = location.hash.slice(1)
  const current = views.includes(wanted) ? wanted : 'live'
  for (const name of views) {
    document.getElementById(name).hidden = name !== current
    const link = document.querySelector(`nav a[href="#${name}"]`)
    if (name === current) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
  view(current).enter?.()
}

addEventListener('hashchange', show)
document.querySelector('.skip').addEventListener('click', (clicked) => {
  clicked.preventDefault()
  document.getElementById('main').focus()
})
// The live view polls for all: the line above every view says whether the service answers.
view('live')
show()
watchHealth()
