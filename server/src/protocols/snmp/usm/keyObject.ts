import { createCipheriv, createSecretKey } from 'node:crypto';
import type { Cipheriv, KeyObject } from 'node:crypto';

/**
 * What node:crypto makes of a key, kept for the keys in use: handing in the octets each time costs four times what the
 * HMAC itself costs. A device's requests come one after the other, so few need to be kept; and each holds memory
 * outside the heap, so not all may be.
 */
const MAX_KEPT = 1024;

function keep<T>(make: (key: Buffer) => T): (key: Buffer) => T {
  const kept = new Map<Buffer, T>();
  return (key) => {
    const known = kept.get(key);
    if (known !== undefined) return known;
    if (kept.size >= MAX_KEPT) kept.clear();
    const made = make(key);
    kept.set(key, made);
    return made;
  };
}

/** The key as an object; known by the identity of the buffer. */
export const keyObject: (key: Buffer) => KeyObject = keep(createSecretKey);

/** The key of DES as one of triple DES: with one key thrice that is DES, and OpenSSL 3 has no other by default. */
export const desKeyObject: (key: Buffer) => KeyObject = keep((key) => {
  const des = key.subarray(0, 8);
  return createSecretKey(Buffer.concat([des, des, des]));
});

/** AES of single blocks: it keeps no state from one to the next, so one serves for all messages of a key. */
export const aesBlocks: (key: Buffer) => Cipheriv = keep((key) =>
  createCipheriv(`aes-${key.length * 8}-ecb`, createSecretKey(key), null).setAutoPadding(false),
);
