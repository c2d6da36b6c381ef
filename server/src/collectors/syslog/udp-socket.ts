import { endianness } from 'node:os';
import type { Log } from '#platform/log.ts';

/** Some 80,000 lines, as the kernel counts: it takes up a burst while lines are packed. The kernel gives what it allows us. */
export const RECEIVE_BUFFER_BYTES = 64 * 1024 * 1024;

export interface UdpSocketDeps {
  readonly host: string;
  readonly port: number;
  /** Called for each datagram, which is a piece of bytes that do not change any more. */
  readonly onDatagram: (bytes: Buffer, start: number, end: number, sender: string) => void;
  readonly log: Log;
}

/** A bound socket that several processes may share. */
export interface UdpSocket {
  close(): Promise<void>;
}

/** True where datagrams can be received by the batch: 64-bit Linux. */
export function canBatch(): boolean {
  return process.platform === 'linux' && endianness() === 'LE' && ['x64', 'arm64'].includes(process.arch);
}
