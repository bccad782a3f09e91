/**
 * Files that a program of the scenario `start-run` finds when it starts.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";

/** Writes a database with one event, for the loop by hand. */
export function writeEventByHand(path: string): void {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("CREATE TABLE events (id INTEGER PRIMARY KEY, payload TEXT)");
  database.prepare("INSERT INTO events (payload) VALUES (?)").run("1");
  database.close();
}

/** Writes the configuration of a service with one stream, and its handler. @returns The path of the configuration. */
export async function writeService(
  { url, folder, stream }: {
    readonly url: string;
    readonly folder: string;
    readonly stream: string;
  },
): Promise<string> {
  const [, path = ""] = /^sqlite:(.*)/.exec(url) ?? [];
  const broker = path === "" ? { redis_url: url } : { sqlite_path: path };
  const streams = [{ name: stream, group: "start", handler: "./handler.ts" }];
  const config = `${folder}/${stream}.yaml`;
  // JSON is YAML.
  await Deno.writeTextFile(config, JSON.stringify({ redis_streams: { ...broker, streams } }));
  await Deno.writeTextFile(
    `${folder}/handler.ts`,
    'export default () => console.log("handled");\n',
  );
  return config;
}
