import type { LineContent } from '#collectors/listener.ts';
import { nameOid, nameVarbind } from '#protocols/mib/render.ts';
import type { NamedVarbind } from '#protocols/mib/render.ts';
import type { MibNode, MibTree } from '#protocols/mib/tree.ts';
import type { Notification } from '#protocols/snmp/notification.ts';
import type { Definitions } from './definitions.ts';

/** daemon: by far most notifications come from a process of the device. */
const FACILITY = 3;
const NOTICE = 5;
const TEXT_MAX = 8_192;
const VALUE_MAX = 2_048;
const FIELDS_MAX = 200;

/** What HP OpenView's annotations call severities. */
const NOTED_SEVERITIES: Readonly<Record<string, number>> = {
  CRITICAL: 2,
  SEVERE: 2,
  MAJOR: 3,
  MINOR: 4,
  WARNING: 4,
  INFORMATIONAL: 6,
  INFO: 6,
  NORMAL: 5,
};
/** Where nobody says how bad a notification is, its name does: the end of a trouble before the trouble. */
const GOOD =
  /(?:up|clear(?:ed)?|ok|normal|recover(?:ed|y)?|restored?|resolved|removed|online|inserted|established|cease[d]?|return\w*)(?:Trap|Notif(?:ication)?|Event|Alarm)?s?$/i;
const BAD =
  /(?:down|fail(?:ed|ure)?|fault(?:y)?|error|critical|lost|loss|exceed(?:ed)?|violation|overheat\w*|alarm|alert|offline|unreachable|denied|overload\w*)/i;

/** Everything of a notification that goes into its line. */
export interface Received {
  readonly notification: Notification;
  readonly version: 'v1' | 'v2c' | 'v3';
  readonly inform: boolean;
  readonly user: string;
  readonly engineId: string;
  readonly agentAddress: string;
}

export interface Described {
  readonly content: LineContent;
  readonly poll: boolean;
}

export interface Knowledge {
  readonly tree: MibTree;
  readonly definitions: Definitions;
}

/** Makes the line of a notification: its name, how bad it is, a sentence, and its values under their names. */
export function describe(received: Received, { tree, definitions }: Knowledge): Described {
  const { notification } = received;
  const { trapOid } = notification;
  const node = tree.at(trapOid) ?? tree.at(withoutZero(trapOid));
  const definition = definitions.get(trapOid);
  const name = node?.kind === 'notification' ? node.name : (definition?.name ?? nameOid(tree, trapOid, false));
  const varbinds = notification.varbinds.slice(0, FIELDS_MAX).map((varbind) => nameVarbind(tree, varbind));
  const message = definition?.message ? fill(definition.message, varbinds) : summary(node, varbinds);
  const values = varbinds.map((one) => `${labelOf(one)}=${shown(one)}`).join(', ');
  const sentence =
    message === null ? (values === '' ? '' : values) : values === '' ? message : `${message} (${values})`;
  const text = (sentence === '' ? name : `${name}: ${sentence}`).slice(0, TEXT_MAX);
  return {
    content: {
      text,
      body: 0,
      facility: FACILITY,
      severity: definition?.severity ?? notedSeverity(node) ?? severityByName(name),
      at: Number.NaN,
      host: received.agentAddress,
      app: 'snmptrap',
      procId: '',
      msgId: name.slice(0, 255),
      fields: fieldsOf(received, node, varbinds),
      parseError: '',
    },
    poll: definition?.poll ?? false,
  };
}

/** Some agents send `enterprise.0.n` for what their MIB has at `enterprise.n`. */
function withoutZero(oid: string): string {
  return oid.replace(/\.0\.(\d+)$/, '.$1');
}

function notedSeverity(node: MibNode | undefined): number | undefined {
  const noted = node?.notes?.['SEVERITY']?.replaceAll('"', '').trim().toUpperCase();
  return noted === undefined ? undefined : NOTED_SEVERITIES[noted];
}

function severityByName(name: string): number {
  if (GOOD.test(name)) return NOTICE;
  return BAD.test(name) ? 4 : NOTICE;
}

function shown({ value, number, units }: NamedVarbind): string {
  const text = value.length > VALUE_MAX ? `${value.slice(0, VALUE_MAX)}…` : value;
  return `${text}${number === null ? '' : `(${number})`}${units === null ? '' : ` ${units}`}`;
}

function labelOf({ name, instance, oid }: NamedVarbind): string {
  return name === null ? oid : instance === '' ? name : `${name}.${instance}`;
}

/** Fills `{ifName|ifDescr}`. What stands in brackets is left out when a value in it is not there. */
function fill(template: string, varbinds: readonly NamedVarbind[]): string {
  const valueOf = (names: string) => {
    const wanted = names.split('|').map((name) => varbinds.find((one) => one.name === name && one.value !== ''));
    return wanted.find(Boolean)?.value;
  };
  return template
    .replaceAll(/\[([^\]]*)\]/g, (_, part: string) => {
      const missing = [...part.matchAll(/\{([^}]+)\}/g)].some(([, names = '']) => valueOf(names) === undefined);
      return missing ? '' : part;
    })
    .replaceAll(/\{([^}]+)\}/g, (_, names: string) => valueOf(names) ?? '-');
}

/** The sentence of a `--#SUMMARY "Fan %s failed"` with the varbinds that `--#ARGUMENTS {0}` names. */
function summary(node: MibNode | undefined, varbinds: readonly NamedVarbind[]): string | null {
  const text = node?.notes?.['SUMMARY']?.replaceAll(/^"|"$/g, '');
  if (!text) return null;
  const given = node?.notes?.['ARGUMENTS']?.match(/\d+/g)?.map(Number) ?? varbinds.map((_, i) => i);
  let next = 0;
  return text.replaceAll(/%[-0-9.]*[a-z]/g, () => varbinds[given[next++] ?? -1]?.value ?? '-');
}

function fieldsOf(
  { notification, version, inform, user, engineId }: Received,
  node: MibNode | undefined,
  varbinds: readonly NamedVarbind[],
): Record<string, string> {
  const fields: Record<string, string> = {
    trap: node?.kind === 'notification' ? `${node.module}::${node.name}` : notification.trapOid,
    trapOid: notification.trapOid,
    snmp: inform ? `${version} inform` : version,
  };
  if (notification.uptime !== null) fields['sysUpTime'] = String(notification.uptime);
  if (notification.enterprise !== null) fields['enterprise'] = notification.enterprise;
  if (user !== '') fields['user'] = user;
  if (engineId !== '') fields['engineId'] = engineId;
  for (const one of varbinds) {
    const name = one.name ?? one.oid;
    // A second row's value stands under its instance; names that we give ourselves are never overwritten.
    const key = Object.hasOwn(fields, name) ? labelOf(one) : name;
    if (Object.hasOwn(fields, key)) continue;
    fields[key] = one.value.slice(0, VALUE_MAX);
  }
  return fields;
}
