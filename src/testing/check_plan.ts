/**
 * Whether a plan can be run. One that was written by hand, or whose parts were left out, may name what it does not have.
 *
 * @module
 */

import { InvalidOptionError } from "../domain/errors.ts";
import type { Plan } from "./plan.ts";

/**
 * Checks a plan.
 *
 * @throws {InvalidOptionError} At the first thing that it names and does not have, or has twice.
 */
export function checkPlan(plan: Plan): void {
  const groups = new Set(plan.groups.map(nameOf));
  const streams = new Set(plan.groups.map(({ stream }) => stream));
  checkDistinct("groups", plan.groups.map(nameOf));
  checkDistinct("processes", plan.processes.map(({ process }) => process));
  checkDistinct("entries", plan.entries.map(({ number }) => String(number)));
  for (const { process, members } of plan.processes) {
    if (members.length === 0) {
      throw new InvalidOptionError("processes", `"${process}" without members`, "at least one");
    }
    for (const member of members) checkKnown("members", nameOf(member), groups);
  }
  const attended = new Set(plan.processes.flatMap(({ members }) => members.map(nameOf)));
  for (const group of plan.groups) {
    if (!attended.has(nameOf(group))) {
      throw new InvalidOptionError("groups", `"${nameOf(group)}" without anybody`, "a member");
    }
  }
  for (const { stream } of plan.entries) checkKnown("entries", stream, streams);
}

function nameOf({ stream, group }: { readonly stream: string; readonly group: string }): string {
  return `${stream}/${group}`;
}

function checkDistinct(option: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new InvalidOptionError(option, `"${name}" twice`, "each once");
    seen.add(name);
  }
}

function checkKnown(option: string, name: string, known: ReadonlySet<string>): void {
  if (known.has(name)) return;
  throw new InvalidOptionError(option, `of "${name}"`, "a group of the plan");
}
