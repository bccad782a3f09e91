/**
 * Rows in which the server refuses the service: who it is, what it may do, or the type of a key.
 *
 * @module
 */

import { BROKEN, type Expected, QUIET, type ServerRow } from "./row.ts";
import { SECRET, type ServerStage } from "./stage.ts";

const HOLD_MS = 1_500;

/** Refused: a consumer may be started again a few times in vain, and is then given up. */
const DENIED: Pick<Expected, "classes" | "reports" | "losses"> = {
  ...QUIET,
  classes: ["restart", "give up"],
};

/** All rows. */
export const REFUSALS: readonly ServerRow[] = [
  {
    name: "NOAUTH: a password is wanted from now on",
    holdMs: HOLD_MS,
    async begin({ admin }) {
      await admin.config("SET", "requirepass", SECRET);
      await admin.client("KILL", "USER", "default");
    },
    end: async ({ admin }) => void await admin.config("SET", "requirepass", ""),
    expected: { ...DENIED, tells: "NOAUTH", reasons: ["NOAUTH", "ACCESS_DENIED", ...BROKEN] },
  },
  {
    name: "WRONGPASS: the password was changed",
    asUser: true,
    holdMs: HOLD_MS,
    async begin({ admin }) {
      await admin.call("ACL", "SETUSER", "app", "resetpass", ">another");
      await admin.client("KILL", "USER", "app");
    },
    end: async ({ admin }) => void await admin.call("ACL", "SETUSER", "app", `>${SECRET}`),
    expected: { ...DENIED, tells: "WRONGPASS", reasons: ["WRONGPASS", "ACCESS_DENIED", ...BROKEN] },
  },
  denied("NOPERM: no command that reads", ["-xreadgroup", "-xread"], ["+xreadgroup", "+xread"]),
  denied("NOPERM: no scripts", ["-evalsha", "-eval"], ["+evalsha", "+eval"]),
  denied("NOPERM: a command inside scripts", ["-xack"], ["+xack"]),
  denied("NOPERM: the keys", ["resetkeys", "~elsewhere"], ["resetkeys", "~*"]),
  wrongType("the stream", ({ first }) => first.source),
  wrongType("the checkpoint", (stage) => stage.checkpointKey(stage.first)),
  wrongType("the outputs", ({ first }) => first.outputs),
  {
    name: "the ids of the outputs are used up",
    holdMs: HOLD_MS,
    begin: async ({ admin, first }) => void await admin.xadd(first.outputs, ID_MAX, "last", "1"),
    async end({ admin, first }) {
      await admin.xdel(first.outputs, ID_MAX);
      const [[last = ""] = []] = await admin.xrevrange(first.outputs, "+", "-", "COUNT", 1);
      await admin.call("XSETID", first.outputs, last);
    },
    isFrozen: true,
    expected: {
      ...QUIET,
      classes: ["give up"],
      tells: "STREAM_EXHAUSTED",
      reasons: ["STREAM_EXHAUSTED"],
    },
  },
];

const ID_MAX = "18446744073709551615-18446744073709551615";

/** The user of the service loses rights, and gets them back. */
function denied(name: string, taken: readonly string[], given: readonly string[]): ServerRow {
  return {
    name,
    asUser: true,
    holdMs: HOLD_MS,
    begin: async ({ admin }) => void await admin.call("ACL", "SETUSER", "app", ...taken),
    end: async ({ admin }) => void await admin.call("ACL", "SETUSER", "app", ...given),
    expected: { ...DENIED, tells: "NOPERM", reasons: ["NOPERM", "ACCESS_DENIED", ...BROKEN] },
  };
}

/** Something else is in the place of a key; the key itself is kept beside it. */
function wrongType(what: string, keyOf: (stage: ServerStage) => string): ServerRow {
  const aside = (key: string) => `${key}:aside`;
  return {
    name: `WRONGTYPE on ${what}`,
    holdMs: HOLD_MS,
    async begin(stage) {
      const key = keyOf(stage);
      await stage.admin.multi().rename(key, aside(key)).set(key, "something else").exec();
    },
    async end(stage) {
      const key = keyOf(stage);
      await stage.admin.multi().del(key).rename(aside(key), key).exec();
    },
    isFrozen: true,
    expected: { ...QUIET, classes: ["give up"], tells: "WRONG_TYPE", reasons: ["WRONG_TYPE"] },
  };
}
