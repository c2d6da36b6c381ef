import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A row of /proc/net/{udp,tcp}: enough to know whose socket it is and what the kernel threw away. */
export interface KernelSocket {
  readonly inode: string;
  readonly port: number;
  /** Datagrams dropped for want of room; 0 for TCP. */
  readonly drops: number;
  /** TCP sockets that listen, and all UDP sockets. */
  readonly listening: boolean;
}

/** Reads the rows of a table in the format of Linux, all or those of one port; none where there is no such thing. */
export function parseSocketTable(table: string, ofPort?: number): KernelSocket[] {
  const rows = ofPort === undefined ? table.split('\n').slice(1) : rowsNaming(table, ofPort);
  return rows.flatMap((row) => {
    const columns = row.trim().split(/\s+/);
    const port = Number.parseInt(columns[1]?.split(':')[1] ?? '', 16);
    const inode = columns[9];
    if (inode === undefined || Number.isNaN(port)) return [];
    // State 0A listens; UDP sockets that are bound and not connected have 07.
    const listening = columns[3] === '0A' || columns[3] === '07';
    return [{ inode, port, drops: Number(columns[12] ?? 0) || 0, listening }];
  });
}

/** Rows that hold the port somewhere: a machine may have thousands of others, which need not be taken apart. */
function rowsNaming(table: string, port: number): string[] {
  const needle = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  const rows: string[] = [];
  for (let at = table.indexOf(needle); at >= 0;) {
    const start = table.lastIndexOf('\n', at) + 1;
    const end = table.indexOf('\n', at);
    rows.push(table.slice(start, end < 0 ? undefined : end));
    at = end < 0 ? -1 : table.indexOf(needle, end);
  }
  return rows;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function socketsOn(kind: 'udp' | 'tcp', port: number): KernelSocket[] {
  return ['', '6']
    .flatMap((family) => parseSocketTable(read(`/proc/net/${kind}${family}`), port))
    .filter((row) => row.port === port && row.listening);
}

function inodesOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

/** Datagrams that the kernel dropped at this process's own sockets on the port; 0 where the system does not say. */
export function kernelDrops(port: number): number {
  const rows = socketsOn('udp', port).filter(({ drops }) => drops > 0);
  if (rows.length === 0) return 0;
  const own = new Set(inodesOf('self'));
  return rows.reduce((sum, { inode, drops }) => sum + (own.has(inode) ? drops : 0), 0);
}

/** Parent and name stand behind the command in brackets, which may hold anything. */
function parentOf(pid: string): number {
  const stat = read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/**
 * True when the port is held by somebody who is no child of the same supervisor. Sharing a port divides what comes in
 * among all who share it, so we share only among ourselves: another SOTP on this machine must not get half of our lines.
 */
export function heldByStranger(kind: 'udp' | 'tcp', port: number): boolean {
  const rows = socketsOn(kind, port);
  if (rows.length === 0) return false;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === process.ppid);
  const ours = new Set(pids.flatMap(inodesOf));
  return rows.some(({ inode }) => !ours.has(inode));
}
