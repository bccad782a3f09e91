/**
 * The configuration as the operator of one process changes it.
 *
 * @module
 */

import type { Config } from "./config.ts";
import { withConsumer } from "./consumers.ts";

/** The port of the inspector where the file has none. */
export const INSPECTOR_PORT = 7_070;

/** What an operator wants of one process; what is left out is as the file says. */
export interface OperatorWish {
  /** The consumers' name, instead of the configured ones. */
  readonly consumer?: string;
  /** Shows live what happens. What the file allows is never taken back. */
  readonly inspect?: boolean;
  /** The same, and consumers can be told what to do there. */
  readonly inspectControl?: boolean;
}

/**
 * The configuration of his process.
 *
 * @throws {ConfigurationError} As `withConsumer`.
 */
export function configFor(given: Config, wish: OperatorWish): Config {
  const { consumer, inspect = false, inspectControl = false } = wish;
  const config = consumer === undefined ? given : withConsumer(given, consumer);
  const { enabled, commands, ...rest } = config.inspector;
  return {
    ...config,
    inspector: {
      ...rest,
      enabled: enabled || inspect || inspectControl,
      commands: commands || inspectControl,
    },
  };
}
