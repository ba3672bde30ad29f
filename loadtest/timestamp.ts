/** Now, as folders of reports are named by it: 20261128T093313Z. */
export function timestamp(): string {
  return new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')
}
