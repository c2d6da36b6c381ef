import { LRUCache } from 'lru-cache';
import type { UsmKeys } from '#protocols/snmp/usm/message.ts';
import type { User } from './users.ts';

/** RFC 3414 section 2.2.3: a message may be this much behind. */
export const WINDOW_SECONDS = 150;
export const MAX_BOOTS = 0x7fff_ffff;
/** More engines than any network has; the one unheard for longest goes. */
const ENGINES_MAX = 20_000;
/** Messages of one engine that are remembered within its window; one that sends more has its oldest ones refused. */
const SEEN_MAX = 20_000;

/** An engine that has proved itself with an authentic message. */
export interface Engine {
  readonly id: string;
  boots: number;
  /** Its latest time that came in an authentic message, and when that was by our monotonic clock. */
  latest: number;
  atMs: number;
  /** Digests of the messages that were taken, by the engine's time: each is taken once. */
  seen: Map<string, number>;
  /** Messages older than this cannot be told from a replay: an earlier run took some, or they are forgotten. */
  floor: number;
  /** The user that it speaks as, and that user's keys for it. */
  user: User | undefined;
  keys: UsmKeys;
}

/** As it is kept between two runs. */
export interface StoredEngine {
  readonly id: string;
  readonly boots: number;
  readonly latest: number;
  /** Digests of what was taken at the time `latest`. */
  readonly seen: string[];
}

export type Timeliness = 'timely' | 'replayed' | 'not_in_time';

/** Boots and times of the engines that send us traps: what keeps their messages from being taken twice. */
export interface Engines {
  get(id: string): Engine | undefined;
  /** Judges an authentic message by RFC 3414 section 3.2 step 7b, and remembers it when it is timely. */
  judge(engine: Engine, message: { boots: number; time: number; digest: string }, nowMs: number): Timeliness;
  /** An engine that has just sent its first authentic message. */
  meet(id: string, user: User, keys: UsmKeys): Engine;
  readonly size: number;
  /** Changes with everything worth keeping. */
  readonly version: number;
  store(): StoredEngine[];
  restore(stored: readonly StoredEngine[]): void;
}

export function createEngines(noKeys: UsmKeys, max = ENGINES_MAX): Engines {
  const engines = new LRUCache<string, Engine>({ max });
  let version = 0;

  function remember(engine: Engine, time: number, digest: string): void {
    engine.seen.set(digest, time);
    if (engine.seen.size <= SEEN_MAX) return;
    // Too many to be kept: the older half goes, and nothing of that age is taken any more.
    const times = [...engine.seen.values()].toSorted((a, b) => a - b);
    engine.floor = Math.max(engine.floor, (times[times.length >> 1] ?? time) + 1);
    forgetOld(engine);
  }

  function forgetOld(engine: Engine): void {
    const oldest = Math.max(engine.floor, engine.latest - WINDOW_SECONDS);
    for (const [digest, time] of engine.seen) if (time < oldest) engine.seen.delete(digest);
  }

  return {
    get: (id) => engines.get(id),
    meet(id, user, keys) {
      const engine = { id, boots: -1, latest: 0, atMs: 0, seen: new Map<string, number>(), floor: 0, user, keys };
      engines.set(id, engine);
      return engine;
    },
    judge(engine, { boots, time, digest }, nowMs) {
      if (boots === MAX_BOOTS || boots < engine.boots) return 'not_in_time';
      if (boots > engine.boots) {
        engine.boots = boots;
        engine.latest = time;
        engine.atMs = nowMs;
        engine.seen = new Map();
        engine.floor = 0;
      } else {
        const estimate = engine.atMs === 0 ? engine.latest : engine.latest + Math.floor((nowMs - engine.atMs) / 1000);
        if (time < Math.max(engine.latest, estimate) - WINDOW_SECONDS) return 'not_in_time';
        if (time < engine.floor || engine.seen.has(digest)) return 'replayed';
        if (time > engine.latest) {
          if (Math.floor(time / 30) > Math.floor(engine.latest / 30)) forgetOld(engine);
          engine.latest = time;
          engine.atMs = nowMs;
        }
      }
      remember(engine, time, digest);
      version += 1;
      return 'timely';
    },
    get size() {
      return engines.size;
    },
    get version() {
      return version;
    },
    store() {
      return [...engines.values()].map(({ id, boots, latest, seen }) => ({
        id,
        boots,
        latest,
        seen: [...seen].filter(([, time]) => time === latest).map(([digest]) => digest),
      }));
    },
    restore(stored) {
      // The one heard last comes first and is to be forgotten last.
      for (const { id, boots, latest, seen } of stored.toReversed()) {
        const known = new Map(seen.map((digest) => [digest, latest] as const));
        engines.set(id, { id, boots, latest, atMs: 0, seen: known, floor: latest, user: undefined, keys: noKeys });
      }
    },
  };
}
