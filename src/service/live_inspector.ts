/**
 * The inspector put together: this process, the others on the same broker, and what lets those look at this one. Loaded by
 * `open_inspector.ts` when it is needed.
 *
 * @module
 */

import { InvalidOptionError } from "../domain/errors.ts";
import type { RouteGroup } from "../http/app.ts";
import type { Inspected } from "../inspector/inspected.ts";
import { LocalSource } from "../inspector/local_source.ts";
import { type BrokerSources, brokerSources } from "../inspector/remote/broker_sources.ts";
import { FollowedInstance } from "../inspector/remote/followed_instance.ts";
import { instanceName } from "../orchestrator/instance_name.ts";
import { systemClock } from "../ports/clock.ts";
import { silentLog } from "../ports/log.ts";
import { systemRandom } from "../ports/random.ts";
import type { Inspector, OpenInspectorOptions } from "./inspector_options.ts";
import { LoneConsumer } from "./lone_consumer.ts";

/** Options with nothing left open. */
type Setting =
  & OpenInspectorOptions
  & Required<Pick<OpenInspectorOptions, "commands" | "log" | "clock" | "random">>;

/** An inspector. */
export class LiveInspector implements Inspector {
  readonly #setting: Setting;
  readonly #here: LocalSource | null;
  readonly #sources: BrokerSources;
  readonly #followed: FollowedInstance | null;
  #closed: Promise<void> | null = null;

  /**
   * Looks at once, where it is to.
   *
   * @throws {InvalidOptionError} When `framesMax` cannot work, or both an orchestrator and a consumer are given.
   */
  constructor(options: OpenInspectorOptions) {
    this.#setting = {
      commands: false,
      log: silentLog,
      clock: systemClock,
      random: systemRandom,
      ...options,
    };
    const { broker, log, clock, random } = this.#setting;
    this.#here = sourceOf(this.#setting);
    const here = this.#here === null ? {} : { here: this.#here };
    this.#sources = brokerSources({ broker, log, clock, random, ...here });
    // Others find only what is announced.
    const { orchestrator, followed = true } = options;
    this.#followed = this.#here === null || orchestrator === undefined || !followed
      ? null
      : followedBy(this.#here, this.#setting);
  }

  /** {@linkcode Inspector.isRecording} */
  get isRecording(): boolean {
    return this.#here?.isRecording ?? false;
  }

  /** {@linkcode Inspector.routes} */
  async routes(): Promise<RouteGroup> {
    const { inspectorRoutes } = await import("../inspector/routes/inspector_routes.ts");
    const { knownCharts } = await import("./charts.ts");
    const { broker, commands, log, clock } = this.#setting;
    return inspectorRoutes(this.#sources, {
      ...{ broker, commands, log, clock },
      here: this.#here,
      loadCharts: knownCharts,
    });
  }

  /** {@linkcode Inspector.close} */
  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  /** {@linkcode Inspector.close} */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    const told = this.#followed?.close();
    this.#here?.[Symbol.dispose]();
    await told;
    await this.#sources[Symbol.asyncDispose]();
  }
}

function sourceOf(setting: Setting): LocalSource | null {
  const { broker, clock, framesMax } = setting;
  const inspected = inspectedOf(setting);
  if (inspected === null) return null;
  const { commands: takesCommands, recordsAlways = true } = setting;
  const bounds = framesMax === undefined ? {} : { framesMax };
  return new LocalSource({ inspected, broker, clock, takesCommands, recordsAlways, ...bounds });
}

function inspectedOf({ orchestrator, consumer, clock, random }: Setting): Inspected | null {
  if (orchestrator !== undefined && consumer !== undefined) {
    throw new InvalidOptionError("consumer", "beside an orchestrator", "one of them");
  }
  if (consumer === undefined) return orchestrator ?? null;
  return new LoneConsumer(consumer, { instance: instanceName(random), clock });
}

function followedBy(here: LocalSource, setting: Setting): FollowedInstance {
  const { broker, log, clock, random, commands } = setting;
  const { instance, recorder } = here;
  return new FollowedInstance({
    ...{ broker, log, clock, random, instance, recorder },
    attach: () => here.attach(),
    status: () => here.status(),
    command: commands ? (command, target) => here.command(command, target) : null,
  });
}
