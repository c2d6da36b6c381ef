import type { CredentialSecret } from '@sotp/contract/credentials.ts';
import type { Inventory } from '@sotp/contract/inventory.ts';
import { CredentialSecret as CredentialSchema } from '@sotp/contract/credentials.ts';
import { snmpCollector } from '#collectors/snmp/index.ts';
import type { SnmpSettings } from '#collectors/snmp/settings.ts';
import type { OpenCollector, TargetCredential } from '#collectors/collector.ts';
import { AppError, toAppError } from '#platform/errors.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';

export interface ProbeSettings {
  readonly port: number;
  /** True for SNMP over TCP. */
  readonly tcp?: boolean;
  readonly secrets: readonly CredentialSecret[];
  readonly concurrency: number;
  readonly timeout: number;
  readonly retries: number;
  /** Seconds. */
  readonly deadline: number;
  /** Folders of profiles besides those that SOTP brings along. */
  readonly profiles?: readonly string[];
  /** Profiles or Prometheus modules to read on every device, by name. */
  readonly use?: readonly string[];
}

/** What probing one device gave: its inventory, or why there is none. */
export type ProbeResult = { target: string; address: string; error?: string } & Partial<Inventory>;

/** Reads every target, several at a time, and hands over each result as soon as it is there. */
export async function probeAll(
  targets: readonly string[],
  settings: ProbeSettings,
  found: (result: ProbeResult) => void,
): Promise<void> {
  const credentials = settings.secrets.map(credentialOf);
  const collector = await snmpCollector.open({
    log: silentLog,
    clock: systemClock,
    profileFolders: settings.profiles ?? [],
  });
  try {
    const queue = targets.entries();
    const work = async (): Promise<void> => {
      for (const [i, target] of queue) found(await probe(collector, i, target, credentials, settings));
    };
    await Promise.all(Array.from({ length: Math.min(settings.concurrency, targets.length) }, work));
  } finally {
    await collector.close();
  }
}

async function probe(
  collector: OpenCollector<SnmpSettings>,
  deviceId: number,
  target: string,
  credentials: readonly TargetCredential[],
  settings: ProbeSettings,
): Promise<ProbeResult> {
  const { address, port } = splitTarget(target, settings.port);
  const budgetMs = settings.deadline * 1000;
  const signal = AbortSignal.timeout(budgetMs);
  try {
    if (!collector.facts) throw new AppError('internal', 'The SNMP collector gives no facts.');
    const facts = await collector.facts(
      { deviceId, address, credentials },
      {
        port,
        transport: settings.tcp ? 'tcp' : 'udp',
        timeoutMs: settings.timeout,
        retries: settings.retries,
        maxRepetitions: 30,
        profiles: [...(settings.use ?? [])],
      },
      { signal, budgetMs, at: systemClock.now() },
    );
    return { target, address, ...facts };
  } catch (thrown) {
    const error = signal.aborted ? `No end within ${settings.deadline} s.` : toAppError(thrown).message;
    return { target, address, error };
  }
}

function credentialOf(value: CredentialSecret, i: number): TargetCredential {
  const parsed = CredentialSchema.safeParse(value);
  if (!parsed.success) {
    throw new AppError('bad_request', parsed.error.issues.map((issue) => issue.message).join('; '));
  }
  return { id: String(i), name: value.kind, value: parsed.data };
}

/** `10.0.0.1`, `10.0.0.1:1161`, `::1`, `[::1]:1161`, `name:1161`. */
export function splitTarget(target: string, port: number): { address: string; port: number } {
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(target);
  const named = /^([^:]+):(\d+)$/.exec(target);
  const [, address = target, digits] = bracketed ?? named ?? [];
  return { address, port: digits === undefined ? port : Number(digits) };
}
