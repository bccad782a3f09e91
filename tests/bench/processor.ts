/**
 * How busy this process keeps the processor.
 *
 * @module
 */

import process from "node:process";

/** Starts to measure. @returns Ends that, and tells how many cores were busy on average. */
export function startCpuShare(): () => number {
  const startMs = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000 / (performance.now() - startMs);
  };
}
