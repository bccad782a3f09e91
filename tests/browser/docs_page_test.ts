/**
 * The page `/docs` in Chromium: it needs nobody but its own service, shows every route, sends a request and shows its
 * answer, and follows a stream until it is stopped.
 *
 * @module
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Page } from "puppeteer-core";
import { connect, type HttpService, RunManager, serveHttp } from "../../mod.ts";
import { eventually } from "../support/eventually.ts";
import { Chromium } from "./chromium.ts";

/** What the page has done. */
interface DocsVisit {
  readonly http: HttpService;
  readonly runs: RunManager;
  readonly page: Page;
  /** Errors of scripts and of the console, among them what the Content-Security-Policy has forbidden. */
  readonly faults: string[];
  /** Where it has asked, as scheme and host. */
  readonly asked: Set<string>;
}

const TOKENS = { read: "read-token-of-the-test", control: "control-token-of-the-test" };

async function visit(
  { tokens = {} }: { readonly tokens?: { readonly read?: string; readonly control?: string } },
  work: (visit: DocsVisit) => Promise<void>,
): Promise<void> {
  await using broker = await connect("sqlite::memory:");
  const kinds = [{ kind: "told", external: true } as const];
  await using runs = new RunManager({ broker, kinds });
  await using http = await serveHttp({ broker, runs, tokens, title: "Runs of the test" });
  await using chromium = await Chromium.start();
  const page = await chromium.newPage();
  const faults: string[] = [];
  const asked = new Set<string>();
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  page.on("request", (request) => {
    // The empty icon is part of the page.
    if (!request.url().startsWith("data:")) asked.add(new URL(request.url()).origin);
  });
  await open(page, { url: `${http.address.url}/docs`, token: tokens.read });
  await work({ http, runs, page, faults, asked });
}

/** Opens the page. The page itself needs the token, too, which something in front of the service has to add. */
async function open(
  page: Page,
  { url, token }: { readonly url: string; readonly token: string | undefined },
): Promise<void> {
  if (token !== undefined) {
    await page.setRequestInterception(true);
    page.on("request", (request) => {
      const authorization = `Bearer ${token}`;
      const headers = request.url() === url ? { authorization } : {};
      request.continue({ headers: { ...request.headers(), ...headers } });
    });
  }
  await page.goto(url);
}

/** An expression for the part of the page that is about one route. */
function partOf(method: string, path: string): string {
  const summary = JSON.stringify(`${method} ${path}`);
  return `[...document.querySelectorAll("details")].find((part) =>
    [part.querySelector(".method"), part.querySelector("summary code")]
      .map((word) => word.textContent).join(" ") === ${summary})`;
}

/** Fills in the fields of a route and sends. */
async function send(
  page: Page,
  { method, path, fields = {}, body }: {
    readonly method: string;
    readonly path: string;
    readonly fields?: Readonly<Record<string, string>>;
    readonly body?: unknown;
  },
): Promise<void> {
  await page.evaluate(`{
    const part = ${partOf(method, path)};
    part.open = true;
    const fields = ${JSON.stringify(fields)};
    for (const label of part.querySelectorAll("label")) {
      const name = label.querySelector("span").textContent.split(" ")[0];
      if (name in fields) label.querySelector("input").value = fields[name];
    }
    const body = ${JSON.stringify(body === undefined ? null : JSON.stringify(body))};
    if (body !== null) part.querySelector("textarea").value = body;
    part.querySelector("button:not([type])").click();
  }`);
}

/** Waits until the answer of a route holds a text. @returns The answer. */
async function answer(page: Page, route: string, text: string): Promise<string> {
  const [method = "", path = ""] = route.split(" ");
  const output = `${partOf(method, path)}.querySelector("pre").textContent`;
  await page.waitForFunction(`${output}.includes(${JSON.stringify(text)})`);
  return String(await page.evaluate(output));
}

