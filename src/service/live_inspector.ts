/**
 * The inspector put together: this process, the others on the same broker, and what lets those look at this one. Loaded by
 * `open_inspector.ts` when it is needed.
 *
 * @module
 */

import type { RouteGroup } from "../http/app.ts";
import { LocalSource } from "../inspector/local_source.ts";
import { type BrokerSources, brokerSources } from "../inspector/remote/broker_sources.ts";
import { FollowedInstance } from "../inspector/remote/followed_instance.ts";
import { systemClock } from "../ports/clock.ts";
import { silentLog } from "../ports/log.ts";
import { systemRandom } from "../ports/random.ts";
import type { Inspector, OpenInspectorOptions } from "./inspector_options.ts";

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
   * @throws {InvalidOptionError} When `framesMax` cannot work.
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
    this.#followed = this.#here === null || options.followed === false
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
    await this.#followed?.close();
    await this.#sources[Symbol.asyncDispose]();
    this.#here?.[Symbol.dispose]();
  }
}

function sourceOf(setting: Setting): LocalSource | null {
  const { orchestrator: inspected, broker, clock, framesMax } = setting;
  if (inspected === undefined) return null;
  const { commands: takesCommands, recordsAlways = true } = setting;
  const bounds = framesMax === undefined ? {} : { framesMax };
  return new LocalSource({ inspected, broker, clock, takesCommands, recordsAlways, ...bounds });
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
