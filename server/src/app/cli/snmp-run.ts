import type { CredentialSecret } from '@sotp/contract/credentials.ts';
import { openConversation } from '#collectors/snmp/conversation.ts';
import type { Conversation } from '#collectors/snmp/conversation.ts';
import { systemClock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { silentLog } from '#platform/log.ts';
import { formatTicks, nameOid, nameVarbind } from '#protocols/mib/render.ts';
import { oidNamed } from '#protocols/mib/search.ts';
import type { MibTree } from '#protocols/mib/tree.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';
import { loadNames } from './mib-run.ts';
import { splitTarget } from './probe-run.ts';
import { readAssignment } from './snmp-values.ts';
import { printable } from './table.ts';

export interface ConverseOptions {
  readonly verb: string;
  readonly address: string;
  /** Names or numbers; of a set `name=value`. */
  readonly oids: readonly string[];
  readonly folders: readonly string[];
  readonly secret: CredentialSecret | undefined;
  readonly port: number;
  /** True for SNMP over TCP. */
  readonly tcp?: boolean;
  readonly timeout: number;
  readonly retries: number;
  readonly deadline: number;
  readonly repetitions?: number;
}

/** A value as it is shown. */
export interface ShownVarbind {
  readonly oid: string;
  readonly name: string;
  /** Its SNMP type: `integer`, `octetString`, … */
  readonly type: string;
  /** As it came; octets as hexadecimal digits. */
  readonly raw: number | string | null;
  readonly value: string;
  readonly units: string | null;
  /** For the eye: with enumeration, type and unit. */
  readonly text: string;
}

const TYPE_NAMES = new Map<number, string>(Object.entries(SnmpType).map(([name, type]) => [type, name]));
const WALK_MAX = 10_000_000;

/** Does what was asked and shows each value as it comes. Answers what went wrong while the rest went on. */
export async function converse(options: ConverseOptions, show: (shown: ShownVarbind) => void): Promise<string[]> {
  const { tree } = await loadNames(options.folders);
  const { address, port } = splitTarget(options.address, options.port);
  const { timeout: timeoutMs, retries, repetitions: maxRepetitions = 10, secret } = options;
  if (!secret) throw new AppError('bad_request', 'Give a community, or an SNMPv3 user.');
  const sets = options.verb === 'set' ? options.oids.map((text) => readAssignment(tree, text)) : [];
  const oids = options.verb === 'set' ? [] : options.oids.map((text) => oidNamed(tree, text));
  const target = { deviceId: 0, address, credentials: [{ id: '0', name: secret.kind, value: secret }] };
  const signal = AbortSignal.timeout(options.deadline * 1000);
  const transport = options.tcp ? 'tcp' : 'udp';
  const settings = { port, transport, timeoutMs, retries, maxRepetitions, profiles: [] } as const;
  const deps = { clock: systemClock, log: silentLog };
  const device = await openConversation(target, { ...settings, profiles: [] }, signal, deps);
  try {
    const one = (varbind: SnmpVarbind) => show(showVarbind(tree, varbind));
    if (options.verb === 'set') for (const varbind of await device.set(sets)) one(varbind);
    else if (options.verb === 'walk') await walk(device, oids.length > 0 ? oids : ['1.3'], one);
    else if (options.verb === 'bulk') for (const varbind of await device.bulk(oids, maxRepetitions)) one(varbind);
    else return await ask(device, options.verb, oids, one);
    return device.faults.map(({ message }) => message);
  } finally {
    await device.close();
  }
}

async function ask(
  device: Conversation,
  verb: string,
  oids: readonly string[],
  show: (varbind: SnmpVarbind) => void,
): Promise<string[]> {
  const answers = verb === 'get' ? await device.get(oids) : await device.next(oids);
  const faults: string[] = [];
  for (const [i, varbind] of answers.entries()) {
    if (varbind) show(varbind);
    else faults.push(`${oids[i]}: the device has no such instance${verb === 'get' ? '' : ' behind it'}.`);
  }
  return faults;
}

async function walk(
  device: Conversation,
  roots: readonly string[],
  show: (varbind: SnmpVarbind) => void,
): Promise<void> {
  for (const root of roots) {
    const varbinds = await device.walk(root, { maxVarbinds: WALK_MAX });
    // A leaf has nothing below it: what is meant is itself.
    const shown = varbinds.length > 0 ? varbinds : await device.get([root]);
    for (const varbind of shown) if (varbind) show(varbind);
  }
}

function showVarbind(tree: MibTree, varbind: SnmpVarbind): ShownVarbind {
  const { oid, type, value: raw } = varbind;
  const named = nameVarbind(tree, varbind);
  const { value, number, units } = named;
  const unit = units === null ? '' : ` ${units}`;
  const counted = number === null ? value : `${value}(${number})`;
  const text = type === SnmpType.timeTicks ? `${formatTicks(Number(raw))} (${raw})` : counted;
  return {
    oid,
    name: nameOid(tree, oid),
    type: TYPE_NAMES.get(type) ?? String(type),
    raw: Buffer.isBuffer(raw) ? raw.toString('hex') : raw,
    value,
    units,
    text: printable(text + unit),
  };
}
