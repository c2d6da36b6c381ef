import type { Clock } from '#platform/clock.ts';
import type { Lane } from '#platform/lane.ts';
import type { CollectorDeps, Fault, PollContext, PollResult, SampleSet } from '#collectors/collector.ts';
import type { Inventory } from '@sotp/contract/inventory.ts';
import { OperStatus } from '@sotp/contract/inventory.ts';
import { hear } from '#collectors/snmp/greet.ts';
import { MAX_VARBINDS } from '#collectors/snmp/client/session.ts';
import type { Session } from '#collectors/snmp/client/session.ts';
import { toAppError } from '#platform/errors.ts';
import type { SnmpSettings } from '#collectors/snmp/settings.ts';
import type { PollDecoder } from './decode.ts';
import { createCadence, runCadence } from './cadence.ts';
import type { Cadence } from './cadence.ts';
import { startCost, writeCost } from './cost.ts';
import { WATCHED } from './learned.ts';
import type { Shelf } from '#collectors/snmp/knowledge/profiles/shelf.ts';
import { partialSections } from '#collectors/snmp/knowledge/partial.ts';
import { recallFacts, rememberFacts } from './memory.ts';
import type { Program } from './program.ts';
import { findRenumbered, forgetPorts } from './renumber.ts';
import type { Programs } from './share.ts';
import { awaitStudy, inLine, notAnswering, startStudy, stillReading } from './study.ts';
import type { Study } from './study.ts';
import { hasRestarted } from './uptime.ts';
import type { UptimeReading } from './uptime.ts';

const SLOW_EVERY_MS = 300_000;
const REDISCOVER_EVERY_MS = 6 * 3_600_000;
/** A device whose tables change all the time is read anew at most this often. */
const REDISCOVER_AT_MOST_EVERY_MS = 60_000;

/** What is remembered about a device between polls. */
export interface DeviceState {
  session: Session;
  credentialId: string;
  fast: Cadence | null;
  slow: Cadence | null;
  living: string | null;
  /** Sections of the remembered facts that were cut short. */
  partial: readonly (keyof Inventory)[];
  uptime: UptimeReading | null;
  /** The v3 engine and its boots, which prove a restart. */
  epoch: string | null;
  interfaceNumber: number;
  tableChanged: number;
  /** The ifOperStatus of each port at the last poll that had it; 0 before. */
  statuses: Uint8Array | null;
  /** ifIndexes that mean another port than the plan says; null while nothing speaks for that. */
  renumbered: ReadonlySet<string> | null;
  /** True from the moment when its ports may be others until their names have been compared. */
  doubtful: boolean;
  /** True from the moment when a restart was seen until a poll has told of it. */
  untold: boolean;
  slowDue: number;
  discoverDue: number;
  discoveredAt: number;
  /** The generation of the profiles by which it was read, and the enterprises that it speaks of. */
  knownBy: number | null;
  enterprises: readonly number[];
  /** While the device is being read as a whole. */
  study: Study | null;
  /** How often the device had answered when this poll began; what it said before says nothing of now. */
  answers: number;
}

/** A device that has just answered for the first time. */
export function createDeviceState(session: Session, credentialId: string): DeviceState {
  return {
    session,
    credentialId,
    fast: null,
    slow: null,
    living: null,
    partial: [],
    uptime: null,
    epoch: null,
    interfaceNumber: Number.NaN,
    tableChanged: Number.NaN,
    statuses: null,
    renumbered: null,
    doubtful: false,
    untold: false,
    slowDue: 0,
    discoverDue: 0,
    discoveredAt: Number.NEGATIVE_INFINITY,
    knownBy: null,
    enterprises: [],
    study: null,
    answers: 0,
  };
}

export interface DevicePollDeps extends CollectorDeps {
  readonly programs: Programs;
  /** Room for devices that are read as a whole. */
  readonly studies: Lane;
  /** The profiles in force; those that SOTP brings along when left out. */
  readonly shelf?: Shelf;
}

/** What a poll leaves of its budget when it waits for the device to be read; of a short one, half where nothing else is read. */
const RESERVE_MS = 500;

