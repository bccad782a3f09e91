/**
 * The section `runs`, and its list of kinds.
 *
 * @module
 */

import type { RunKindConfig, RunsConfig } from "./config.ts";
import { moduleUrl } from "./module_url.ts";
import type { Option } from "./option.ts";
import { options } from "./options.ts";
import type { Section } from "./section.ts";

/**
 * Reads the section.
 *
 * @param base The URL that relative modules are seen from.
 */
export function readRuns(section: Section, base: URL): RunsConfig {
  const { runs } = options;
  const seen = new Set<string>();
  return {
    ttlMs: section.integer(runs.ttlMs),
    lengthMax: section.integer(runs.lengthMax),
    bufferEventsMax: section.integer(runs.bufferEventsMax),
    leaseMs: section.integer(runs.leaseMs),
    cancelMs: section.integer(runs.cancelMs),
    kinds: section.list("kinds", { mayBeEmpty: true })
      .flatMap((item) => readKind(item, { base, seen })),
  };
}

/** Two modules of one kind are found when they are loaded. */
function readKind(
  section: Section,
  { base, seen }: { readonly base: URL; readonly seen: Set<string> },
): RunKindConfig[] {
  const { module, external } = options.runKinds;
  const path = section.optionalText(module);
  const name = section.optionalText(external);
  if (section.gives(module) && section.gives(external)) {
    section.conflict(external, "either this or a module, not both");
    return [];
  }
  if (!section.gives(module) && !section.gives(external)) {
    section.reject("", "has neither a module nor external, wanted one of them");
    return [];
  }
  if (path !== undefined) {
    const kind = { module: moduleUrl(path, base) };
    checkIsNew(section, { option: module, key: kind.module, seen });
    return [kind];
  }
  if (name === undefined) return []; // it was told already
  checkIsNew(section, { option: external, key: `external ${name}`, seen });
  return [{ external: name }];
}

function checkIsNew(
  section: Section,
  { option, key, seen }: { readonly option: Option; readonly key: string; seen: Set<string> },
): void {
  if (seen.has(key)) section.conflict(option, "each kind once");
  seen.add(key);
}
