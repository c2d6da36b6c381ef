import { NO_KEYS } from '#protocols/snmp/usm/message.ts';
import type { UsmKeys } from '#protocols/snmp/usm/message.ts';
import { localizeKey, localizePrivKey } from '#protocols/snmp/usm/keys.ts';
import type { KeyRing } from '#protocols/snmp/usm/keys.ts';
import type { AuthProtocol, PrivProtocol } from '#protocols/snmp/usm/algorithms.ts';

/** A user as the operator configured it. */
export interface UsmUser {
  readonly name: string;
  readonly auth: { readonly protocol: AuthProtocol; readonly password: string } | null;
  readonly priv: { readonly protocol: PrivProtocol; readonly password: string } | null;
  readonly context: string;
}

const NOTHING = Buffer.alloc(0);
/** RFC 3414 section 2.2.3: a message may be this much behind. */
const WINDOW_SECONDS = 150;
/** A boots counter at its end says that the engine must get new keys (section 2.2.2). */
export const MAX_BOOTS = 0x7fff_ffff;

/** An agent's engine as we know it. There is one a device: what it takes for asking is made again when it is asked. */
export interface RemoteEngine {
  /** Its id, and behind it the user's two localised keys, an octet a character: a text costs less than a buffer. */
  readonly material: string;
  readonly idOctets: number;
  readonly authOctets: number;
  /** Id and boots as text, once they were asked for; null since the boots have changed. */
  epoch: string | null;
  boots: number;
  /** Its time in seconds at `atMs` of our monotonic clock. */
  time: number;
  atMs: number;
  /** The latest of its times that came in an authentic message. */
  latest: number;
  /** False while boots and time are only what an unauthenticated message said: good for asking, not for judging. */
  synchronized: boolean;
}

/** An engine that has just told its id; what it says of its time is a hint. */
export function meetEngine(
  id: Uint8Array,
  boots: number,
  time: number,
  nowMs: number,
  user: UsmUser,
  ring: KeyRing,
): RemoteEngine {
  const { auth, priv } = user;
  const authKey = auth ? localizeKey(auth.protocol, ring.get(auth.protocol, auth.password), id) : NOTHING;
  const privKey =
    auth && priv ? localizePrivKey(auth.protocol, priv.protocol, ring.get(auth.protocol, priv.password), id) : NOTHING;
  return {
    material: Buffer.concat([id, authKey, privKey]).toString('latin1'),
    idOctets: id.length,
    authOctets: authKey.length,
    epoch: null,
    boots,
    time,
    atMs: nowMs,
    latest: 0,
    synchronized: false,
  };
}

/** Id and boots of an engine: other ones prove that the agent started anew or was exchanged. */
export function epochOf(engine: RemoteEngine): string {
  const { material, idOctets, boots } = engine;
  return (engine.epoch ??= `${Buffer.from(material.slice(0, idOctets), 'latin1').toString('hex')}:${boots}`);
}

/** What asking an engine takes: its id and the user's keys for it, as octets. */
export interface EngineKeys {
  readonly id: Buffer;
  readonly keys: UsmKeys;
}

/** Engines that are being asked; ciphers are made of these very buffers, and live as long. */
const MAX_OPEN = 2048;
const openEngines = new Map<RemoteEngine, EngineKeys>();

/** The octets of an engine: the same buffers for all requests of a poll, and of the next when few devices are polled. */
export function keysOf(engine: RemoteEngine, { auth, priv }: UsmUser): EngineKeys {
  const known = openEngines.get(engine);
  if (known) return known;
  const { idOctets, authOctets } = engine;
  // Memory of its own: out of the shared pool each engine would keep 8 KiB alive.
  const octets = Buffer.allocUnsafeSlow(engine.material.length);
  octets.write(engine.material, 'latin1');
  const behindAuth = idOctets + authOctets;
  const keys: UsmKeys = auth
    ? {
        auth: { protocol: auth.protocol, key: octets.subarray(idOctets, behindAuth) },
        priv: priv && { protocol: priv.protocol, key: octets.subarray(behindAuth) },
      }
    : NO_KEYS;
  // The one that was opened first goes: most likely its device has been polled.
  if (openEngines.size >= MAX_OPEN) openEngines.delete(openEngines.keys().next().value ?? engine);
  const opened = { id: octets.subarray(0, idOctets), keys };
  openEngines.set(engine, opened);
  return opened;
}

/** The engine's time by now. */
export function timeOf(engine: RemoteEngine, nowMs: number): number {
  return Math.min(MAX_BOOTS, engine.time + Math.floor((nowMs - engine.atMs) / 1000));
}

/**
 * RFC 3414 section 3.2 step 7b: takes over boots and time of an authentic message where they are news, and says whether
 * the message is timely.
 */
export function observeTime(engine: RemoteEngine, boots: number, time: number, nowMs: number): boolean {
  if (!engine.synchronized || boots > engine.boots || (boots === engine.boots && time > engine.latest)) {
    setTime(engine, boots, time, nowMs);
  }
  if (boots === MAX_BOOTS || boots < engine.boots) return false;
  return time >= timeOf(engine, nowMs) - WINDOW_SECONDS;
}

/**
 * Takes over boots and time whatever they were. Only for an authentic Report that answers a request of ours: its msgID
 * was never used before, so it is no replay, and an engine that lost its boots counter is heard again.
 */
export function setTime(engine: RemoteEngine, boots: number, time: number, nowMs: number): void {
  if (engine.boots !== boots) engine.epoch = null;
  engine.boots = boots;
  engine.time = time;
  engine.latest = time;
  engine.atMs = nowMs;
  engine.synchronized = true;
}
