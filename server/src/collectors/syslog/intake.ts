import { isAscii } from 'node:buffer';
import type { LineSink } from '#collectors/listener.ts';
import type { Clock } from '#platform/clock.ts';
import { decodeSyslog, trimmedEnd } from '#protocols/syslog/decode.ts';
import type { Tally } from './tally.ts';

const ZONE_CHECK_MS = 60_000;

/**
 * Takes one line of a sender, which is a piece of `bytes`: decodes it, counts it, hands it on. False when there was no
 * room for it. Lines that came together should be pieces of the same bytes: then what they share is done once.
 */
export type Intake = (bytes: Buffer, start: number, end: number, sender: string, truncated: boolean) => boolean;

/** What all transports do with a line once they have it. */
export function createIntake({ sink, clock, tally }: { sink: LineSink; clock: Clock; tally: Tally }): Intake {
  let zoneAt = Number.NEGATIVE_INFINITY;
  const context = { receivedAt: 0, zoneMinutes: 0 };
  let together: Buffer | undefined;
  let ascii = false;

  function begin(bytes: Buffer): void {
    together = bytes;
    ascii = isAscii(bytes);
    const now = clock.now();
    context.receivedAt = now;
    if (now - zoneAt > ZONE_CHECK_MS || now < zoneAt) {
      // Devices that name no zone are taken to live in ours.
      context.zoneMinutes = -new Date(now).getTimezoneOffset();
      zoneAt = now;
    }
  }

  return (bytes, start, end, sender, truncated) => {
    if (bytes !== together) begin(bytes);
    tally.received++;
    tally.bytes += end - start;
    const last = trimmedEnd(bytes, start, end);
    if (last === start) {
      tally.dropped.empty++;
      return true;
    }
    const raw = bytes.subarray(start, last);
    const content = decodeSyslog(raw, context, ascii ? bytes.toString('latin1', start, last) : undefined);
    if (content.parseError !== '') tally.malformed++;
    if (truncated) tally.truncated++;
    if (sink.take({ source: 'syslog', receivedAt: context.receivedAt, sender, raw, truncated, content })) return true;
    tally.dropped.buffer_full++;
    return false;
  };
}

/** An IPv4 address that came in through an IPv6 socket, as itself. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
