/** The IPv4 address `offset` after the first: 127.30.0.1 + 255 is 127.30.1.0. Throws when that leaves 127.0.0.0/8 or it is none. */
export function addressAfter(first: string, offset: number): string {
  const parts = first.split('.').map(Number);
  const valid = parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part <= 255);
  if (!valid || parts[0] !== 127) throw new Error(`"${first}" is no loopback address such as 127.30.0.1`);
  const number = parts.reduce((sum, part) => sum * 256 + part, 0) + offset;
  if (Math.floor(number / 0x100_0000) !== 127) throw new Error(`there are not that many addresses after ${first}`);
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.');
}
