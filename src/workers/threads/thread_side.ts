/**
 * The side of a thread: loads the modules, runs attempts one after the other, and tells the main isolate what became of
 * them. An attempt is over when the user's handler has really ended, also where its result is known earlier, so that two
 * attempts never run side by side in one thread.
 *
 * @module
 */

import type { Codec } from "../../domain/codec.ts";
import { systemClock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { AttemptResult } from "../attempt.ts";
import { defineHandler, type HandlerDefinition } from "../handler.ts";
import { HandlerModuleError, loadCodec, loadHandler } from "../handler_module.ts";
import { dataOfError } from "./error_data.ts";
import { forwardingLog } from "./forwarding_log.ts";
import type { FromThread, ResultData, RunRequest, ToThread } from "./protocol.ts";
import { StopFlag } from "./stop_flag.ts";
import { ThreadAttempt } from "./thread_attempt.ts";
import type { ThreadModules, ThreadSetting } from "./thread_setting.ts";
import { CutOffError, UnbrokenRun } from "./unbroken_run.ts";

/** What runs in a thread. */
export class ThreadSide {
  readonly #post: (message: FromThread) => void;
  readonly #close: () => void;
  readonly #stopFlag: StopFlag;
  readonly #log: Log;
  readonly #unbrokenRun = new UnbrokenRun();
  #handler: HandlerDefinition | null = null;
  #codec: Codec = "event";
  #attempt: ThreadAttempt | null = null;
  #request = 0;
  /** Ends when the user's handler does. */
  #running: Promise<unknown> | null = null;
  #unbrokenMsMax = 0;
  #wasCutOff = false;
  #isClosing = false;

  /**
   * Says nothing yet.
   *
   * @param setting Its port and its flag.
   * @param close Ends the thread.
   */
  constructor(setting: ThreadSetting, close: () => void) {
    const { port } = setting;
    // Bound here, before any code of the user could take the place of the original.
    this.#post = port.postMessage.bind(port);
    this.#close = close;
    this.#stopFlag = new StopFlag(setting.stopMemory);
    this.#log = forwardingLog(this.#post);
    port.on("message", (message: ToThread) => this.#hear(message));
  }

  /** Loads the modules, and tells how that went. */
  async load(modules: ThreadModules): Promise<void> {
    try {
      const handler = defineHandler(await loadHandler(modules.handler));
      const { codec } = modules;
      this.#codec = typeof codec === "string" ? codec : await loadCodec(codec.module);
      this.#handler = this.#watchedHandler(handler);
      const { timeoutMs } = handler;
      const isBound = typeof timeoutMs === "number" && timeoutMs >= 0 && Number.isFinite(timeoutMs);
      this.#post({ kind: "ready", timeoutMs: isBound ? timeoutMs : null });
    } catch (error) {
      const role = error instanceof HandlerModuleError ? error.role : "handler";
      const told = error instanceof HandlerModuleError ? error.reason : dataOfError(error)?.message;
      this.#post({ kind: "refused", role, reason: told ?? "it cannot be imported" });
    }
  }

  /** Something happened after which the thread is of no use: what, and the error that tells more. */
  broke(what: string, error?: unknown): void {
    const data = dataOfError(error);
    this.#post({
      kind: "broken",
      reason: data === null ? what : `${what}: ${data.name}: ${data.message}`,
    });
  }

  /** Only the main isolate has the other end of the port. */
  #hear(message: ToThread): void {
    switch (message.kind) {
      case "run":
        return void this.#run(message);
      case "stop":
        if (message.request !== this.#request) return;
        this.#post({ kind: "heard", request: message.request });
        return this.#attempt?.obeyFlag();
      case "close":
        this.#isClosing = true;
        this.#attempt?.obeyFlag();
        if (this.#attempt === null) this.#close();
    }
  }

  async #run(given: RunRequest): Promise<void> {
    const handler = this.#handler;
    if (handler === null) return; // nothing is asked for before it was told to be ready
    this.#request = given.request;
    this.#unbrokenMsMax = given.unbrokenMsMax;
    this.#running = null;
    this.#wasCutOff = false;
    const attempt = new ThreadAttempt(this.#stopFlag, given.delivery, given.failures, {
      handler,
      codec: this.#codec,
      place: given.place,
      timeoutMs: 0, // measured by the main isolate: here no timer fires while the handler is busy
      hasDatabase: false,
      clock: systemClock,
      log: this.#log,
    });
    this.#attempt = attempt;
    const result = await this.#resultOf(attempt);
    await this.#running;
    this.#attempt = null;
    const { request } = given;
    this.#post({ kind: "over", request, result: dataOfResult(result), forced: this.#wasCutOff });
    if (this.#isClosing) this.#close();
  }

  async #resultOf(attempt: ThreadAttempt): Promise<AttemptResult> {
    try {
      return await this.#watched(() => attempt.run());
    } catch (error) {
      return { kind: "failed", error };
    }
  }

  /** The user's handler, whose end is known, and which is cut off if it never pauses. */
  #watchedHandler(handler: HandlerDefinition): HandlerDefinition {
    return {
      schema: handler.schema,
      timeoutMs: 0,
      handle: (event, context) => {
        const running = this.#watched(() => handler.handle(event, context));
        if (running === undefined || typeof running?.then !== "function") return;
        const promise = Promise.resolve(running);
        this.#running = promise.catch(() => {});
        return promise;
      },
    };
  }

  #watched<Result>(code: () => Result): Result {
    try {
      return this.#unbrokenRun.call(code, this.#unbrokenMsMax);
    } catch (error) {
      if (error instanceof CutOffError) this.#wasCutOff = true;
      throw error;
    }
  }
}

function dataOfResult(result: AttemptResult): ResultData {
  switch (result.kind) {
    case "handled":
      return { kind: "handled", outputs: result.outputs };
    case "deferred":
      return { kind: "deferred", delayMs: Number(result.delayMs) }; // JavaScript may give a text
    case "givenUp": {
      const { kind, reason, error, tried } = result;
      return { kind, reason, error: dataOfError(error), tried };
    }
    case "failed":
      return { kind: "failed", error: dataOfError(result.error) };
  }
}
