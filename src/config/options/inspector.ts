/**
 * The options of the section `inspector`: whether the process shows what it does, to whom, and whether it takes commands.
 *
 * @module
 */

import type { Option } from "../option.ts";

/** The section `inspector`, by the names of the program. */
export const inspector = {
  enabled: {
    path: "inspector.enabled",
    text:
      "Whether the inspector is served at /inspector, by http.port or else at port 7070 of this machine; as --inspect.",
    kind: "flag",
    default: false,
  },
  commands: {
    path: "inspector.commands",
    text:
      "Whether inspectors may pause, drain and restart consumers and replay dead letters; as --inspect-control.",
    kind: "flag",
    default: false,
  },
  followed: {
    path: "inspector.followed",
    text:
      "Whether inspectors of other processes on the same broker may look at this one; next to nothing while none does.",
    kind: "flag",
    default: false,
  },
  framesMax: {
    path: "inspector.frames_max",
    text: "How many transitions are kept to step back through; some 300 bytes each.",
    kind: "integer",
    default: 10_000,
    unit: "transitions",
    min: 100,
    max: 1_000_000,
  },
} as const satisfies Record<string, Option>;
