import { readFileSync } from 'node:fs';
import { AppError } from '#platform/errors.ts';

const CAP_NET_RAW = 13n;

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** By which right this process may send pings, or the exact command that gives it one. */
export function icmpRight(): string {
  if (process.platform !== 'linux') return 'unprivileged ICMP sockets';
  const [first, last] = read('/proc/sys/net/ipv4/ping_group_range').trim().split(/\s+/).map(Number);
  const groups = [process.getegid?.() ?? -1, ...(process.getgroups?.() ?? [])];
  if (first !== undefined && last !== undefined && groups.some((gid) => gid >= first && gid <= last)) {
    return 'unprivileged ICMP sockets (net.ipv4.ping_group_range)';
  }
  const capabilities = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(read('/proc/self/status'))?.[1] ?? '0'}`);
  if ((capabilities & (1n << CAP_NET_RAW)) !== 0n) return 'raw ICMP socket (CAP_NET_RAW)';
  throw new AppError(
    'icmp_not_permitted',
    'this user may not send pings; everything else works. Run: sudo sysctl -w net.ipv4.ping_group_range="0 2147483647" (and put that line into /etc/sysctl.d/60-sotp.conf to keep it)',
  );
}
