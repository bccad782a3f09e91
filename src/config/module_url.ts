/**
 * Where a module of the configuration is: what a file says, seen from the place of the file.
 *
 * @module
 */

/**
 * Makes a path absolute; `jsr:` and the like stay.
 *
 * @param base The URL that relative modules are seen from.
 */
export function moduleUrl(specifier: string, base: URL): string {
  if (/^(file|jsr|npm|https|data):/i.test(specifier)) return specifier;
  return URL.parse(specifier, base)?.href ?? specifier;
}