/** Polls a device once. One that is new, or seems to have changed, is read as a whole, by this poll and those after it. */
export async function pollDevice(
  state: DeviceState,
  settings: SnmpSettings,
  ctx: PollContext,
  deps: DevicePollDeps,
): Promise<PollResult> {
  const { clock, shelf } = deps;
  const { session } = state;
  session.signal = ctx.signal;
  const begun = clock.monotonic();
  const cost = startCost(session, begun);
  const faults: Fault[] = [];
  const facts: Partial<Inventory> = {};
  if (shelf && state.knownBy !== shelf.generation) noticeNewProfiles(state, shelf, begun);
  if (!state.fast || begun >= state.discoverDue) state.study ??= study(state, settings, deps);
  const patience = (reserveMs: number) => ctx.budgetMs - reserveMs - (clock.monotonic() - begun);

  // A known device keeps its cadence: its counters are read first, and what is new comes after.
  if (state.study && !state.fast) {
    await learn(state, state.study, patience(Math.min(RESERVE_MS, ctx.budgetMs / 2)), deps, facts, faults);
  }
  const { credentialId } = state;
  if (!state.fast) return { polledAt: clock.now(), samples: [], facts, restarted: false, faults, credentialId };

  const now = clock.monotonic();
  const samples: SampleSet[] = [];
  const run = await runCadence(state.fast, session, samples, faults, WATCHED.length);
  const { read } = run;
  // Rates divide by this: a request that was lost and sent again was answered later than the poll began.
  const polledAt = Math.round(clock.now() - (Number.isNaN(run.atMs) ? 0 : clock.monotonic() - run.atMs));
  const seen = watch(state, read, clock);
  // Both outlive a poll that fails from here on: the next one would not see them any more.
  state.untold ||= seen.restarted;
  state.doubtful ||= seen.restarted || seen.changed;
  const restarted = state.untold;
  if (state.doubtful) {
    state.renumbered = await findRenumbered(session, state.fast.program.layout);
    state.doubtful = false;
  }
  if (state.renumbered) forgetPorts(read.values, state.fast.program.layout, state.renumbered);
  if (now >= state.slowDue || restarted) {
    if (state.slow) await runCadence(state.slow, session, samples, faults, 0);
    state.slowDue = now + SLOW_EVERY_MS;
    if (!facts.system) Object.assign(facts, refreshUptime(state));
  }
  if (restarted && !facts.system) Object.assign(facts, refreshUptime(state));
  if (!facts.interfaces) Object.assign(facts, refreshStatuses(state, state.fast.program, read));
  writeCost(read.values, cost, session, clock.monotonic(), faults.length);
  if (state.study) await learn(state, state.study, patience(RESERVE_MS), deps, facts, faults);
  state.untold = false;
  return { polledAt, samples, facts, partial: state.partial, restarted, faults, credentialId };
}

/** A device is read anew when a profile has changed that may concern it. */
function noticeNewProfiles(state: DeviceState, shelf: Shelf, now: number): void {
  const since = state.knownBy ?? shelf.generation;
  // What is being read has begun with the profiles of before.
  if (state.study) return;
  if (state.fast && shelf.concerns(since, state.enterprises)) state.discoverDue = now;
  state.knownBy = shelf.generation;
}

function study(state: DeviceState, settings: SnmpSettings, deps: DevicePollDeps): Study {
  const { clock, shelf, studies: lane, programs } = deps;
  state.knownBy = shelf?.generation ?? null;
  return startStudy(state.session, settings, { clock, lane, programs, library: shelf?.library() });
}

/** Waits for the study as long as the poll has time, and takes what it found once it has ended. */
async function learn(
  state: DeviceState,
  study: Study,
  patienceMs: number,
  { clock, studies }: DevicePollDeps,
  facts: Partial<Inventory>,
  faults: Fault[],
): Promise<void> {
  const until = clock.monotonic() + patienceMs;
  const { turn } = state.session;
  const greetUnheard = async () => {
    const goesOn = !study.learned && study.failure === null;
    if (!state.fast && goesOn && turn.answers === state.answers && !turn.taken) await hear(state.session);
  };
  // Who has not answered this poll yet, and is asked nothing just now, is asked whether it is there: his reading may only begin, after it was
  // lost before, or it has to think. What it asks may be out for longer than a poll waits, and says nothing until then.
  await greetUnheard();
  await awaitStudy(study, until - clock.monotonic(), { clock, studies });
  await greetUnheard();
  const answered = turn.answers !== state.answers;
  if (study.failure !== null) {
    state.study = null;
    // A device that is known goes on being polled; one that is not gave nothing.
    if (!state.fast) throw study.failure;
    state.discoverDue = clock.monotonic() + REDISCOVER_AT_MOST_EVERY_MS;
    const { code, message } = toAppError(study.failure);
    faults.push({ code, message });
    return;
  }
  const { learned } = study;
  if (!learned) {
    if (state.fast) return;
    if (!answered) faults.push(notAnswering(study, clock));
    else faults.push(study.begun ? stillReading(study, clock) : inLine());
    return;
  }
  state.study = null;
  faults.push(...study.faults);
  const now = clock.monotonic();
  // Starting from the full requests again: what the device could not bear once it may bear now.
  state.session.maxVarbinds = MAX_VARBINDS;
  const read = learned.facts();
  state.fast = createCadence(learned.fast);
  state.slow = learned.slow && createCadence(learned.slow);
  state.living = rememberFacts(read);
  state.partial = partialSections(study.faults);
  state.enterprises = learned.enterprises;
  for (const name of learned.unknown) {
    faults.push({ code: 'not_found', message: `No profile and no Prometheus module has the name “${name}”.` });
  }
  state.statuses = null;
  state.renumbered = null;
  state.discoveredAt = now;
  state.discoverDue = now + REDISCOVER_EVERY_MS;
  state.slowDue = 0;
  Object.assign(facts, read);
}

