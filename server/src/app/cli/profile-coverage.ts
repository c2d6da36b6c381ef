import { createSnmpReader } from '#collectors/snmp/client/reader.ts';
import { communitySecurity } from '#collectors/snmp/client/security.ts';
import { Session } from '#collectors/snmp/client/session.ts';
import { coverageOf } from '#collectors/snmp/knowledge/profiles/coverage.ts';
import type { Coverage } from '#collectors/snmp/knowledge/profiles/coverage.ts';
import { openLibrary, SHIPPED_PROFILES } from '#collectors/snmp/knowledge/profiles/library.ts';
import { readSystem } from '#collectors/snmp/knowledge/system.ts';
import { openDgramTransport } from '#collectors/snmp/transport/dgram.ts';
import { createResolver } from '#collectors/snmp/transport/resolver.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { splitTarget } from './probe-run.ts';

export interface CoverageSettings {
  readonly port: number;
  readonly community: string;
  readonly profiles?: readonly string[];
}

/** Asks a device which profiles fit it, by SNMPv2c. */
export async function deviceCoverage(target: string, settings: CoverageSettings): Promise<Coverage> {
  const { address, port } = splitTarget(target, settings.port);
  const clock = systemClock;
  const transport = await openDgramTransport({ clock, log: silentLog, random: Math.random });
  try {
    const endpoint = { ...(await createResolver(clock).resolve(address)), port };
    const security = communitySecurity(1, settings.community);
    const session = new Session({ transport, endpoint, security, timeoutMs: 2000, tries: 3, random: Math.random });
    session.signal = AbortSignal.timeout(60_000);
    const reader = createSnmpReader({ session, clock, maxRepetitions: 30 });
    const { facts } = await readSystem(reader);
    const library = openLibrary([SHIPPED_PROFILES, ...(settings.profiles ?? [])]);
    return await coverageOf(reader, library, facts.system);
  } finally {
    await transport.close();
  }
}
