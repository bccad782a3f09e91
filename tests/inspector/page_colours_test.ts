/**
 * The page can be read: every colour that writes has enough contrast to everything that lies behind it, light and dark (WCAG
 * 2.2, 1.4.3), and the borders of fields to what is around them (1.4.11).
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";

const TEXT_MIN = 4.5;
const FIELD_MIN = 3;

const css = Deno.readTextFileSync(new URL("../../src/inspector/page/page.css", import.meta.url));
const [light = {}, dark = {}] = [...css.matchAll(/:root \{([^}]*)\}/g)].map(([, body = ""]) =>
  Object.fromEntries([...body.matchAll(/--(\w+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [
    name,
    value,
  ]))
);

/** Relative luminance as WCAG 2.2 defines it. */
function luminanceOf(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrastOf(one = "", other = ""): number {
  assert(one !== "" && other !== "");
  const [low = 0, high = 0] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const KINDS = ["working", "waiting", "backingOff", "reclaiming", "paused", "failed", "ended"];

for (const [name, colours] of Object.entries({ light, dark: { ...light, ...dark } })) {
  Deno.test(`the page's ${name} colours can be read on all grounds`, () => {
    const weak: string[] = [];
    const check = (fore: string, grounds: readonly string[], min: number) => {
      for (const ground of grounds) {
        const ratio = contrastOf(colours[fore], colours[ground]);
        if (ratio < min) weak.push(`${fore} on ${ground}: ${ratio.toFixed(2)}`);
      }
    };
    const grounds = ["panel", "hover", "chosen", "ground"];
    for (const fore of ["text", "muted", "accent", ...KINDS]) check(fore, grounds, TEXT_MIN);
    check("on", ["working", "backingOff", "failed"], TEXT_MIN);
    check("field", ["panel"], FIELD_MIN);
    assertEquals(weak, []);
  });
}