/** Looks at what tells that the agent started anew since the poll before, or that its tables are others. */
function watch(state: DeviceState, read: PollDecoder, clock: Clock): { restarted: boolean; changed: boolean } {
  const [ticks = Number.NaN, interfaceNumber = Number.NaN, tableChanged = Number.NaN] = read.watched;
  const now = clock.monotonic();
  const { uptime } = state;
  const { epoch } = state.session.security;
  const isOther = state.epoch !== null && epoch !== null && state.epoch !== epoch;
  state.epoch = epoch;
  const isKnown = !Number.isNaN(ticks);
  const restarted = isOther || (uptime !== null && isKnown && hasRestarted(uptime, { ticks, atMs: now }));
  if (isKnown && uptime) {
    // In place: a new one at every poll would be old memory soon, which is seldom searched for garbage.
    uptime.ticks = ticks;
    uptime.atMs = now;
  } else if (isKnown) state.uptime = { ticks, atMs: now };
  const changed =
    differs(state.interfaceNumber, interfaceNumber) || (!restarted && differs(state.tableChanged, tableChanged));
  state.interfaceNumber = interfaceNumber;
  state.tableChanged = tableChanged;
  const { fast } = state;
  let vanished = false;
  if (fast) {
    if (fast.missing < 0) fast.missing = read.missing;
    vanished = read.missing - fast.missing > Math.max(3, read.values.length / 10);
    fast.missing = Math.min(fast.missing, read.missing);
  }
  if (restarted || changed || vanished) {
    state.discoverDue = Math.min(state.discoverDue, Math.max(now, state.discoveredAt + REDISCOVER_AT_MOST_EVERY_MS));
  }
  return { restarted, changed: changed || vanished };
}

function differs(before: number, now: number): boolean {
  return !Number.isNaN(before) && !Number.isNaN(now) && before !== now;
}

/** The system section with the uptime of this poll. */
function refreshUptime(state: DeviceState): Partial<Inventory> {
  const system = state.living ? recallFacts(state.living).system : null;
  return system && state.uptime ? { system: { ...system, uptimeSeconds: state.uptime.ticks / 100 } } : {};
}

/** The interface section when a port's status is another than at the poll before; nothing else. */
function refreshStatuses(state: DeviceState, { statuses }: Program, read: PollDecoder): Partial<Inventory> {
  const first = state.statuses === null;
  const kept = (state.statuses ??= new Uint8Array(statuses.length));
  let changed = false;
  for (let i = 0; i < statuses.length; i += 1) {
    const status = read.values[statuses[i]?.at ?? -1] ?? Number.NaN;
    if (!(status > 0 && status <= 255) || status === kept[i]) continue;
    kept[i] = status;
    changed = true;
  }
  if (!changed || first || !state.living) return {};
  const { system, interfaces } = recallFacts(state.living);
  if (!interfaces) return {};
  const byIndex = new Map(statuses.map(({ ifIndex }, i) => [ifIndex, kept[i] ?? 0]));
  for (const port of interfaces) {
    const status = byIndex.get(port.ifIndex) ?? 0;
    if (status > 0) port.operStatus = OperStatus.options[status - 1] ?? null;
  }
  state.living = rememberFacts({ interfaces, ...(system && { system }) });
  return { interfaces };
}
