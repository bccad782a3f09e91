/**
 * The colours of what is drawn on a canvas, which no style sheet reaches.
 *
 * @module
 */

import { type Kind, KINDS } from "./kinds.ts";

/** Colours, as the style sheet has them for light and dark. */
export type Palette = Readonly<
  Record<Kind | "ground" | "text" | "muted" | "edge" | "on" | "cursor", string>
>;

/** The colours that the style sheet has right now. */
export function paletteOf(element: HTMLElement): Palette {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const [ended, waiting, working, paused, reclaiming, backingOff, failed] = KINDS.map(colour);
  const rest = { ground: colour("panel"), text: colour("text"), muted: colour("muted") };
  const more = { edge: colour("edge"), on: colour("on"), cursor: colour("accent") };
  const none = "gray";
  return {
    ended: ended ?? none,
    waiting: waiting ?? none,
    working: working ?? none,
    paused: paused ?? none,
    reclaiming: reclaiming ?? none,
    backingOff: backingOff ?? none,
    failed: failed ?? none,
    ...rest,
    ...more,
  };
}
