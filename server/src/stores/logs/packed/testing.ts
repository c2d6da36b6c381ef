import { zstdCompressSync } from 'node:zlib';
import type { NewLine } from '#stores/logs/logs.ts';
import { NAMED } from './columns.ts';

/** A block as version 1 wrote it. */
export function encodeVersionOne(lines: readonly NewLine[], numbers: readonly number[]): Buffer {
  const words = [...new Set(lines.flatMap((line) => NAMED.map((name) => line[name])))];
  const first = lines[0]?.receivedAt ?? 0;
  const some = <T>(pick: (line: NewLine) => T | undefined) =>
    lines.flatMap((line, i) => (pick(line) === undefined ? [] : [[i, pick(line)]]));
  const columns = {
    version: 1,
    numbers: numbers.map((number) => [number, 1]),
    first,
    received: lines.map(({ receivedAt }) => receivedAt - first),
    at: lines.map(({ at, receivedAt }) => (Number.isNaN(at) ? null : at - receivedAt)),
    device: lines.map(({ deviceId }) => deviceId),
    priority: lines.map(({ facility, severity }) => facility * 8 + severity),
    words,
    named: lines.flatMap((line) => NAMED.map((name) => words.indexOf(line[name]))),
    body: lines.map(({ body }) => body),
    length: lines.map(({ raw }) => raw.length),
    fields: some(({ fields }) => fields ?? undefined),
    errors: some(({ parseError }) => parseError || undefined),
    truncated: lines.flatMap(({ truncated }, i) => (truncated ? [i] : [])),
  };
  const head = Buffer.from(JSON.stringify(columns));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(head.length);
  return zstdCompressSync(Buffer.concat([size, head, ...lines.map(({ raw }) => raw)]));
}
