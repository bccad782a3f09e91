/**
 * The files of the service: its configuration and the modules of its handlers, as a user would write them.
 *
 * @module
 */

import { CONSUMERS_PER_GROUP, GROUPS } from "./layout.ts";

/** How often the probe writes, in ms. */
const PROBE_MS = 2_500;

/** Where they are. */
export interface ServiceFiles {
  readonly config: string;
  readonly probe: string;
}

/**
 * Writes the files.
 *
 * @param folder Where to.
 * @param broker The lines of `redis_streams` that say where the events are.
 */
export async function writeServiceFiles(folder: string, broker: string): Promise<ServiceFiles> {
  const probe = `${folder}/probe.jsonl`;
  const handler = new URL("handler.ts", import.meta.url).href;
  for (const { group, outputs } of GROUPS) {
    const given = JSON.stringify({ outputs, probe: { path: probe, everyMs: PROBE_MS } });
    await Deno.writeTextFile(
      `${folder}/${group}.ts`,
      `import { handlerOf } from ${
        JSON.stringify(handler)
      };\nexport default handlerOf(${given});\n`,
    );
  }
  const streams = GROUPS.map(({ stream, group }) => `
    - name: ${stream}
      group: ${group}
      handler: ./${group}.ts
      consumer: ${group}
      consumers: ${CONSUMERS_PER_GROUP}`);
  const config = `${folder}/config.yaml`;
  const log = "log:\n  level: info\n  format: human\n";
  await Deno.writeTextFile(
    config,
    `redis_streams:\n  ${broker}\n  streams:${streams.join("")}\n${log}`,
  );
  return { config, probe };
}
