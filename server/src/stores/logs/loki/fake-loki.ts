import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PushStream } from './push-body.ts';

/** What a fake Loki answers a push with. */
export interface PushAnswer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Reader {
  readonly bytes: Buffer;
  at: number;
}

function varint(from: Reader): number {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = from.bytes[from.at++] ?? 0;
    value += (byte & 127) * scale;
    if (byte < 128) return value;
  }
}

/** Snappy's block format as far as literals go. */
function unsnap(bytes: Buffer): Buffer {
  const from = { bytes, at: 0 };
  const length = varint(from);
  const parts: Buffer[] = [];
  while (from.at < bytes.length) {
    const tag = bytes[from.at++]!;
    if ((tag & 3) !== 0) throw new Error('not a literal');
    const short = tag >> 2;
    const extra = short < 60 ? 0 : short - 59;
    const size = 1 + (extra === 0 ? short : bytes.readUIntLE(from.at, extra));
    from.at += extra;
    parts.push(bytes.subarray(from.at, (from.at += size)));
  }
  const all = Buffer.concat(parts);
  if (all.length !== length) throw new Error('the length is not what was said');
  return all;
}

/** Fields of a protobuf message in their order: numbers, or bytes. */
function fieldsOf(bytes: Buffer): { field: number; value: number | Buffer }[] {
  const from = { bytes, at: 0 };
  const fields: { field: number; value: number | Buffer }[] = [];
  while (from.at < bytes.length) {
    const key = varint(from);
    if (key % 8 === 0) fields.push({ field: key >> 3, value: varint(from) });
    else {
      const length = varint(from);
      fields.push({ field: key >> 3, value: bytes.subarray(from.at, (from.at += length)) });
    }
  }
  return fields;
}

const bytesOf = (fields: ReturnType<typeof fieldsOf>, field: number) =>
  fields.filter((one) => one.field === field).map(({ value }) => value as Buffer);

/** Reads a push as Loki does. */
export function decodePush(body: Buffer): PushStream[] {
  return bytesOf(fieldsOf(unsnap(body)), 1).map((stream) => {
    const fields = fieldsOf(stream);
    return {
      labels: String(bytesOf(fields, 1)[0]),
      entries: bytesOf(fields, 2).map((entry) => {
        const parts = fieldsOf(entry);
        const [seconds = 0, nanos = 0] = fieldsOf(bytesOf(parts, 1)[0]!).map(({ value }) => value as number);
        return {
          ms: seconds * 1000 + Math.floor(nanos / 1e6),
          nanos: nanos % 1e6,
          line: String(bytesOf(parts, 2)[0]),
          metadata: bytesOf(parts, 3).map((pair): [string, string] => {
            const [name = '', value = ''] = fieldsOf(pair).map((one) => String(one.value));
            return [name, value];
          }),
        };
      }),
    };
  });
}

/** The streams of a push with the milliseconds of their entries alone: for pushes by the million lines. */
export function decodeTimes(body: Buffer): { labels: string; times: number[] }[] {
  return bytesOf(fieldsOf(unsnap(body)), 1).map((stream) => {
    const fields = fieldsOf(stream);
    const times = bytesOf(fields, 2).map((bytes) => {
      // The time comes first in an entry: a key and a length, the key of its seconds and they, that of its nanoseconds and they.
      const from = { bytes, at: 3 };
      const seconds = varint(from);
      from.at++;
      return seconds * 1000 + Math.floor(varint(from) / 1e6);
    });
    return { labels: String(bytesOf(fields, 1)[0]), times };
  });
}

/** A Loki that takes pushes and answers them as told. */
export async function startFakeLoki(answer: (streams: PushStream[]) => PushAnswer) {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { status, body = '', headers = {} } = answer(decodePush(Buffer.concat(parts)));
      response.writeHead(status, headers).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
