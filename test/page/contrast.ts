/**
 * Runs in the page: the texts whose colour is too close to what is behind it, by WCAG 2.2, 1.4.3: 4.5 to 1, and 3 to 1 for
 * large ones. Backgrounds here are plain colours.
 */
export const tooFaint = `(() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number)
  const luminance = (colour) => {
    const [r, g, b] = channels(colour).slice(0, 3).map((value) => {
      const share = value / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const isOpaque = (colour) => channels(colour).length === 3
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor
      if (isOpaque(colour)) return colour
    }
    return 'rgb(255, 255, 255)'
  }
  const faint = []
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join('').trim()
    if (text === '' || !element.checkVisibility() || element.closest('.visually-hidden, svg, option')) continue
    const style = getComputedStyle(element)
    const [light, dark] = [luminance(style.color), luminance(behind(element))].sort((a, b) => b - a)
    const size = parseFloat(style.fontSize)
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700)
    const ratio = (light + 0.05) / (dark + 0.05)
    if (ratio < (isLarge ? 3 : 4.5)) faint.push(text + ': ' + ratio.toFixed(2))
  }
  return faint
})()`
