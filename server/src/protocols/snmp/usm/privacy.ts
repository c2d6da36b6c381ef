import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Cipheriv, KeyObject } from 'node:crypto';
import { PRIV } from './algorithms.ts';
import type { PrivProtocol } from './algorithms.ts';
import { aesBlocks, desKeyObject, keyObject } from './keyObject.ts';

const DES_BLOCK = 8;
const AES_BLOCK = 16;

/** Boots and time of the authoritative engine, as they stand in the message. */
export interface EngineTime {
  readonly boots: number;
  readonly time: number;
}

/** Encrypts a scoped PDU; `salt` are the eight octets that travel as msgPrivacyParameters, never twice the same for a key. */
export function encrypt(priv: PrivProtocol, key: Buffer, salt: Buffer, at: EngineTime, plain: Uint8Array): Buffer {
  const cipher = createCipheriv(PRIV[priv].cipher, cipherKey(priv, key), vector(priv, key, salt, at));
  if (priv !== 'DES') return cipher.update(plain);
  cipher.setAutoPadding(false);
  const padded = Buffer.alloc(Math.ceil(plain.length / DES_BLOCK) * DES_BLOCK);
  padded.set(plain);
  return cipher.update(padded);
}

/** Decrypts; null when the octets cannot be what this protocol makes. A wrong key shows only in what comes out. */
export function decrypt(
  priv: PrivProtocol,
  key: Buffer,
  salt: Uint8Array,
  at: EngineTime,
  octets: Uint8Array,
): Buffer | null {
  if (salt.length !== 8 || octets.length === 0) return null;
  if (priv === 'DES' && octets.length % DES_BLOCK !== 0) return null;
  if (priv !== 'DES') return decryptCfb(aesBlocks(key), vector(priv, key, salt, at), octets);
  const decipher = createDecipheriv(PRIV[priv].cipher, cipherKey(priv, key), vector(priv, key, salt, at));
  decipher.setAutoPadding(false);
  return decipher.update(octets);
}

/**
 * CFB with feedback of 128 bits, by its definition (NIST SP 800-38A section 6.3): each block is the encrypted block
 * before it, XOR the plain text. Deciphering needs no plain text, so all blocks are encrypted in one call; making a
 * cipher per message would cost three times as much.
 */
function decryptCfb(cipher: Cipheriv, iv: Buffer, octets: Uint8Array): Buffer {
  const length = Math.ceil(octets.length / AES_BLOCK) * AES_BLOCK;
  const feedback = Buffer.allocUnsafe(length);
  iv.copy(feedback);
  feedback.set(octets.subarray(0, length - AES_BLOCK), AES_BLOCK);
  const plain = cipher.update(feedback).subarray(0, octets.length);
  for (let i = 0; i < plain.length; i += 1) plain[i] = (plain[i] ?? 0) ^ (octets[i] ?? 0);
  return plain;
}

function cipherKey(priv: PrivProtocol, key: Buffer): KeyObject {
  return priv === 'DES' ? desKeyObject(key) : keyObject(key);
}

function vector(priv: PrivProtocol, key: Buffer, salt: Uint8Array, at: EngineTime): Buffer {
  if (priv === 'DES') {
    const preIv = key.subarray(8, 16);
    return Buffer.from(preIv.map((octet, i) => octet ^ (salt[i] ?? 0)));
  }
  const iv = Buffer.allocUnsafe(16);
  iv.writeUInt32BE(at.boots >>> 0, 0);
  iv.writeUInt32BE(at.time >>> 0, 4);
  iv.set(salt, 8);
  return iv;
}
