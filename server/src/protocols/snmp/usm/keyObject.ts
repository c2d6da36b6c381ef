import { createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

const objects = new WeakMap<Buffer, KeyObject>();

/**
 * The key as an object of node:crypto, made once per buffer and given up with it: handing in the octets each time costs
 * four times what the HMAC itself costs. `expand` makes the octets that the algorithm wants, where they are others.
 */
export function keyObject(key: Buffer, expand: (key: Buffer) => Buffer = (octets) => octets): KeyObject {
  const known = objects.get(key);
  if (known) return known;
  const made = createSecretKey(expand(key));
  objects.set(key, made);
  return made;
}
