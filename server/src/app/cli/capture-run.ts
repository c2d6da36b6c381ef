import { randomBytes } from 'node:crypto';
import { CredentialSecret as CredentialSchema } from '@sotp/contract/credentials.ts';
import type { CredentialSecret } from '@sotp/contract/credentials.ts';
import type { Fault } from '#collectors/collector.ts';
import { Session } from '#collectors/snmp/client/session.ts';
import { walkColumns } from '#collectors/snmp/client/walk.ts';
import { securityOf } from '#collectors/snmp/credentials.ts';
import { firstToAnswer } from '#collectors/snmp/firstToAnswer.ts';
import { greet } from '#collectors/snmp/greet.ts';
import { openLibrary } from '#collectors/snmp/knowledge/profiles/library.ts';
import { openDgramTransport } from '#collectors/snmp/transport/dgram.ts';
import { createResolver } from '#collectors/snmp/transport/resolver.ts';
import { systemClock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { silentLog } from '#platform/log.ts';
import { createKeyRing } from '#protocols/snmp/usm/keys.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';
import { recordingLine } from './capture-line.ts';
import { scrub } from './capture-scrub.ts';
import { splitTarget } from './probe-run.ts';

export interface CaptureSettings {
  readonly port: number;
  readonly secrets: readonly CredentialSecret[];
  readonly roots: readonly string[];
  readonly maxVarbinds: number;
  readonly timeout: number;
  readonly retries: number;
  /** Seconds. */
  readonly deadline: number;
  readonly scrub: boolean;
}

/** A recording as its lines, and what of the device is missing in it. */
export interface Capture {
  readonly lines: readonly string[];
  readonly faults: readonly Fault[];
}

const HEAD_START_MS = 400;
const MAX_OCTETS = 256 << 20;

/** Walks a device and writes down what it answers. Throws when it answers nothing at all. */
export async function capture(target: string, settings: CaptureSettings): Promise<Capture> {
  const transport = await openDgramTransport({ clock: systemClock, log: silentLog, random: Math.random });
  try {
    const ended = AbortSignal.timeout(settings.deadline * 1000 + 60_000);
    const faults: Fault[] = [];
    const varbinds = await walkAll(await openSession(target, settings, transport, ended), settings, faults);
    const told = settings.scrub ? scrub(varbinds, await scrubOptions(varbinds, settings.secrets)) : varbinds;
    const lines = told.map(recordingLine).filter((line) => line !== null);
    return { lines, faults };
  } finally {
    await transport.close();
  }
}

type Transport = Awaited<ReturnType<typeof openDgramTransport>>;

async function openSession(
  target: string,
  { port: usual, secrets, timeout: timeoutMs, retries }: CaptureSettings,
  transport: Transport,
  signal: AbortSignal,
): Promise<Session> {
  const { address, port } = splitTarget(target, usual);
  const endpoint = { ...(await createResolver(systemClock).resolve(address)), port };
  const ring = createKeyRing();
  const attempts = secrets.map((secret, i) => async (ending: AbortSignal): Promise<Session> => {
    const value = CredentialSchema.parse(secret);
    const credential = { id: String(i), name: value.kind, value };
    const security = securityOf(credential, { clock: systemClock, ring, salt: randomBytes(8) });
    if (!security) throw new AppError('credential_missing', `A ${value.kind} credential is not for SNMP.`);
    const session = new Session({ transport, endpoint, security, timeoutMs, tries: retries + 1, random: Math.random });
    session.signal = ending;
    await greet(session);
    return session;
  });
  const session = await firstToAnswer(attempts, { clock: systemClock, headStartMs: HEAD_START_MS, signal });
  session.signal = signal;
  return session;
}

async function walkAll(session: Session, settings: CaptureSettings, faults: Fault[]): Promise<SnmpVarbind[]> {
  const varbinds: SnmpVarbind[] = [];
  const begun = systemClock.monotonic();
  for (const root of settings.roots) {
    const left = settings.maxVarbinds - varbinds.length;
    const maxMs = settings.deadline * 1000 - (systemClock.monotonic() - begun);
    if (left <= 0 || maxMs <= 0) {
      faults.push({ code: 'snmp_walk_too_long', message: `What lies below ${root} was not walked any more.` });
      continue;
    }
    await walkColumns([root], {
      session,
      clock: systemClock,
      bounds: { maxVarbinds: left, maxOctets: MAX_OCTETS, maxMs, maxRepetitions: 30 },
      fault: (fault) => faults.push(fault),
      take: (_, varbind) => varbinds.push(varbind),
    });
  }
  // The last answer may have brought more than was asked for, and with it the end of what there is.
  if (varbinds.length > settings.maxVarbinds && faults.length === 0) {
    faults.push({ code: 'snmp_walk_too_long', message: `Only the first ${settings.maxVarbinds} variables are kept.` });
  }
  return varbinds.slice(0, settings.maxVarbinds);
}

/** Serial numbers lie where the profiles of the enterprises that the device speaks of say so. */
async function scrubOptions(varbinds: readonly SnmpVarbind[], secrets: readonly CredentialSecret[]) {
  const enterprises = new Set<number>();
  for (const { oid } of varbinds) {
    const found = /^1\.3\.6\.1\.4\.1\.(\d+)\./.exec(oid);
    if (found) enterprises.add(Number(found[1]));
  }
  const serialRoots: string[] = [];
  for (const { fields, entries } of await openLibrary().candidates(enterprises)) {
    for (const { root } of fields.get('serial_number') ?? []) if (root) serialRoots.push(root);
    for (const { columns } of entries) {
      for (const { oid, symbol } of columns) if (/serial/i.test(symbol.name)) serialRoots.push(oid);
    }
  }
  const texts = secrets.flatMap(({ secret }) => [
    ...('community' in secret ? [secret.community] : []),
    ...('username' in secret ? [secret.username] : []),
  ]);
  return { serialRoots, secrets: texts };
}
