import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { PRIV } from './algorithms.ts';
import type { PrivProtocol } from './algorithms.ts';
import { keyObject } from './keyObject.ts';

const DES_BLOCK = 8;

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
  const decipher = createDecipheriv(PRIV[priv].cipher, cipherKey(priv, key), vector(priv, key, salt, at));
  decipher.setAutoPadding(false);
  return decipher.update(octets);
}

function cipherKey(priv: PrivProtocol, key: Buffer): KeyObject {
  return priv === 'DES' ? keyObject(key, tripleDes) : keyObject(key);
}

/** Triple DES with one key thrice is DES; OpenSSL 3 has only that without its legacy provider. */
function tripleDes(key: Buffer): Buffer {
  const des = key.subarray(0, DES_BLOCK);
  return Buffer.concat([des, des, des]);
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
