/** What a screen reader is told without moving the focus: the one polite live region of the page. */
const region = document.getElementById('live')

export function say(text) {
  region.textContent = text
}
