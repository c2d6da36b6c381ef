import { randomBytes } from 'node:crypto';
import type { AcceptedCredentials, Listener, ListenerDeps } from '#collectors/listener.ts';
import { AppError } from '#platform/errors.ts';
import { kernelDrops } from '#platform/kernel-sockets.ts';
import { createKeyRing } from '#protocols/snmp/usm/keys.ts';
import { NO_KEYS } from '#protocols/snmp/usm/message.ts';
import { createEngines } from './engines.ts';
import type { Engines } from './engines.ts';
import { openGate } from './gate.ts';
import type { Gate, Packet } from './gate.ts';
import { createNames } from './names.ts';
import { createTrapReceiver } from './receiver.ts';
import type { TrapReceiver } from './receiver.ts';
import type { MibSettings, TrapSettings } from './settings.ts';
import { createSourceLimit } from './source-limit.ts';
import { openState, writeState } from './state-file.ts';
import { createTally, tallyMetrics } from './tally.ts';
import type { Outside } from './tally.ts';
import { createUsers } from './users.ts';
import { createV3Receiver } from './v3.ts';

/** How soon what was learned of engines is on the disk. */
const SAVE_MS = 500;
/** Checks of messages that may not be authentic, for one address in a second: each costs some hashing. */
const TRIES_PER_SECOND = 200;

export interface TrapListenerDeps extends ListenerDeps {
  readonly settings: TrapSettings;
  readonly mibs: MibSettings;
  readonly credentials: AcceptedCredentials;
  /** Where the boots counter and what is known of engines are kept. */
  readonly stateFile: string;
}

/** Receives SNMP notifications of all versions (RFC 1157, 3416, 3414). One process of a machine has the port. */
export function createTrapListener(deps: TrapListenerDeps): Listener {
  const { settings, clock, log } = deps;
  const where = `UDP port ${settings.udp} for SNMP notifications`;
  const tally = createTally();
  const names = createNames({ folders: deps.mibs.folders, clock, log });
  const users = createUsers(deps.credentials, createKeyRing());
  let gate: Gate | undefined;
  let engines: Engines | undefined;
  let keeping = new AbortController();
  let kept: Promise<void> = Promise.resolve();
  let before: Outside = { limited: 0, kernel: 0 };

  /** What never came as far as the receiver. */
  function counted(): Outside {
    if (!gate) return before;
    return { limited: before.limited + gate.limited, kernel: before.kernel + kernelDrops(gate.port) };
  }

  async function keepOn(keepEngines: () => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(SAVE_MS, signal).catch(() => undefined);
      await keepEngines();
    }
  }

  function handOn(receiver: TrapReceiver, { bytes, source, address, port }: Packet): void {
    const datagram = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    try {
      receiver.handle(datagram, source, `${source} ${port}`, (answer) => gate?.send(answer, address, port));
    } catch (error) {
      // No datagram may do this; if one does, it is one that is lost, not the process.
      tally.dropped.malformed += 1;
      log.error({ err: error, source }, 'a notification could not be read');
    }
  }

  return {
    name: 'snmp-traps',
    where,
    async open() {
      const state = await openState(deps.stateFile);
      const known = createEngines(NO_KEYS);
      known.restore(state.engines);
      engines = known;
      const v3 = createV3Receiver({
        own: { id: Buffer.from(state.engineId, 'hex'), boots: state.boots },
        engines: known,
        users,
        clock,
        salt: randomBytes(8),
        mayTry: createSourceLimit(TRIES_PER_SECOND, clock.monotonic),
      });
      const receiver = createTrapReceiver({
        ...deps,
        v3,
        tally,
        anyCommunity: settings.anyCommunity === 'yes',
        pollAfter: settings.pollAfter === 'yes',
        knowledge: () => names.knowledge,
      });
      try {
        gate = await openGate({
          host: settings.host,
          port: settings.udp,
          perSecond: settings.perSecond,
          onPacket: (packet) => handOn(receiver, packet),
          onFailure: (error) => log.error({ err: error }, 'the thread that receives notifications died'),
        });
      } catch (error) {
        throw listenFault(where, error);
      }
      let saved = known.version;
      const keepEngines = async () => {
        if (saved === known.version) return;
        saved = known.version;
        await writeState(deps.stateFile, { ...state, engines: known.store() }).catch((error: unknown) =>
          log.warn({ err: error }, 'what is known of SNMP engines cannot be kept'),
        );
      };
      keeping = new AbortController();
      kept = keepOn(keepEngines, keeping.signal);
      await names.start();
    },
    async close() {
      const closing = gate;
      if (!closing) return;
      await closing.close();
      before = counted();
      gate = undefined;
      keeping.abort();
      await kept;
      await names.stop();
    },
    metrics() {
      return { ...tallyMetrics(tally, counted()), trap_engines: engines?.size ?? 0 };
    },
  };
}

/** Why the port could not be opened, and what to do about it. */
function listenFault(where: string, cause: unknown): AppError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const options = { cause, retryable: true };
  if (code === 'EADDRINUSE') {
    const sentence = `${where} is taken by another program: none are received. Stop that program (snmptrapd?), or choose another port (traps.udp).`;
    return new AppError('port_in_use', sentence, options);
  }
  if (code === 'EACCES') {
    const sentence = `${where} needs a right that SOTP does not have: redirect 162 to 1162 in the firewall, or run setcap cap_net_bind_service=+ep on the Node binary.`;
    return new AppError('port_in_use', sentence, options);
  }
  return new AppError('config_invalid', `${where} cannot be opened: ${message}`, options);
}
