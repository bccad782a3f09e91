/**
 * A process that reads one entry and holds it until it is killed.
 *
 * @module
 */

import type { ExplainedWorld } from "./explained_world.ts";
import { ServiceProcess } from "./service_process.ts";

const HANDLER = `export default async () => {
  console.log("HOLDING");
  await new Promise((resolve) => setTimeout(resolve, 3_600_000));
};
`;

/** Starts it, as the consumer "holder". @returns when it reads. */
export async function startHolder({ given: { place } }: ExplainedWorld): Promise<ServiceProcess> {
  const [key, value] = place.startsWith("redis:")
    ? ["redis_url", place]
    : ["sqlite_path", place.slice("sqlite:".length)];
  const yaml = `redis_streams:
  ${key}: ${value}
  streams: [{name: orders, group: billing, consumer: holder, handler: ./handler.ts}]
`;
  const process = await ServiceProcess.start({ yaml, handler: HANDLER });
  await process.says("consumer reads");
  return process;
}
