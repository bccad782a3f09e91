/**
 * What the program prints and writes: the table of defects with what caught each.
 *
 * @module
 */

import { GUARANTEES } from "./guarantees.ts";
import type { Trial } from "./workshop.ts";

/** One line of the terminal. */
export function formatTrial({ defect, finding, seconds }: Trial): string {
  const time = `${seconds.toFixed(1)} s`.padStart(7);
  return `${time}  ${defect.name}: ${sayFinding(finding)}`;
}

/** How many were caught, and what became of the others. */
export function formatTotal(trials: readonly Trial[]): string {
  const left = trials.filter(({ finding }) => finding.kind !== "caught");
  const total = `${trials.length - left.length} of ${trials.length} defects were caught`;
  return [total, ...left.map(formatTrial)].join("\n");
}

/** What became of a defect, in a few words. */
export function sayFinding(finding: Trial["finding"]): string {
  switch (finding.kind) {
    case "caught":
      return `caught by "${finding.test}" (${finding.file})`;
    case "survived":
      return "SURVIVED, no test failed";
    case "late":
      return "the tests did not end";
    case "broken":
      return `the copy is no sound program: ${finding.reason}`;
    case "misplaced":
      return finding.reason;
  }
}

/** The page that lists all of them; needs that all were caught. */
export function formatPage(trials: readonly Trial[]): string {
  const rows = trials.map(({ defect, finding }) => {
    const { name, wording, guarantee, file } = defect;
    const caught = finding.kind === "caught"
      ? `${cell(finding.test)} ([${nameOf(finding.file)}](../../${finding.file}))`
      : sayFinding(finding);
    const place = `\`${name}\` in [${nameOf(file)}](../../${file}): ${cell(wording)}`;
    return [place, `${guarantee}: ${GUARANTEES[guarantee]}`, caught];
  });
  return [
    "# Deliberate defects",
    "",
    "Each of these was put into a copy of the sources by itself, and the test on the right failed. Written by",
    "`deno task defects --write`; `deno task defects` tries them again, and fails when one is not caught.",
    "",
    ...alignedTable([["defect", "promise", "caught by"], ...rows]),
    "",
  ].join("\n");
}

/** As the formatter would write it. */
function alignedTable(rows: readonly (readonly string[])[]): string[] {
  const widths = [0, 1, 2].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((each, column) => each.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)];
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A text that does not end the cell that it stands in. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("*", "\\*").replaceAll("<", "\\<").replaceAll(
    "_",
    "\\_",
  );
}
