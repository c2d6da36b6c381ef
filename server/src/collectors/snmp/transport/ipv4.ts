/** A dotted IPv4 address as a number of 32 bits with sign, which needs no memory of its own; only for what is one. */
export function ipv4(address: string): number {
  let ip = 0;
  let octet = 0;
  for (let i = 0; i < address.length; i += 1) {
    const code = address.charCodeAt(i);
    if (code !== DOT) octet = octet * 10 + code - ZERO;
    else {
      ip = (ip << 8) | octet;
      octet = 0;
    }
  }
  return (ip << 8) | octet;
}

/** The address that such a number stands for. */
export function ipv4Text(ip: number): string {
  return `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`;
}

const DOT = 0x2e;
const ZERO = 0x30;
