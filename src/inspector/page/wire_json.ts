/**
 * JSON of the routes: its members are written `snake_case`, those of the page `camelCase`; this is the one place that
 * knows. Messages of the recorder are not made so and are not read by it.
 *
 * @module
 */

/** Reads an answer of the service, which is trusted to have the shape that its OpenAPI document says. */
export function parseWire<Shape>(text: string): Shape {
  return JSON.parse(text, (_, value: unknown) => renamed(value));
}

function renamed(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [camelCase(key), inner]));
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
