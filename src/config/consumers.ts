/**
 * What the consumers of a configuration are called, by the file or by the operator of one process.
 *
 * @module
 */

import type { Config, StreamConfig } from "./config.ts";
import { ConfigurationError } from "./configuration_error.ts";
import { options } from "./options.ts";

/** The names of a stream's consumers: `main`, or `main-1`, `main-2` and so on where there are more than one. */
export function consumerNames(
  { consumer, consumers }: Pick<StreamConfig, "consumer" | "consumers">,
): readonly string[] {
  if (consumers === 1) return [consumer];
  return Array.from({ length: consumers }, (_, index) => `${consumer}-${index + 1}`);
}

/**
 * The configuration with one name for all of its consumers, as a process gets it from its operator; where an item has
 * more than one consumer, the name is what theirs begin with.
 *
 * @throws {ConfigurationError} When two consumers of one group would get the same name: they would take each other's
 * place for ever. When a name with its number is too long.
 */
export function withConsumer(config: Config, consumer: string): Config {
  const faults: string[] = [];
  const seen = new Map<string, StreamConfig>();
  const streams = config.redisStreams.streams.map((stream) => ({ ...stream, consumer }));
  config.redisStreams.streams.forEach((given) => {
    const { name, group, consumers } = given;
    const names = consumerNames({ consumer, consumers });
    const places = names.map((each) => JSON.stringify([name, group, each]));
    const at = places.findIndex((place) => seen.has(place));
    const other = seen.get(places[at] ?? "");
    if (other !== undefined) {
      faults.push(
        `stream "${name}": group "${group}" has the consumers "${other.consumer}" and ` +
          `"${given.consumer}", which cannot both be "${names[at]}", leave their names to the file`,
      );
    }
    if (!names.every(options.streams.consumer.accepts)) {
      faults.push(`stream "${name}": "${consumer}" is too long for a name with a number`);
    }
    for (const place of places) seen.set(place, given);
  });
  if (faults.length > 0) {
    throw new ConfigurationError("one consumer name for the whole configuration", faults);
  }
  return { ...config, redisStreams: { ...config.redisStreams, streams } };
}
