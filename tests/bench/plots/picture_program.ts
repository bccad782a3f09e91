/**
 * Draws a description of Vega-Lite, read from the standard input, as SVG on the standard output. It runs with the
 * configuration `vega.jsonc`, and without any permission.
 *
 * @module
 */

/** Variables, because the packages are found only with that configuration. */
const VEGA = "vega";
const VEGA_LITE = "vega-lite";

/** What is used of Vega. */
interface Vega {
  readonly parse: (spec: unknown) => unknown;
  readonly View: new (
    runtime: unknown,
    options: { readonly renderer: "none" },
  ) => { toSVG(): Promise<string> };
}

/** What is used of Vega-Lite. */
interface VegaLite {
  readonly compile: (spec: unknown) => { readonly spec: unknown };
}

if (import.meta.main) {
  const { View, parse }: Vega = await import(VEGA);
  const { compile }: VegaLite = await import(VEGA_LITE);
  const { spec } = compile(JSON.parse(await new Response(Deno.stdin.readable).text()));
  const svg = await new View(parse(spec), { renderer: "none" }).toSVG();
  await new Response(svg).body?.pipeTo(Deno.stdout.writable);
}
