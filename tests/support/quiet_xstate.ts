/**
 * Leaves out two warnings of XState's development build that tell of nothing in our machines, and would be thousands of
 * lines: its own message that a child has ended, to a parent that ended first, and its own use of `assign` when an action
 * starts a child. What else it warns of is shown; imported for its effect.
 *
 * @module
 */

const KNOWN = [
  /^Event "xstate\.done\.actor\.[^"]*" was sent to stopped actor /,
  /^Custom actions should not call `assign\(\)` directly/,
];

const { warn } = console;
console.warn = (...parts: unknown[]) => {
  const text = String(parts[0]);
  if (!KNOWN.some((known) => known.test(text))) warn(...parts);
};
