import { BerReader } from '#protocols/ber/reader.ts';
import { readVarbind } from './varbind.ts';
import type { SnmpVarbind } from './value.ts';

/** What stands in a response behind its request-id. */
export interface ResponseBody {
  readonly errorStatus: number;
  readonly errorIndex: number;
  readonly varbinds: SnmpVarbind[];
}

const reader = new BerReader(new Uint8Array(0));

/** Decodes the content of a response from behind its request-id to its end; null when it is malformed. */
export function readResponseBody(buf: Uint8Array, start: number, end: number): ResponseBody | null {
  reader.load(buf, start, end);
  const errorStatus = reader.int32();
  const errorIndex = reader.int32();
  const varbinds: SnmpVarbind[] = [];
  const outer = reader.open(0x30);
  while (reader.more) varbinds.push(readVarbind(reader));
  reader.close(outer);
  return reader.bad || reader.at !== end ? null : { errorStatus, errorIndex, varbinds };
}