Deno.test("/docs lists every route of the document, and asks no other host", () =>
  visit({}, async ({ http, page, faults, asked }) => {
    await page.waitForSelector("details");
    const { paths } = await (await fetch(`${http.address.url}/openapi.json`)).json();
    const documented = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(Object(item)).filter((key) => /^(get|post|put|patch|delete|head)$/.test(key))
        .map((method) => `${method.toUpperCase()} ${path}`)
    );
    const listed = await page.evaluate(
      `[...document.querySelectorAll("summary")].map((summary) =>
        [...summary.querySelectorAll(".method, code")].map((part) => part.textContent).join(" "))`,
    );
    assertEquals(new Set(Array.isArray(listed) ? listed : []), new Set(documented));
    assertEquals(documented.includes("GET /runs/{id}/events/stream"), true);
    assertEquals(await page.title(), "Runs of the test");
    assertEquals([...asked], [http.address.url]);
    assertEquals(faults, []);
  }));

Deno.test("/docs sends a request with path, query and body, and shows the answer", () =>
  visit({}, async ({ page, faults }) => {
    await page.waitForSelector("details");
    await send(page, { method: "POST", path: "/runs", body: { kind: "told", id: "of-docs" } });
    const made = await answer(page, "POST /runs", "}");
    assertMatch(made, /^201 Created\n(.+\n)*location: \/runs\/of-docs\n(.+\n)*\n\{\n/);
    assertStringIncludes(made, '"id": "of-docs"');
    const path = "/runs/{id}/events";
    await send(page, { method: "GET", path, fields: { id: "of-docs", limit: "7" } });
    assertStringIncludes(await answer(page, `GET ${path}`, "}"), '"has_more": false');
    const stream = "/streams/{name}";
    await send(page, { method: "PUT", path: stream, fields: { name: "chat/7" }, body: ["hello"] });
    await answer(page, `PUT ${stream}`, "201 Created");
    await send(page, { method: "HEAD", path: stream, fields: { name: "chat/7" } });
    await answer(page, `HEAD ${stream}`, "stream-next-offset: ");
    assertEquals(faults, []);
  }));

Deno.test("/docs shows a stream as it comes, and Stop ends it", () =>
  visit({}, async ({ http, runs, page, faults }) => {
    await page.waitForSelector("details");
    await runs.start("told", null, { run: "live" });
    await runs.store.add("live", [{ type: "step", data: "<b>first</b>" }]);
    const path = "/runs/{id}/events/stream";
    const route = `GET ${path}`;
    await send(page, { method: "GET", path, fields: { id: "live" } });
    await answer(page, route, "<b>first</b>");
    await runs.store.add("live", [{ type: "step", data: "second" }]);
    await answer(page, route, "second");

    // Sent again, the one before ends: nobody could stop it any more.
    await send(page, { method: "GET", path, fields: { id: "live" } });
    await answer(page, route, "second");
    await eventually("one stream is open", () => http.streamCount === 1);
    await page.evaluate(`${partOf("GET", path)}.querySelector("button[type=button]").click()`);
    assertStringIncludes(await answer(page, route, "Stopped"), "second");
    await eventually("no stream is open", () => http.streamCount === 0);
    assertEquals(faults, []);
  }));

Deno.test("/docs asks for a token where one is needed, and uses it", () =>
  visit({ tokens: TOKENS }, async ({ page }) => {
    const says = (text: string) =>
      page.waitForFunction(
        `document.querySelector("main").textContent === ${JSON.stringify(text)}`,
      );
    await says("Enter a token");
    await page.type("#token", "no-token-of-the-test");
    await page.keyboard.press("Tab");
    await says("The token is not valid");
    await page.evaluate(`document.querySelector("#token").value = ""`);
    await page.type("#token", TOKENS.read);
    await page.keyboard.press("Tab");
    await page.waitForSelector("details");
    await send(page, { method: "POST", path: "/runs", body: { kind: "told" } });
    await answer(page, "POST /runs", "CONTROL_NOT_ALLOWED");
  }));
