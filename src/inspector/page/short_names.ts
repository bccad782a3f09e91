/**
 * What consumers are called where there is little room: by their own name where no other one has it, with their group in
 * front where that tells them apart, and with stream and group where it does not.
 *
 * @module
 */

/** One that is to be called something. */
export interface Named {
  /** Its own name. */
  readonly name: string;
  /** From the widest to the narrowest, such as stream and group; empty where it is in nothing. */
  readonly within: readonly string[];
}

/** The shortest names that tell them apart, in their order. */
export function shortNames(all: readonly Named[]): string[] {
  const lengthMax = Math.max(0, ...all.map(({ within }) => within.length));
  const names = all.map(({ name }) => name);
  for (let length = 1; length <= lengthMax; length++) {
    const counts = new Map<string, number>();
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
    all.forEach(({ name, within }, index) => {
      const isTaken = (counts.get(names[index] ?? name) ?? 0) > 1;
      if (isTaken) names[index] = [...within.slice(-length), name].join("/");
    });
  }
  return names;
}
