import type { Inventory } from '@sotp/contract/inventory.ts';
import { AppError, toAppError } from '#platform/errors.ts';
import type {
  CheckResult,
  CollectorDeps,
  CollectorModule,
  OpenCollector,
  Target,
  TargetCredential,
} from '#collectors/collector.ts';
import { createKeyRing } from '#protocols/snmp/usm/keys.ts';
import { createSnmpReader } from './client/reader.ts';
import { createSessionOpener } from './conversation.ts';
import { SNMP_KINDS } from './credentials.ts';
import { firstToAnswer } from './firstToAnswer.ts';
import { checkCredential, greet } from './greet.ts';
import { openShelf } from './knowledge/profiles/shelf.ts';
import type { Shelf } from './knowledge/profiles/shelf.ts';
import { readKnowledge } from './knowledge/index.ts';
import { transportMetrics } from './metrics.ts';
import { createDeviceState, pollDevice } from './poll/device.ts';
import type { DeviceState } from './poll/device.ts';
import { createPrograms } from './poll/share.ts';
import { SnmpSettings } from './settings.ts';
import { openTransport } from './transport/open.ts';
import { createResolver } from './transport/resolver.ts';
import type { SnmpTransport } from './transport/transport.ts';

/** A device that speaks mostly does so sooner; then its other credentials need not be tried. */
const HEAD_START_MS = 400;

/** What a device is remembered by, for as long as its configuration stays the same. */
interface Known {
  readonly target: Target;
  readonly settings: string;
  state: DeviceState | null;
}

/** The SNMP collector over an open transport; apart from `snmpCollector` for tests and benchmarks. */
export function createSnmpCollector(
  transport: SnmpTransport,
  deps: CollectorDeps & { readonly random: () => number; readonly shelf?: Shelf },
): OpenCollector<SnmpSettings> {
  const { clock, random, shelf } = deps;
  const resolver = createResolver(clock);
  const programs = createPrograms();
  const ring = createKeyRing();
  const devices = new Map<number, Known>();

  const openSession = createSessionOpener({ transport, resolver, ring, clock, random });

  /** Tries the device's credentials in order, the one that answered last first. Throws when none answers. */
  async function findCredential(
    target: Target,
    settings: SnmpSettings,
    signal: AbortSignal,
    lastGood: string | undefined,
  ): Promise<DeviceState> {
    const fitting = snmpCredentials(target);
    const ordered = fitting.toSorted((a, b) => Number(b.id === lastGood) - Number(a.id === lastGood));
    const attempts = ordered.map((credential) => async (ending: AbortSignal): Promise<DeviceState> => {
      const session = await openSession(target, credential, settings, ending);
      await greet(session);
      return createDeviceState(session, credential.id);
    });
    return await firstToAnswer(attempts, { clock, headStartMs: HEAD_START_MS, signal });
  }

  function known(target: Target, settings: SnmpSettings): Known {
    const before = devices.get(target.deviceId);
    const key = JSON.stringify(settings);
    if (before?.target === target && before.settings === key) return before;
    before?.state?.study?.cancel();
    const fresh: Known = { target, settings: key, state: null };
    devices.set(target.deviceId, fresh);
    return fresh;
  }

  /** A name may have got another address: the conversation goes on there, and nothing else is forgotten. */
  async function follow(state: DeviceState, target: Target, settings: SnmpSettings): Promise<void> {
    const { address, family } = await resolver.resolve(target.address);
    if (state.session.endpoint.address === address) return;
    state.session = state.session.moved({ address, family, port: settings.port });
  }

  return {
    async poll(target, settings, ctx) {
      const device = known(target, settings);
      const lastGood = device.state?.credentialId;
      if (device.state?.session.silent) {
        const found = await findCredential(target, settings, ctx.signal, lastGood);
        if (found.credentialId !== lastGood) {
          device.state.study?.cancel();
          device.state = found;
        }
      }
      device.state ??= await findCredential(target, settings, ctx.signal, lastGood);
      await follow(device.state, target, settings);
      return await pollDevice(device.state, settings, ctx, { ...deps, programs });
    },

    async check(target, settings, ctx) {
      try {
        const credentials = snmpCredentials(target);
        return await Promise.all(
          credentials.map(async (credential): Promise<CheckResult> => {
            const started = clock.monotonic();
            const result = await openSession(target, credential, settings, ctx.signal)
              .then((session) => checkCredential(session))
              .catch(failed);
            return { credentialId: credential.id, durationMs: Math.round(clock.monotonic() - started), ...result };
          }),
        );
      } catch (error) {
        return [{ credentialId: null, durationMs: 0, ...failed(error) }];
      }
    },

    async facts(target, settings, ctx): Promise<Partial<Inventory>> {
      const { session } = await findCredential(target, settings, ctx.signal, undefined);
      session.signal = ctx.signal;
      const reader = createSnmpReader({ session, clock, maxRepetitions: settings.maxRepetitions });
      const library = shelf?.library();
      const { profiles } = settings;
      return (await readKnowledge(reader, { plan: false, profiles, ...(library && { library }) })).facts;
    },

    forget(deviceId) {
      devices.get(deviceId)?.state?.study?.cancel();
      devices.delete(deviceId);
    },
    metrics: () => ({ ...transportMetrics(transport), ...shelf?.metrics() }),
    ...(shelf && { knowledge: () => shelf.report() }),
    async close() {
      for (const { state } of devices.values()) state?.study?.cancel();
      devices.clear();
      shelf?.close();
      await transport.close();
    },
  };
}

function failed(error: unknown): { ok: false; code: CheckResult['code']; message: string } {
  const { code, message } = toAppError(error);
  return { ok: false, code, message };
}

function snmpCredentials(target: Target): TargetCredential[] {
  const fitting = target.credentials.filter(({ value }) => SNMP_KINDS.some((kind) => kind === value.kind));
  if (fitting.length === 0) {
    throw new AppError(
      'credential_missing',
      `${target.address} has no SNMP credential: give it a community or an SNMPv3 user.`,
    );
  }
  return fitting;
}

/** Asks devices over SNMP. */
export const snmpCollector: CollectorModule<SnmpSettings> = {
  name: 'snmp',
  title: 'SNMP',
  defaultIntervalSeconds: 60,
  settings: SnmpSettings,
  credentialKinds: SNMP_KINDS,
  async open(deps) {
    const transport = await openTransport({ ...deps, random: Math.random });
    const shelf = openShelf({ ...deps, folders: deps.profileFolders ?? [] });
    return createSnmpCollector(transport, { ...deps, random: Math.random, shelf });
  },
};
