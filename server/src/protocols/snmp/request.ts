import { BerWriter } from '#protocols/ber/writer.ts';
import type { PduType } from './pdu.ts';

/**
 * A request PDU that is encoded once and sent many times: `octets` hold the PDU, `idAt` is where the four octets of its
 * request-id stand, to be patched in the copy that is sent.
 */
export interface RequestPdu {
  readonly octets: Uint8Array;
  readonly idAt: number;
}

/** Request ids with four significant octets, so that a patched id is still encoded in as few octets as it needs. */
export const MIN_REQUEST_ID = 0x0080_0000;
export const MAX_REQUEST_ID = 0x7fff_ffff;

const writer = new BerWriter(4096);

/** Encodes a request for these names (content octets of OIDs). The last two fields are those of a GetBulk. */
export function encodeRequest(
  type: PduType,
  names: readonly Uint8Array[],
  nonRepeaters = 0,
  maxRepetitions = 0,
): RequestPdu {
  writer.reset();
  for (let i = names.length - 1; i >= 0; i -= 1) {
    const mark = writer.length;
    writer.empty(0x05);
    writer.octets(names[i] ?? NO_NAME, 0x06);
    writer.wrap(0x30, mark);
  }
  writer.wrap(0x30, 0);
  writer.signed(maxRepetitions);
  writer.signed(nonRepeaters);
  const behindId = writer.length;
  writer.signed(MIN_REQUEST_ID);
  writer.wrap(type, 0);
  const octets = new Uint8Array(writer.view());
  return { octets, idAt: octets.length - behindId - 4 };
}

const NO_NAME = new Uint8Array([0]);

/** Octets that a name costs in a request. */
export function nameCost(name: Uint8Array): number {
  return name.length + (name.length < 128 ? 6 : 8);
}
