/**
 * Lets time pass for the leases of a Redis group without waiting. XCLAIM could set an idle time, but takes entries
 * without data off the pending list (T7); so the stream is dumped, the delivery times in the dump are set back, and it
 * is restored.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Redis } from "ioredis";

/** The first byte of a stream of Redis 7.0 in a dump. */
const STREAM_TYPE = 19;
/** CRC-64 "Jones", as Redis has it, with its bits reversed. */
const CRC_POLYNOMIAL = 0x95ac9329ac4bc9b5n;

/** Sets back when every pending entry of a stream was delivered. */
export async function ageStream(redis: Redis, stream: string, byMs: number): Promise<void> {
  const dump = await redis.dumpBuffer(stream);
  if (dump === null) return;
  if (dump[0] !== STREAM_TYPE) throw new Error(`Cannot age "${stream}": it is of type ${dump[0]}`);
  for (const offset of deliveryTimes(dump)) {
    const deliveredMs = dump.readBigUInt64LE(offset);
    const agedMs = deliveredMs > BigInt(byMs) ? deliveredMs - BigInt(byMs) : 0n;
    dump.writeBigUInt64LE(agedMs, offset);
  }
  dump.writeBigUInt64LE(crc64(dump.subarray(0, -8)), dump.length - 8);
  await redis.restore(stream, 0, dump, "REPLACE");
}

/** Where in a dump the delivery times of pending entries are. */
function deliveryTimes(dump: Buffer): number[] {
  let at = 1;
  const found: number[] = [];

  /** A length, and whether it is none but the mark of a compressed or whole-number text. */
  function length(): { readonly value: number; readonly isMark: boolean } {
    const first = dump.readUInt8(at++);
    if (first >> 6 === 0) return { value: first, isMark: false };
    if (first >> 6 === 1) {
      return { value: ((first & 63) << 8) | dump.readUInt8(at++), isMark: false };
    }
    if (first >> 6 === 3) return { value: first & 63, isMark: true };
    const isLong = first === 0x81;
    const value = isLong ? Number(dump.readBigUInt64BE(at)) : dump.readUInt32BE(at);
    at += isLong ? 8 : 4;
    return { value, isMark: false };
  }

  function skipText(): void {
    const { value, isMark } = length();
    if (!isMark) {
      at += value;
    } else if (value === 3) {
      const { value: size } = length();
      length();
      at += size;
    } else {
      at += 1 << value;
    }
  }

  function skipLengths(count: number): void {
    for (let index = 0; index < count; index++) length();
  }

  for (let nodes = length().value; nodes > 0; nodes--) {
    skipText();
    skipText();
  }
  skipLengths(8); // length, last id, first id, highest deleted id, entries added
  for (let groups = length().value; groups > 0; groups--) {
    skipText();
    skipLengths(3); // last delivered id, entries read
    for (let pending = length().value; pending > 0; pending--) {
      found.push(at + 16);
      at += 24;
      length();
    }
    for (let consumers = length().value; consumers > 0; consumers--) {
      skipText();
      at += 8;
      const { value: owned } = length();
      at += 16 * owned;
    }
  }
  return found;
}

const CRC_TABLE = BigUint64Array.from({ length: 256 }, (_, byte) => {
  let value = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) {
    value = value & 1n ? (value >> 1n) ^ CRC_POLYNOMIAL : value >> 1n;
  }
  return value;
});

function crc64(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) {
    value = (CRC_TABLE[Number((value ^ BigInt(byte)) & 255n)] ?? 0n) ^ (value >> 8n);
  }
  return value;
}
