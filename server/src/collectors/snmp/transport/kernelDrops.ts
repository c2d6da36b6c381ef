import { readFileSync } from 'node:fs';

/**
 * Datagrams that the kernel dropped for want of room in the receive buffer of the socket that is bound to that port of
 * all addresses: Linux tells it in the last column of /proc/net/udp. 0 where the system does not say.
 */
export function kernelDrops(port: number, family: 4 | 6): number {
  try {
    return dropsIn(readFileSync(family === 6 ? '/proc/net/udp6' : '/proc/net/udp', 'utf8'), port);
  } catch {
    return 0;
  }
}

/** The same from the text of such a file. */
export function dropsIn(table: string, port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  for (const line of table.split('\n')) {
    const columns = line.trim().split(/\s+/);
    const [address, at] = (columns[1] ?? '').split(':');
    if (at === hex && address !== undefined && /^0+$/.test(address)) return Number(columns.at(-1));
  }
  return 0;
}
