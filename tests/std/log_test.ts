/**
 * The local `@std/log` means what the real one means, as far as Tidemark uses it. These tests also
 * hold for the real package.
 *
 * @module
 */
import { assertEquals, assertInstanceOf } from "@std/assert";
import { BaseHandler, getLogger, type LevelName, LogLevels, LogRecord, setup } from "@std/log";

/** Keeps every line. */
class MemoryHandler extends BaseHandler {
  readonly lines: string[] = [];
  override log(msg: string): void {
    this.lines.push(msg);
  }
}

/** A handler that a logger named "orders" writes to; undone by the next `setup`. */
function setUpOrders(handlerLevel: LevelName, loggerLevel: LevelName): MemoryHandler {
  const memory = new MemoryHandler(handlerLevel);
  setup({
    handlers: { memory },
    loggers: { orders: { level: loggerLevel, handlers: ["memory", "no such handler"] } },
  });
  return memory;
}

Deno.test("Logger passes its level and above, and so does each handler", () => {
  const memory = setUpOrders("ERROR", "INFO");
  const logger = getLogger("orders");
  logger.debug("one");
  logger.warn("two");
  logger.error("three");
  logger.critical("four");
  memory.levelName = "DEBUG";
  logger.debug("five");
  logger.info("six");
  assertEquals(memory.lines, ["ERROR three", "CRITICAL four", "INFO six"]);
});

Deno.test("Logger hands the whole record to the formatter, with text and arguments apart", () => {
  const memory = setUpOrders("DEBUG", "DEBUG");
  const records: LogRecord[] = [];
  memory.formatter = (record) => `${records.push(record)}`;
  getLogger("orders").warn("100% of %s", { args: ["%s"] }, 2);
  const [record] = records;
  assertInstanceOf(record, LogRecord);
  assertEquals([record.msg, record.args], ["100% of %s", [{ args: ["%s"] }, 2]]);
  assertEquals([record.level, record.levelName], [LogLevels.WARN, "WARN"]);
  assertEquals(record.loggerName, "orders");
  assertEquals(Math.abs(Date.now() - record.datetime.getTime()) < 10_000, true);
});

Deno.test("Logger writes every one of many equal lines", () => {
  const memory = setUpOrders("DEBUG", "DEBUG");
  for (let count = 0; count < 20; count++) getLogger("orders").info("again");
  assertEquals(memory.lines, Array.from({ length: 20 }, () => "INFO again"));
});

Deno.test("Logger calls a function only when its level passes, and returns the value", () => {
  const memory = setUpOrders("DEBUG", "INFO");
  const logger = getLogger("orders");
  let calls = 0;
  assertEquals(logger.debug(() => ++calls), undefined);
  assertEquals(logger.info(() => ++calls), 1);
  assertEquals(logger.debug("text"), "text");
  assertEquals(memory.lines, ["INFO 1"]);
});

Deno.test("Logger writes an object by its entries and an error by its stack", () => {
  const memory = setUpOrders("DEBUG", "DEBUG");
  const error = new Error("boom");
  getLogger("orders").info({ a: "b", c: { d: 1 } });
  getLogger("orders").info(error);
  assertEquals(memory.lines, [`INFO {"a":"b","c":{"d":1}}`, `INFO ${error.stack}`]);
});

Deno.test("getLogger returns the same silent logger for a name that was not set up", () => {
  const memory = setUpOrders("DEBUG", "DEBUG");
  getLogger("other").critical("nobody hears");
  assertEquals(memory.lines, []);
  assertEquals(getLogger("other") === getLogger("other"), true);
});

Deno.test("setup ends the handlers that it replaces", () => {
  const memory = setUpOrders("DEBUG", "DEBUG");
  let destroyed = 0;
  memory.destroy = () => void destroyed++;
  setup({});
  assertEquals(destroyed, 1);
});
