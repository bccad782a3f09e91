/**
 * What the bodies of some paths may be, where that is not what all others may: such rules come with the routes that need
 * them, so that nobody has to tell the server of both.
 *
 * @module
 */

import { InvalidOptionError } from "../domain/errors.ts";
import type { HttpLimits } from "./http_limits.ts";

/** The bounds of one body. */
export type BodyBounds = Pick<HttpLimits, "bodyBytesMax" | "bodyMsMax">;

/** The rule for the bodies of all requests below one path. What it does not say is as everywhere else. */
export interface BodyRule extends Partial<BodyBounds> {
  /** The path, with a slash at both ends, such as `/streams/`. */
  readonly path: string;
  /**
   * Whether a body may have any content type, not only JSON. There only Origin and Sec-Fetch-Site keep out the forms of
   * other pages. Default no.
   */
  readonly takesAnyType?: boolean;
}

/** Whether a text can be what several paths begin with: parts between slashes, of characters that nobody encodes. */
export function isFolderPath(text: string): boolean {
  return /^\/(?:[\w.~-]+\/)+$/.test(text);
}

/**
 * Checks rules.
 *
 * @throws {InvalidOptionError} For a path that would not be one folder of paths.
 */
export function checkBodyRules(rules: readonly BodyRule[]): void {
  for (const { path } of rules) {
    if (!isFolderPath(path)) {
      throw new InvalidOptionError("bodyRules.path", path, 'a path such as "/streams/"');
    }
  }
}

/**
 * The rule for a request.
 *
 * @param request Its address decides, as it was sent: what is written in another way is another path.
 * @param rules The first one that fits counts.
 */
export function bodyRuleOf(
  { url }: Pick<Request, "url">,
  rules: readonly BodyRule[],
): BodyRule | undefined {
  const pathname = URL.parse(url)?.pathname ?? "";
  return rules.find(({ path }) => pathname.startsWith(path));
}
