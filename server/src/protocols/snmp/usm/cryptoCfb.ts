import type { Cfb } from './cfb.ts';
import { aesBlocks, aesChain } from './keyObject.ts';

const AES_BLOCK = 16;

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

function wholeBlocks(octets: number): number {
  return Math.ceil(octets / AES_BLOCK) * AES_BLOCK;
}

/** By node:crypto, which has no cipher that would take a new vector, and makes a buffer at every call. */
export const cryptoCfb: Cfb = {
  /**
   * What is XORed to the plain text, X1 = E(IV) and Xn+1 = E(Pn XOR Xn), is what CBC makes of IV, P1, P2 and so on behind
   * a zero vector; and CBC goes on where it stopped, so one cipher serves for all messages of a key when its last block
   * is taken out of the next message's first. A cipher per message costs twice as much, and its remains more.
   */
  encrypt(key, iv, plain) {
    const length = wholeBlocks(plain.length);
    if (length === 0) return Buffer.alloc(0);
    const chain = aesChain(key);
    layOut(iv, plain);
    for (let i = 0; i < AES_BLOCK; i += 1) room[i] = (room[i] ?? 0) ^ (chain.last[i] ?? 0);
    const stream = chain.cipher.update(room.subarray(0, length));
    stream.copy(chain.last, 0, length - AES_BLOCK);
    return addText(stream, plain.length);
  },

  /** Deciphering needs no plain text, so all blocks, the vector first, are encrypted in one call. */
  decrypt(key, iv, hidden) {
    layOut(iv, hidden);
    return addText(aesBlocks(key).update(room.subarray(0, wholeBlocks(hidden.length))), hidden.length);
  },
};
