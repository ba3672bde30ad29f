/**
 * --import, before the service: 0x and Clinic take for JavaScript what has .js in its name, and hide the rest among the insides of V8.
 * So each TypeScript file is loaded as `reserve.ts?.js`; its code and its lines are the same.
 */
import { registerHooks } from 'node:module'

registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context)
    return /^file:.*\.ts$/.test(resolved.url) ? { ...resolved, url: `${resolved.url}?.js` } : resolved
  },
})
