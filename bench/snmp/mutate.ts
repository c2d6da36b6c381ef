/** Numbers and changed packets, the same for the same seed. */
export interface Mutator {
  random(below: number): number;
  mutate(honest: Buffer): Buffer;
}

export function createMutator(seed: number): Mutator {
  let state = seed >>> 0 || 1;

  /** xorshift */
  function random(below: number): number {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  }

  /** Bit flips, lengths, tags, cuts, insertions, doubled parts, nests of constructed elements. */
  function mutate(honest: Buffer): Buffer {
    const octets = Buffer.from(honest);
    for (let edits = 1 + random(4); edits > 0; edits -= 1) {
      const at = random(octets.length);
      switch (random(6)) {
        case 0:
          octets[at] = (octets[at] ?? 0) ^ (1 << random(8));
          break;
        case 1:
          octets[at] = random(256);
          break;
        case 2:
          octets[at] = [0x80, 0x81, 0x84, 0x85, 0xff, 0x00, 0x7f][random(7)] ?? 0;
          break;
        case 3:
          octets[at] = [0x30, 0x02, 0x04, 0x06, 0x03, 0x24, 0x44, 0xa2, 0xa8, 0x1f][random(10)] ?? 0;
          break;
        case 4:
          octets.copy(octets, at, random(octets.length), octets.length);
          break;
        default:
          octets.fill(0x30, at, Math.min(octets.length, at + random(64)));
      }
    }
    const cut = random(8);
    if (cut === 0) return octets.subarray(0, random(octets.length));
    if (cut === 1) return Buffer.concat([octets, Buffer.alloc(random(2000), 0x30)]);
    return octets;
  }

  return { random, mutate };
}
