import { createCipheriv, createSecretKey } from 'node:crypto';
import type { Cipheriv, KeyObject } from 'node:crypto';
import { AUTH } from './algorithms.ts';
import type { AuthProtocol } from './algorithms.ts';

/**
 * What is made of a key, kept for the keys in use and known by the identity of the buffer: node:crypto takes longer to
 * look at a key than to use it. A device's requests come one after the other, so few need to be kept; and each holds memory
 * outside the heap, so not all may be.
 */
const MAX_KEPT = 2048;

function keep<T, How extends unknown[]>(make: (key: Buffer, ...how: How) => T): (key: Buffer, ...how: How) => T {
  const kept = new Map<Buffer, T>();
  return (key, ...how) => {
    const known = kept.get(key);
    if (known !== undefined) return known;
    // The one that was made first goes: most likely its device has been polled.
    if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value ?? key);
    const made = make(key, ...how);
    kept.set(key, made);
    return made;
  };
}

/** The key of DES as one of triple DES: with one key thrice that is DES, and OpenSSL 3 has no other by default. */
export const desKeyObject: (key: Buffer) => KeyObject = keep((key) => {
  const des = key.subarray(0, 8);
  return createSecretKey(Buffer.concat([des, des, des]));
});

/** AES of single blocks: it keeps no state from one to the next, so one serves for all messages of a key. */
export const aesBlocks: (key: Buffer) => Cipheriv = keep((key) =>
  createCipheriv(`aes-${key.length * 8}-ecb`, createSecretKey(key), null).setAutoPadding(false),
);

/** AES of a chain of blocks (CBC behind a zero vector), and the block that came out of it last. */
export interface AesChain {
  readonly cipher: Cipheriv;
  readonly last: Buffer;
}

/** The chain of a key. It goes on from message to message. */
export const aesChain: (key: Buffer) => AesChain = keep((key) => {
  const zero = Buffer.alloc(16);
  const cipher = createCipheriv(`aes-${key.length * 8}-cbc`, createSecretKey(key), zero).setAutoPadding(false);
  return { cipher, last: Buffer.alloc(16) };
});

/** The two blocks of an HMAC (RFC 2104 section 2) that depend on the key alone; behind the outer one is room for a digest. */
export interface HmacPads {
  readonly inner: Buffer;
  readonly outer: Buffer;
}

/** The pads of a key that is no longer than a block. */
export const hmacPads: (key: Buffer, auth: AuthProtocol) => HmacPads = keep((key, auth) => {
  const { blockOctets, keyOctets } = AUTH[auth];
  const inner = Buffer.alloc(blockOctets, 0x36);
  const outer = Buffer.alloc(blockOctets + keyOctets, 0x5c);
  for (const [i, octet] of key.entries()) {
    inner[i] = octet ^ 0x36;
    outer[i] = octet ^ 0x5c;
  }
  return { inner, outer };
});
