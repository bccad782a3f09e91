/**
 * Work that keeps a processor busy, in two threads at once. A function cannot be handed to another thread, but the name
 * of a module can: the threads import this file, and its default export is the handler. Everything else holds as ever:
 * what a handler publishes appears exactly once, and one that takes too long is tried again or given up.
 *
 *   deno run --allow-read=. examples/cpu_bound_work.ts
 *
 * @module
 */

import { connect, defineHandler, runConsumer, StreamProducer } from "@tidemark/tidemark";

export default defineHandler<number>({
  timeoutMs: 10_000,
  handle({ data }, ctx) {
    let divisor = 2;
    while (data % divisor !== 0 && divisor * divisor <= data) {
      divisor++;
      if (divisor % 10_000 === 0) ctx.signal.throwIfAborted(); // seen without any pause
    }
    const isPrime = divisor * divisor > data;
    ctx.publish("answers", { type: "answered", data: isPrime ? null : divisor, key: `${data}` });
  },
});

if (import.meta.main) {
  await using broker = await connect("sqlite::memory:");
  const questions = new StreamProducer<number>({ broker, stream: "questions" });
  for (const data of [1_000_000_000_000_037, 1_000_000_000_000_001, 999_998_990_000_099]) {
    await questions.publish({ type: "asked", data });
  }

  const end = new AbortController();
  const answers: string[] = [];
  await Promise.all([
    runConsumer({
      broker,
      stream: "questions",
      group: "mathematicians",
      mode: "threads",
      workersMax: 2,
      handler: new URL(import.meta.url),
      signal: end.signal,
    }),
    runConsumer<number | null>({
      broker,
      stream: "answers",
      group: "readers",
      signal: end.signal,
      handler({ key, data }) {
        answers.push(`${key} is ${data === null ? "a prime number" : `divided by ${data}`}`);
        if (answers.length === 3) end.abort();
      },
    }),
  ]);
  for (const answer of answers.toSorted()) console.log(answer); // the easy ones came first
}

// Prints:
// 1000000000000001 is divided by 7
// 1000000000000037 is a prime number
// 999998990000099 is divided by 9999991
