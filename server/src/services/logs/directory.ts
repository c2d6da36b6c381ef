import { isIP } from 'node:net';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Bus } from '#bus/bus.ts';
import { globMatches } from '#domain/log-filter.ts';
import type { Glob } from '#domain/log-filter.ts';
import type { LineOrigin } from '#collectors/listener.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import type { DirectoryEntry, SenderStore } from '#stores/logs/logs.ts';

const REFRESH_MS = 60_000;
/** Changes come in bursts: an import changes thousands of devices. */
const SETTLE_MS = 500;
/** All devices are read again for one that changed: of its time a process spends this share on that at most. */
const SHARE = 1 / 20;
/** A name that more devices have tells nobody apart; whether one is named twice is then not worth the search. */
const SHARED_MAX = 32;

/** Which devices there are, as far as lines are concerned; a snapshot that follows the inventory. */
export interface Directory extends Component {
  /**
   * The device that sent a line: by what the line tells of its origin, by its address, then by the host it names; 0 when
   * it is none.
   */
  match(sender: string, host: string, origin?: LineOrigin): number;
  /** Devices whose name, address or sysName fits, or whose id is meant. */
  find(pattern: Glob): Set<number>;
  ofSites(sites: readonly string[]): Set<number>;
  has(deviceId: number): boolean;
  refresh(): Promise<void>;
}

interface Snapshot {
  readonly entries: readonly DirectoryEntry[];
  readonly ids: ReadonlySet<number>;
  readonly byAddress: ReadonlyMap<string, readonly number[]>;
  readonly byName: ReadonlyMap<string, readonly number[]>;
  /** By the id of the SNMP engine. */
  readonly byEngine: ReadonlyMap<string, readonly number[]>;
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

function add(map: Map<string, number[]>, key: string, id: number): void {
  const known = map.get(key);
  if (!known) map.set(key, [id]);
  else if (known.length > SHARED_MAX ? known.at(-1) !== id : !known.includes(id)) known.push(id);
}

function shortName(name: string): string {
  const dot = name.indexOf('.');
  return dot > 0 && isIP(name) === 0 ? name.slice(0, dot) : name;
}

/** Exported for tests: the maps by which lines are matched. */
export function snapshotOf(entries: readonly DirectoryEntry[]): Snapshot {
  const byAddress = new Map<string, number[]>();
  const byName = new Map<string, number[]>();
  for (const { deviceId, name, address, sysName } of entries) {
    if (isIP(address) !== 0) add(byAddress, address.toLowerCase(), deviceId);
    else add(byName, address.toLowerCase(), deviceId);
    for (const known of [name, sysName]) if (known) add(byName, known.toLowerCase(), deviceId);
  }
  // Addresses of interfaces come second: every device has a loopback, and addresses of two sites may collide.
  for (const { deviceId, addresses } of entries) {
    for (const address of addresses) {
      const key = address.toLowerCase();
      if (!isLoopback(key) && !byAddress.has(key)) byAddress.set(key, [deviceId]);
    }
  }
  for (const [name, ids] of byName) {
    const short = shortName(name);
    if (short !== name) for (const id of ids) add(byName, short, id);
  }
  const byEngine = new Map<string, number[]>();
  for (const { deviceId, engineId } of entries) if (engineId) add(byEngine, engineId, deviceId);
  return { entries, byAddress, byName, byEngine, ids: new Set(entries.map(({ deviceId }) => deviceId)) };
}

/** The device of an agent that another sent the line on for, of an engine, or of an address; when several share it, the one whose name the line tells; else by name alone. */
export function matchLine(snapshot: Snapshot, sender: string, host: string, origin?: LineOrigin): number {
  const agent = origin?.agentAddress === undefined ? undefined : snapshot.byAddress.get(origin.agentAddress);
  if (agent?.length === 1) return agent[0]!;
  const engine = origin?.engineId === undefined ? undefined : snapshot.byEngine.get(origin.engineId);
  if (engine?.length === 1) return engine[0]!;
  const named = host === '' ? undefined : hostIds(snapshot, host.toLowerCase());
  const candidates = snapshot.byAddress.get(sender);
  if (candidates?.length === 1) return candidates[0]!;
  if (candidates) return candidates.find((id) => named?.includes(id)) ?? 0;
  return named?.length === 1 ? named[0]! : 0;
}

function hostIds({ byAddress, byName }: Snapshot, host: string): readonly number[] | undefined {
  return byName.get(host) ?? byAddress.get(host) ?? byName.get(shortName(host));
}

export interface DirectoryDeps {
  readonly senders: Pick<SenderStore, 'directory'>;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}

export function createDirectory({ senders, bus, clock, log }: DirectoryDeps): Directory {
  let snapshot = snapshotOf([]);
  /** Answers of the present snapshot by sender and host: senders say the same all day. */
  let answers = new Map<string, number>();
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let unsubscribe: (() => Promise<void>) | undefined;
  let changed = Promise.withResolvers<void>();
  let tookMs = 0;

  async function refresh(): Promise<void> {
    const since = clock.monotonic();
    snapshot = snapshotOf(await senders.directory());
    answers = new Map();
    tookMs = clock.monotonic() - since;
  }

  async function follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await Promise.race([clock.sleep(REFRESH_MS, signal), changed.promise]).catch(() => undefined);
      await clock.sleep(Math.max(SETTLE_MS, tookMs / SHARE), signal).catch(() => undefined);
      // Before it is read: what changes meanwhile is not in it.
      changed = Promise.withResolvers<void>();
      if (signal.aborted) return;
      await refresh().catch((error: unknown) => {
        // The database being away is said elsewhere; the snapshot stays good for that long.
        if (!(error instanceof AppError && error.retryable))
          log.warn({ err: error }, 'the directory of devices is old');
      });
    }
  }

  return {
    name: 'log directory',
    async start() {
      stopping = new AbortController();
      await refresh();
      unsubscribe = await bus.subscribe(BUS_TOPICS.deviceChanged, () => changed.resolve());
      running = follow(stopping.signal);
    },
    async stop() {
      stopping.abort();
      await unsubscribe?.();
      await running;
    },
    match(sender, host, origin) {
      const key = `${sender} ${host} ${origin?.agentAddress ?? ''} ${origin?.engineId ?? ''}`;
      let id = answers.get(key);
      if (id === undefined) {
        if (answers.size > 20_000) answers.clear();
        answers.set(key, (id = matchLine(snapshot, sender, host, origin)));
      }
      return id;
    },
    find(pattern) {
      const fits = ({ deviceId, name, address, sysName }: DirectoryEntry) =>
        [name, address, sysName ?? '', String(deviceId)].some((text) => text !== '' && globMatches(pattern, text));
      return new Set(snapshot.entries.filter(fits).map(({ deviceId }) => deviceId));
    },
    ofSites(sites) {
      const inside = snapshot.entries.filter(({ site }) => site !== null && sites.includes(site));
      return new Set(inside.map(({ deviceId }) => deviceId));
    },
    has: (deviceId) => snapshot.ids.has(deviceId),
    refresh,
  };
}
