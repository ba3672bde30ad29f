/** One result: a flame graph, speedscope, the functions, and every form to take away. */
import { button, h, problem } from './dom.js'
import { drawFlame } from './flame.js'
import { treeOf } from './flame-tree.js'
import { functionTable } from './function-table.js'
import { isDifference, routesOf, sideOf, withoutIdle } from './functions.js'
import { converted, save, viewed } from './result-of.js'
import { makeTabs } from './tabs.js'
import { inWords } from './units.js'

const FORMS = {
  pprof: 'pb.gz',
  cpuprofile: 'cpuprofile',
  heapprofile: 'heapprofile',
  speedscope: 'speedscope.json',
  folded: 'folded.txt',
  html: 'html',
}

export function makeResultView(result) {
  if (result.profile) return profileView(result)
  const saveIt = button('Save', () => save(new Blob([result.bytes], { type: result.type }), result.fileName))
  const text = result.text === null ? null : h('pre', { tabindex: 0 }, result.text)
  return h(
    'div',
    {},
    h('p', { class: 'result-head' }, `${inWords(result.bytes.byteLength, 'B')} `, saveIt),
    text,
  )
}

function profileView(result) {
  const element = h('div', { class: 'result' })
  let whole = result.profile
  let profile = withoutIdle(whole)
  let route = null
  let side = 'came'

  function draw() {
    const shown = isDifference(profile) ? sideOf(profile, side) : profile
    const tabs = makeTabs('Result', [
      ['Flame graph', () => flame(shown, route)],
      ['Functions', () => functionTable(shown, { route })],
      ['speedscope', () => speedscope(result, profile)],
      ['Take away', () => takeAway(result, profile)],
    ])
    element.replaceChildren(
      h('div', { class: 'result-head' }, typeField(), sideField(), routeField(), idleField(), about(shown)),
      tabs,
    )
  }

  const about = (shown) => {
    const sum = shown.stacks.reduce((total, { value }) => total + value, 0)
    return h(
      'p',
      { class: 'muted' },
      `${inWords(sum, profile.unit)} of ${profile.type} in ${inWords(profile.durationMs / 1000, 's')}, ${shown.stacks.length.toLocaleString('en-GB')} stacks`,
    )
  }

  function typeField() {
    const select = h(
      'select',
      {},
      profile.types.map((type) => h('option', { selected: type === profile.type }, type)),
    )
    select.addEventListener('change', async () => {
      try {
        whole = await viewed(result.bytes, { type: select.value })
        profile = withoutIdle(whole)
        draw()
      } catch (error) {
        element.append(problem(error))
      }
    })
    return h('label', { class: 'field' }, 'Value', select)
  }

  function sideField() {
    if (!isDifference(profile)) return null
    const options = [
      ['came', 'what came'],
      ['gone', 'what is gone'],
    ].map(([value, text]) => h('option', { value, selected: value === side }, text))
    const select = h('select', {}, options)
    select.addEventListener('change', () => {
      side = select.value
      draw()
    })
    return h('label', { class: 'field' }, 'Difference', select)
  }

  function idleField() {
    if (withoutIdle(whole).stacks.length === whole.stacks.length) return null
    const box = h('input', { type: 'checkbox', checked: profile === whole })
    box.addEventListener('change', () => {
      profile = box.checked ? whole : withoutIdle(whole)
      draw()
    })
    return h('label', { class: 'check' }, box, 'with idle time')
  }

  function routeField() {
    const routes = routesOf(profile)
    if (routes.length < 2) return null
    const options = routes.map(([name]) =>
      h('option', { value: name, selected: name === route }, name || '(no route)'),
    )
    const select = h(
      'select',
      {},
      h('option', { value: '*', selected: route === null }, 'all routes'),
      options,
    )
    select.addEventListener('change', () => {
      route = select.value === '*' ? null : select.value
      draw()
    })
    return h('label', { class: 'field' }, 'Route', select)
  }

  draw()
  return element
}

function flame(profile, route) {
  const element = h('div')
  drawFlame(element, treeOf(profile, { route }), { unit: profile.unit })
  const kinds = [
    ['own', 'own code'],
    ['package', 'packages'],
    ['node', 'Node.js'],
    ['native', 'native'],
  ].map(([kind, text]) => h('span', {}, swatch(`${kind} shade-0`), text))
  return h('div', {}, element, h('p', { class: 'key' }, kinds))
}

export const swatch = (name) =>
  h('span', { class: 'flame', 'aria-hidden': 'true' }, h('span', { class: `box ${name}` }))

/** In a frame of this origin; it reads the profile from the memory of this page, so that nothing is captured twice. */
function speedscope(result, profile) {
  const frame = h('iframe', { title: 'speedscope' })
  void converted(result.bytes, 'speedscope', profile.type).then((blob) => {
    const url = URL.createObjectURL(blob)
    frame.src = `/speedscope/#profileURL=${encodeURIComponent(url)}&title=${encodeURIComponent(result.title)}`
  })
  return frame
}

/** DevTools has a form for time and one for bytes, and neither for a difference. */
function formsOf(profile) {
  const left = isDifference(profile)
    ? ['cpuprofile', 'heapprofile', 'html']
    : [profile.unit === 'bytes' ? 'cpuprofile' : 'heapprofile']
  return Object.entries(FORMS).filter(([format]) => !left.includes(format))
}

function takeAway(result, profile) {
  const failed = h('div')
  const forms = formsOf(profile).map(([format, ending]) =>
    button(format, async () => {
      try {
        const blob =
          format === 'pprof' ? new Blob([result.bytes]) : await converted(result.bytes, format, profile.type)
        save(blob, `${result.name}.${ending}`)
      } catch (error) {
        failed.replaceChildren(problem(error))
      }
    }),
  )
  const command = `go tool pprof ${location.origin}${result.address}`
  const copied = h('span', { role: 'status' })
  const copy = button('Copy', async () => {
    await navigator.clipboard.writeText(command)
    copied.textContent = 'Copied.'
  })
  return h(
    'div',
    {},
    h(
      'p',
      { class: 'actions' },
      forms,
      result.archive &&
        button('the whole archive', () =>
          save(new Blob([result.archive.bytes], { type: result.type }), result.archive.fileName),
        ),
    ),
    failed,
    h('h3', {}, 'The same for the Go tool'),
    h('p', { class: 'command' }, h('code', {}, command), copy, copied),
  )
}
