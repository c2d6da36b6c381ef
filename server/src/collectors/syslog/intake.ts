import type { LineSink } from '#collectors/listener.ts';
import type { Clock } from '#platform/clock.ts';
import { decodeSyslog, trimLine } from '#protocols/syslog/decode.ts';
import type { Tally } from './tally.ts';

const ZONE_CHECK_MS = 60_000;

/** Takes one line of a sender: decodes it, counts it, hands it on. False when there was no room for it. */
export type Intake = (bytes: Buffer, sender: string, truncated: boolean) => boolean;

/** What all transports do with a line once they have it. */
export function createIntake({ sink, clock, tally }: { sink: LineSink; clock: Clock; tally: Tally }): Intake {
  let zoneMinutes = 0;
  let zoneAt = Number.NEGATIVE_INFINITY;

  return (bytes, sender, truncated) => {
    tally.received++;
    tally.bytes += bytes.length;
    const raw = trimLine(bytes);
    if (raw.length === 0) {
      tally.dropped.empty++;
      return true;
    }
    const receivedAt = clock.now();
    if (receivedAt - zoneAt > ZONE_CHECK_MS || receivedAt < zoneAt) {
      // Devices that name no zone are taken to live in ours.
      zoneMinutes = -new Date(receivedAt).getTimezoneOffset();
      zoneAt = receivedAt;
    }
    const content = decodeSyslog(raw, { receivedAt, zoneMinutes });
    if (content.parseError !== '') tally.malformed++;
    if (truncated) tally.truncated++;
    if (sink.take({ source: 'syslog', receivedAt, sender, raw, truncated, content })) return true;
    tally.dropped.buffer_full++;
    return false;
  };
}

/** An IPv4 address that came in through an IPv6 socket, as itself. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
