/**
 * The kinds of runs of a configuration: the user's modules, loaded, and the names of those that have none.
 *
 * @module
 */

import type { RunKindConfig, RunsConfig } from "../config/config.ts";
import { ConfigurationError } from "../config/configuration_error.ts";
import { checkRunKind } from "../domain/run.ts";
import type { RunKind } from "../runs/run_definition.ts";
import { importFault } from "../workers/handler_module.ts";

/**
 * Imports the modules, side by side.
 *
 * @returns The kinds in the order of the file.
 * @throws {ConfigurationError} With all faults: modules that cannot be imported or whose default export is no kind of
 * runs, and kinds that are there twice.
 */
export async function loadRunKinds({ kinds }: Pick<RunsConfig, "kinds">): Promise<RunKind[]> {
  const loaded = await Promise.all(kinds.map(loadKind));
  const seen = new Map<string, RunKindConfig>();
  const faults = loaded.flatMap((each) => {
    if ("fault" in each) return [each.fault];
    const { kind: { kind }, config } = each;
    const other = seen.get(kind);
    seen.set(kind, other ?? config);
    return other === undefined
      ? []
      : [`run kind "${kind}": ${shown(other)} and ${shown(config)} both define it`];
  });
  if (faults.length > 0) throw new ConfigurationError("the configuration", faults);
  return loaded.flatMap((each) => "fault" in each ? [] : [each.kind]);
}

/** A kind, or why there is none. */
type Loaded =
  | { readonly kind: RunKind; readonly config: RunKindConfig }
  | { readonly fault: string };

async function loadKind(config: RunKindConfig): Promise<Loaded> {
  if ("external" in config) return { kind: { kind: config.external, external: true }, config };
  const { module } = config;
  try {
    const { default: kind }: { readonly default?: unknown } = await import(module);
    if (isRunKind(kind)) return { kind, config };
    const wanted = "wanted defineRun({ kind, start })";
    return { fault: `run kind ${module}: it has no fitting default export, ${wanted}` };
  } catch (error) {
    return { fault: `run kind ${module}: ${importFault(error)}` };
  }
}

function isRunKind(value: unknown): value is RunKind {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  const hasCode = "start" in value && typeof value.start === "function";
  const isExternal = "external" in value && value.external === true;
  return hasCode !== isExternal && isRunKindName(value.kind);
}

function isRunKindName(kind: unknown): boolean {
  try {
    checkRunKind(kind);
    return true;
  } catch {
    return false;
  }
}

function shown(kind: RunKindConfig): string {
  return "external" in kind ? "external" : kind.module;
}
