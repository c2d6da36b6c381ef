import { isDeepStrictEqual } from 'node:util';
import type { Inventory } from '@sotp/contract/inventory.ts';
import { toAppError } from '#platform/errors.ts';
import { createLane } from '#platform/lane.ts';
import { createPace } from '#platform/pace.ts';
import type {
  CheckResult,
  CollectorDeps,
  CollectorModule,
  OpenCollector,
  Target,
  TargetCredential,
} from '#collectors/collector.ts';
import { sameCredential } from '#domain/secret-ref.ts';
import { createKeyRing } from '#protocols/snmp/usm/keys.ts';
import { createSnmpReader } from './client/reader.ts';
import { createSessionOpener } from './conversation.ts';
import { SNMP_KINDS } from './credentials.ts';
import { checkCredential, greet } from './greet.ts';
import { openShelf } from './knowledge/profiles/shelf.ts';
import type { Shelf } from './knowledge/profiles/shelf.ts';
import { readKnowledge } from './knowledge/index.ts';
import { transportMetrics } from './metrics.ts';
import { createDeviceState, pollDevice } from './poll/device.ts';
import type { DeviceState } from './poll/device.ts';
import { STUDIES_AT_ONCE, notOurs } from './poll/study.ts';
import { createPrograms } from './poll/share.ts';
import { SnmpSettings } from './settings.ts';
import { TrialBook, isRotating, snmpCredentials } from './trials.ts';
import { openTransport } from './transport/open.ts';
import { createResolver } from './transport/resolver.ts';
import type { SnmpTransport } from './transport/transport.ts';

/** What a device is remembered by, for as long as its configuration stays the same. */
interface Known {
  readonly target: Target;
  settings: SnmpSettings;
  readonly trials: TrialBook;
  state: DeviceState | null;
  /** It is polled elsewhere, or was changed: a poll that has begun must not go on to read it as a whole. */
  abandoned: boolean;
}

function abandon(device: Known): void {
  device.abandoned = true;
  device.state?.study?.cancel();
}

function assertOurs(device: Known): void {
  if (device.abandoned) throw notOurs();
}

