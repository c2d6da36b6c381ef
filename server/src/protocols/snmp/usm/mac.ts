import { createHmac, hash, timingSafeEqual } from 'node:crypto';
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

/**
 * True when the MAC, a view into the message, is the right one in full length. For a key that may never be used again:
 * nothing of it is kept.
 */
export function macOnce(auth: AuthProtocol, key: Buffer, message: Uint8Array, mac: Uint8Array): boolean {
  const { hash: name, macOctets } = AUTH[auth];
  if (mac.length !== macOctets) return false;
  const at = mac.byteOffset - message.byteOffset;
  const hmac = createHmac(name, key).update(message.subarray(0, at));
  hmac.update(digest.fill(0).subarray(0, macOctets)).update(message.subarray(at + macOctets));
  return timingSafeEqual(hmac.digest().subarray(0, macOctets), mac);
}
