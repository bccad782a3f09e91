/**
 * What a user has: a copy of the repository, and a program beside it that imports it by its name. Commands of the
 * documents run there, because they leave files behind.
 *
 * @module
 */

const ROOT = new URL("../../", import.meta.url);

/** What a command of the documents can need. */
const PARTS = ["mod.ts", "src", "examples", "config.yaml", "deno.json", "deno.lock"];

/** A folder with the copy, gone at the end of the block. */
export interface RepositoryCopy extends AsyncDisposable {
  /** The copy. */
  readonly repository: string;
  /** An empty project whose `deno.json` knows the copy by its published name. */
  readonly project: string;
}

/**
 * Makes one.
 *
 * @param more Further parts of the repository; default none, not even its tests.
 */
export async function copyRepository(more: readonly string[] = []): Promise<RepositoryCopy> {
  const folder = await Deno.makeTempDir({ dir: "/tmp", prefix: "tidemark-copy-" });
  const repository = `${folder}/repository`;
  const project = `${folder}/project`;
  await Deno.mkdir(repository);
  await Deno.mkdir(project);
  for (const part of [...PARTS, ...more]) await copy(new URL(part, ROOT), `${repository}/${part}`);
  const { name, version, links } = JSON.parse(await Deno.readTextFile(`${repository}/deno.json`));
  const config = {
    imports: { [name]: `jsr:${name}@${version}` },
    links: [repository, ...links.map((link: string) => `${repository}/${link}`)],
  };
  await Deno.writeTextFile(`${project}/deno.json`, JSON.stringify(config));
  return {
    repository,
    project,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

async function copy(from: URL, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) {
    await copy(new URL(name, `${from}/`), `${to}/${name}`);
  }
}
