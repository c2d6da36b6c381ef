import { hash } from 'node:crypto';
import { AUTH } from './algorithms.ts';
import type { AuthProtocol } from './algorithms.ts';
import { hmacPads } from './keyObject.ts';

let frame = Buffer.allocUnsafe(4096);
const digest = Buffer.alloc(64);

/**
 * The MAC of a message whose own MAC, at `macAt`, counts as zeros (RFC 3414 section 6.3). An HMAC by its definition
 * (RFC 2104): two hashes at one call each cost half of what an Hmac object does. A view, valid until the next call.
 */
export function macOf(auth: AuthProtocol, key: Buffer, message: Uint8Array, macAt: number): Buffer {
  const { hash: name, blockOctets, macOctets } = AUTH[auth];
  const { inner, outer } = hmacPads(key, auth);
  const end = blockOctets + message.length;
  if (frame.length < end) frame = Buffer.allocUnsafe(end);
  frame.set(inner);
  frame.set(message, blockOctets);
  frame.fill(0, blockOctets + macAt, blockOctets + macAt + macOctets);
  // As text: for octets node:crypto makes a buffer outside the heap, which costs more than the hash.
  outer.write(hash(name, frame.subarray(0, end), 'binary'), blockOctets, 'latin1');
  digest.write(hash(name, outer, 'binary'), 'latin1');
  return digest.subarray(0, macOctets);
}
