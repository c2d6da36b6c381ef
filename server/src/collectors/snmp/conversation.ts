import { randomBytes } from 'node:crypto';
import type { CollectorDeps, Target, TargetCredential } from '#collectors/collector.ts';
import { AppError } from '#platform/errors.ts';
import type { Clock } from '#platform/clock.ts';
import { createKeyRing } from '#protocols/snmp/usm/keys.ts';
import type { KeyRing } from '#protocols/snmp/usm/keys.ts';
import type { OutgoingVarbind } from '#protocols/snmp/varbind.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';
import { ErrorStatus, PduType } from '#protocols/snmp/pdu.ts';
import { encodeOid } from '#protocols/snmp/oid.ts';
import { ask, statusError } from './client/operations.ts';
import { createSnmpReader } from './client/reader.ts';
import { Session } from './client/session.ts';
import { setValues } from './client/set.ts';
import { securityOf } from './credentials.ts';
import { greet } from './greet.ts';
import type { SnmpReader } from './reader.ts';
import type { SnmpSettings } from './settings.ts';
import { openTransport } from './transport/open.ts';
import { createResolver } from './transport/resolver.ts';
import type { Resolver } from './transport/resolver.ts';
import type { SnmpTransport } from './transport/transport.ts';

export interface SessionOpenerDeps {
  readonly transport: SnmpTransport;
  readonly resolver: Resolver;
  readonly ring: KeyRing;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Makes the session of a target with one of its credentials; nothing is sent yet. */
export type SessionOpener = (
  target: Target,
  credential: TargetCredential,
  settings: SnmpSettings,
  signal: AbortSignal,
) => Promise<Session>;

/** Opens sessions over one transport. Throws `credential_missing`, `address_unresolvable`. */
export function createSessionOpener({ transport, resolver, ring, clock, random }: SessionOpenerDeps): SessionOpener {
  return async (target, credential, settings, signal) => {
    const security = securityOf(credential, { clock, ring, salt: randomBytes(8) });
    if (!security) throw new AppError('credential_missing', `Credential "${credential.name}" is not for SNMP.`);
    const endpoint = { ...(await resolver.resolve(target.address)), port: settings.port, protocol: settings.transport };
    const { timeoutMs, retries } = settings;
    const session = new Session({ transport, endpoint, security, timeoutMs, tries: retries + 1, random });
    session.signal = signal;
    return session;
  };
}

/** A conversation with one device for people, outside of any polling. */
export interface Conversation extends SnmpReader {
  /** Sets all of these values or none; answers what the device says they are now. Throws as `setValues`. */
  set(varbinds: readonly OutgoingVarbind[]): Promise<readonly SnmpVarbind[]>;
  /** One GETBULK: up to so many values behind each OID, in one answer. */
  bulk(oids: readonly string[], maxRepetitions: number): Promise<readonly SnmpVarbind[]>;
  close(): Promise<void>;
}

/**
 * Opens a socket of its own and greets the device with its first credential: what fails then has a cause of its own.
 * Throws why the device does not answer.
 */
export async function openConversation(
  target: Target,
  settings: SnmpSettings,
  signal: AbortSignal,
  { clock, log }: CollectorDeps,
): Promise<Conversation> {
  const [credential] = target.credentials;
  if (!credential) throw new AppError('credential_missing', `No SNMP credential was given for ${target.address}.`);
  const random = Math.random;
  const transport = await openTransport({ clock, log, random });
  try {
    const deps = { transport, resolver: createResolver(clock), ring: createKeyRing(), clock, random };
    const session = await createSessionOpener(deps)(target, credential, settings, signal);
    await greet(session);
    const reader = createSnmpReader({ session, clock, maxRepetitions: settings.maxRepetitions });
    return {
      ...reader,
      set: (varbinds) => setValues(session, varbinds),
      async bulk(oids, maxRepetitions) {
        const names = oids.map(encodeOid);
        const { errorStatus, varbinds } = await ask(session, PduType.getBulk, names, 0, maxRepetitions);
        if (errorStatus !== ErrorStatus.noError) throw statusError(session, errorStatus);
        return varbinds;
      },
      close: () => transport.close(),
    };
  } catch (error) {
    await transport.close();
    throw error;
  }
}