/** The SNMP collector over an open transport; apart from `snmpCollector` for tests and benchmarks. */
export function createSnmpCollector(
  transport: SnmpTransport,
  deps: CollectorDeps & { readonly random: () => number; readonly shelf?: Shelf; readonly studiesAtOnce?: number },
): OpenCollector<SnmpSettings> {
  const { clock, random, shelf } = deps;
  const resolver = createResolver(clock);
  const programs = createPrograms();
  const pace = createPace(clock, STUDIES_AT_ONCE);
  const studies = createLane(deps.studiesAtOnce ?? pace.room);
  const ring = createKeyRing();
  const devices = new Map<number, Known>();
  const pollDeps = { ...deps, programs, studies };

  const openSession = createSessionOpener({ transport, resolver, ring, clock, random });

  /** Tries the device's credentials in order, the one that answered last first. Throws when none answers. */
  function findCredential(
    target: Target,
    settings: SnmpSettings,
    signal: AbortSignal,
    { trials, state }: Pick<Known, 'trials' | 'state'>,
  ): Promise<DeviceState> {
    const ask = async (credential: TargetCredential, ending: AbortSignal): Promise<DeviceState> => {
      const session = await openSession(target, credential, settings, ending);
      await greet(session);
      return createDeviceState(session, credential.id);
    };
    return trials.find(target, state?.credentialId, ask, signal);
  }

  /** What is known of a device that is spoken to with a credential that nothing speaks against. */
  function settled({ target, state }: Known): DeviceState | null {
    return state && !state.session.silent && !isRotating(target, state.credentialId) ? state : null;
  }

  /** A device that is silent may have got another credential; one whose credential is being rotated may have it any moment. */
  async function seekCredential(device: Known, settings: SnmpSettings, signal: AbortSignal): Promise<DeviceState> {
    const { target, state } = device;
    const found = await findCredential(target, settings, signal, device);
    if (state?.credentialId === found.credentialId) return state;
    state?.study?.cancel();
    if (!state || !sameCredential(state.credentialId, found.credentialId)) {
      device.state = found;
      return found;
    }
    // Another secret is no other device: what is known of it stays.
    state.study = null;
    state.session = found.session;
    state.answers = 0;
    state.credentialId = found.credentialId;
    return state;
  }

  function known(target: Target, settings: SnmpSettings): Known {
    const before = devices.get(target.deviceId);
    const sameSettings = before !== undefined && areEqual(before, settings);
    if (before?.target === target && sameSettings) return before;
    const state = before && sameSettings && staysValid(before, target) ? before.state : null;
    if (!state && before) abandon(before);
    const fresh: Known = { target, settings, trials: new TrialBook(pollDeps), state, abandoned: false };
    devices.set(target.deviceId, fresh);
    return fresh;
  }

  /** A name may have got another address: the conversation goes on there, and nothing else is forgotten. */
  async function follow(state: DeviceState, target: Target): Promise<void> {
    const { address, family } = await resolver.resolve(target.address);
    if (state.session.endpoint.address === address) return;
    state.session = state.session.moved({ ...state.session.endpoint, address, family });
    state.answers = 0;
  }

  return {
    async poll(target, settings, ctx) {
      const device = known(target, settings);
      if (device.state) device.state.answers = device.state.session.turn.answers;
      const state = settled(device) ?? (await seekCredential(device, settings, ctx.signal));
      if (state.session.endpoint.address !== target.address) await follow(state, target);
      // Its answer may have come when others poll it already, and a reading that begins now would be nobody's to end.
      assertOurs(device);
      try {
        return await pollDevice(state, settings, ctx, pollDeps);
      } catch (error) {
        // The device may have been given its new secret in the middle of this very poll.
        if (ctx.signal.aborted || device.abandoned || !isRotating(target, state.credentialId)) throw error;
        const another = settled(device) ?? (await seekCredential(device, settings, ctx.signal));
        assertOurs(device);
        return await pollDevice(another, settings, ctx, pollDeps);
      }
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
      const trials = new TrialBook(pollDeps);
      const { session } = await findCredential(target, settings, ctx.signal, { trials, state: null });
      session.signal = ctx.signal;
      const reader = createSnmpReader({ session, clock, maxRepetitions: settings.maxRepetitions });
      const library = shelf?.library();
      const { profiles } = settings;
      return (await readKnowledge(reader, { plan: false, profiles, ...(library && { library }) })).facts;
    },

    forget(deviceId) {
      const device = devices.get(deviceId);
      if (device) abandon(device);
      devices.delete(deviceId);
    },
    metrics: () => ({ ...transportMetrics(transport), ...shelf?.metrics() }),
    ...(shelf && { knowledge: () => shelf.report() }),
    async close() {
      pace.stop();
      for (const device of devices.values()) abandon(device);
      devices.clear();
      shelf?.close();
      await transport.close();
    },
  };
}

/** True when what answered last is still there: other credentials that came or went change nothing. */
function staysValid({ target: before, state }: Known, target: Target): boolean {
  const inUse = ({ credentials }: Target) => credentials.find(({ id }) => id === state?.credentialId)?.value;
  return (
    before.address === target.address && inUse(before) !== undefined && isDeepStrictEqual(inUse(before), inUse(target))
  );
}

/** Mostly they are the same object; parsed anew, they are another that says the same. */
function areEqual(before: Known, settings: SnmpSettings): boolean {
  if (before.settings === settings) return true;
  if (JSON.stringify(before.settings) !== JSON.stringify(settings)) return false;
  before.settings = settings;
  return true;
}

function failed(error: unknown): { ok: false; code: CheckResult['code']; message: string } {
  const { code, message } = toAppError(error);
  return { ok: false, code, message };
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
