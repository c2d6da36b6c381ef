import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Cipheriv } from 'node:crypto';
import { PRIV } from './algorithms.ts';
import type { PrivProtocol } from './algorithms.ts';
import { aesBlocks, aesChain, desKeyObject } from './keyObject.ts';
import type { AesChain } from './keyObject.ts';

const DES_BLOCK = 8;
const AES_BLOCK = 16;

/** Boots and time of the authoritative engine, as they stand in the message. */
export interface EngineTime {
  readonly boots: number;
  readonly time: number;
}

/** Encrypts a scoped PDU; `salt` are the eight octets that travel as msgPrivacyParameters, never twice the same for a key. */
export function encrypt(priv: PrivProtocol, key: Buffer, salt: Buffer, at: EngineTime, plain: Uint8Array): Buffer {
  if (priv !== 'DES') return encryptCfb(aesChain(key), vector(priv, key, salt, at), plain);
  const cipher = createCipheriv(PRIV.DES.cipher, desKeyObject(key), vector(priv, key, salt, at));
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
  const decipher = createDecipheriv(PRIV.DES.cipher, desKeyObject(key), vector(priv, key, salt, at));
  decipher.setAutoPadding(false);
  return decipher.update(octets);
}

/** The vector and, behind it, the text of the message in work; laid out so that both can be read by words. */
let room = Buffer.from(new ArrayBuffer(4096));

function layOut(iv: Buffer, text: Uint8Array): void {
  if (room.length < text.length + 2 * AES_BLOCK) room = Buffer.from(new ArrayBuffer(2 * text.length + 2 * AES_BLOCK));
  room.set(iv);
  room.set(text, AES_BLOCK);
}

/** XORs the text that is laid out to `key`, which node:crypto has just made: it begins at a word. */
function addText(key: Buffer, octets: number): Buffer {
  const words = Math.floor(key.length / 4);
  const to = new Uint32Array(key.buffer, key.byteOffset, words);
  const text = new Uint32Array(room.buffer, AES_BLOCK, words);
  for (let i = 0; i < words; i += 1) to[i] = (to[i] ?? 0) ^ (text[i] ?? 0);
  return key.subarray(0, octets);
}

/**
 * CFB with feedback of 128 bits, by its definition (NIST SP 800-38A section 6.3): each block is the encrypted block
 * before it, XOR the plain text. Deciphering needs no plain text, so all blocks are encrypted in one call; making a
 * cipher per message would cost three times as much.
 */
function decryptCfb(cipher: Cipheriv, iv: Buffer, octets: Uint8Array): Buffer {
  layOut(iv, octets);
  return addText(cipher.update(room.subarray(0, wholeBlocks(octets.length))), octets.length);
}

/**
 * CFB again. What is XORed to the plain text, X1 = E(IV) and Xn+1 = E(Pn XOR Xn), is what CBC makes of IV, P1, P2 and so
 * on behind a zero vector; and CBC goes on where it stopped, so one cipher serves for all messages of a key when its
 * last block is taken out of the next message's first. A cipher per message costs twice as much, and its remains more.
 */
function encryptCfb(chain: AesChain, iv: Buffer, plain: Uint8Array): Buffer {
  const length = wholeBlocks(plain.length);
  if (length === 0) return Buffer.alloc(0);
  for (let i = 0; i < AES_BLOCK; i += 1) iv[i] = (iv[i] ?? 0) ^ (chain.last[i] ?? 0);
  layOut(iv, plain);
  const key = chain.cipher.update(room.subarray(0, length));
  key.copy(chain.last, 0, length - AES_BLOCK);
  return addText(key, plain.length);
}

function wholeBlocks(octets: number): number {
  return Math.ceil(octets / AES_BLOCK) * AES_BLOCK;
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
