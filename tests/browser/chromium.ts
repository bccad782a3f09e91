/**
 * A Chromium of one's own: started without a window, driven by Puppeteer, gone with its profile at the end of the block. It
 * reaches this machine and nothing else, so a page that asks another host fails its test.
 *
 * Puppeteer's part for browsers is used, which talks to Chromium by WebSocket only: whatever starts Chromium itself wants
 * to see far more of the machine than a test may. So that is done here.
 *
 * @module
 */

import puppeteer, { type Browser, type Page } from "puppeteer-core";

/** A loaded machine is slow to start a browser. */
const START_MS_MAX = 20_000;

/** How long to wait for a page, unless told otherwise, in ms. */
const WAIT_MS_MAX = 15_000;

/** How to start it. */
export interface ChromiumOptions {
  /** Port of 127.0.0.1 by port of the address in the page, as a proxy wants it that nobody may see. */
  readonly ports?: Readonly<Record<number, number>>;
}

/** A browser. */
export class Chromium implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #ending: AsyncDisposableStack;

  private constructor(browser: Browser, ending: AsyncDisposableStack) {
    this.#browser = browser;
    this.#ending = ending;
  }

  /**
   * Starts it.
   *
   * @throws {Error} When it is not installed (never a skip), or does not start; with what it wrote.
   */
  static async start({ ports = {} }: ChromiumOptions = {}): Promise<Chromium> {
    await using ending = new AsyncDisposableStack();
    const profile = await Deno.makeTempDir({ prefix: "chromium-" });
    ending.defer(() => Deno.remove(profile, { recursive: true }));
    const child = spawn(profile, [
      "--headless=new",
      // As root it starts only so. Nothing but our own pages is opened.
      "--no-sandbox",
      "--remote-debugging-port=0",
      `--user-data-dir=${profile}`,
      `--host-resolver-rules=${resolverRules(ports)}`,
      "--disable-background-networking",
      "--disable-breakpad",
      "--disable-component-update",
      "--disable-default-apps",
      "--disable-dev-shm-usage",
      "--disable-extensions",
      "--disable-gpu",
      "--disable-sync",
      "--lang=en-GB",
      "--no-first-run",
      "--password-store=basic",
      "--window-size=1280,900",
      "about:blank",
    ]);
    ending.defer(async () => void await child.status);
    const { url, rest } = await addressOf(child);
    ending.defer(() => rest);
    const browser = await connectTo(url).catch((error) => {
      child.kill("SIGKILL");
      throw error;
    });
    ending.defer(() => browser.close());
    return new Chromium(browser, ending.move());
  }

  /** Opens an empty page with no past. */
  async newPage(): Promise<Page> {
    const context = await this.#browser.createBrowserContext();
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_MS_MAX);
    return page;
  }

  /** Ends it, and what it left. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ending.disposeAsync();
  }
}

function resolverRules(ports: Readonly<Record<number, number>>): string {
  const mapped = Object.entries(ports).map(([shown, real]) =>
    `MAP 127.0.0.1:${shown} 127.0.0.1:${real}`
  );
  // The first that fits counts.
  return [...mapped, "MAP 127.0.0.1 127.0.0.1", "MAP * ~NOTFOUND"].join(", ");
}

async function connectTo(url: string): Promise<Browser> {
  return await puppeteer.connect({ browserWSEndpoint: url, defaultViewport: null });
}

/** @param home Where it may leave things: the user's own Chromium is none of a test's business. */
function spawn(home: string, args: string[]): Deno.ChildProcess {
  const program = Deno.env.get("TIDEMARK_CHROMIUM") ?? "chromium";
  const env = { HOME: home, XDG_CACHE_HOME: home, XDG_CONFIG_HOME: home };
  try {
    return new Deno.Command(program, {
      args,
      env,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    const missing = cause instanceof Deno.errors.NotFound ||
      cause instanceof Deno.errors.NotCapable;
    if (!missing) throw cause;
    throw new Error(
      `Cannot start ${program}: it is not on the PATH or --allow-run=${program} is missing, ` +
        'install it or use "deno task test", which does both',
      { cause },
    );
  }
}

/** Where it listens, which it says among its errors; what comes after that is read and dropped. */
async function addressOf(
  child: Deno.ChildProcess,
): Promise<{ url: string; rest: Promise<void> }> {
  const late = setTimeout(() => child.kill("SIGKILL"), START_MS_MAX);
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`Cannot start Chromium: it ended, it says:\n${text}`);
      text += value;
      const url = /DevTools listening on (ws:\S+)\s/.exec(text)?.[1];
      if (url !== undefined) return { url, rest: drain(reader) };
    }
  } finally {
    clearTimeout(late);
  }
}

async function drain(reader: ReadableStreamDefaultReader<string>): Promise<void> {
  while (!(await reader.read()).done);
}
