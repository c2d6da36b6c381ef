import { matchPorts, portName } from './ports.ts';
import type { KnownPort, PortFacts, PortPair, Sign } from './ports.ts';

/** What series of a port are labelled with; `removed` when another port has their other labels now. */
export interface PortLabels {
  readonly interface: string;
  readonly ifIndex: string;
  readonly removed?: string;
}

export interface LabelledPort extends KnownPort {
  readonly labels: PortLabels;
}

type Values = Record<string, string | number | null>;

/** That a port was taken for a known one although it says something else of itself, or was not although it looks like one. */
export interface PortDecision {
  readonly kind: 'recognised' | 'separated';
  readonly subject: string;
  readonly before: Values;
  readonly after: Values;
  readonly why: string;
  /** The known port that it is about. */
  readonly known: LabelledPort;
  /** What the reading said. */
  readonly reading: PortFacts;
}

/** What a reading of a device's ports changes about what is known of them. */
export interface PortPlan {
  readonly moves: readonly { readonly portId: number; readonly from: PortLabels; readonly to: PortLabels }[];
  /** Ports that are there and say something else than before, or had gone. */
  readonly seen: readonly { readonly portId: number; readonly facts: PortFacts }[];
  readonly appeared: readonly PortFacts[];
  readonly gone: readonly number[];
  readonly decisions: readonly PortDecision[];
}

const FOR: Partial<Record<Sign, string>> = {
  name: 'name',
  mac: 'MAC address',
  alias: 'description given by the operator',
  description: 'description',
  position: 'position',
  index: 'ifIndex',
};
const AGAINST: Partial<Record<Sign, string>> = {
  'name-elsewhere': 'its name is, or was, at another port',
  'mac-elsewhere': 'its MAC address is, or was, at another port',
  'mac-new': 'its MAC address is another one',
  'alias-elsewhere': 'its description is, or was, at another port',
  type: 'it is of another type',
};

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** The signs in a sentence. */
function because(kind: PortDecision['kind'], { signs }: PortPair, known: PortFacts): string {
  const same = signs.flatMap((sign) => FOR[sign] ?? []);
  const against = signs.flatMap((sign) => AGAINST[sign] ?? []);
  const but = against.length > 0 ? `, although ${listed(against)}` : '';
  if (kind === 'recognised') return `Taken for ${portName(known)}: the same ${listed(same)}${but}.`;
  const reasons = against.length > 0 ? listed(against) : 'that is too little to be sure';
  return `Taken for a new port and not for ${portName(known)}: it has the same ${listed(same)}, but ${reasons}.`;
}

export function labelsOf(port: PortFacts): PortLabels {
  return { interface: portName(port), ifIndex: String(port.ifIndex) };
}

const keyOf = (labels: PortLabels) => JSON.stringify([labels.interface, labels.ifIndex, labels.removed]);

function onlyPort({ ifIndex, ifName, ifDescr, ifAlias, ifType, mac }: PortFacts): PortFacts {
  return { ifIndex, ifName, ifDescr, ifAlias, ifType, mac };
}

function valuesOf(port: PortFacts): Values {
  return { name: portName(port), ifIndex: port.ifIndex, mac: port.mac };
}

function differing(a: Values, b: Values): [Values, Values] {
  const names = Object.keys(a).filter((name) => a[name] !== b[name]);
  const pick = (values: Values): Values => Object.fromEntries(names.map((name) => [name, values[name] ?? null]));
  return [pick(a), pick(b)];
}

const sameFacts = (a: PortFacts, b: PortFacts) => JSON.stringify(onlyPort(a)) === JSON.stringify(onlyPort(b));

/** Signs that make somebody ask whether it is not that port; an ifIndex that was given anew is none. */
const TELLING: readonly Sign[] = ['name', 'mac', 'alias', 'description'];

/**
 * Compares a reading with what is known. `partial`: ports that are missing may still be there. `at` names those whose
 * labels another port has taken over.
 */
export function planPorts(
  known: readonly LabelledPort[],
  reading: readonly PortFacts[],
  at: number,
  partial: boolean,
): PortPlan {
  const byId = new Map(known.map((port) => [port.id, port]));
  const { matches, appeared, gone } = matchPorts(known, reading);
  const recognised = new Set(matches.map(({ before }) => before.id));
  const taken = new Set(reading.map((port) => keyOf(labelsOf(port))));
  const moves: PortPlan['moves'][number][] = [];
  for (const { before, after } of matches) {
    const from = byId.get(before.id)?.labels ?? labelsOf(before);
    const to = labelsOf(after);
    if (keyOf(from) !== keyOf(to)) moves.push({ portId: before.id, from, to });
  }
  for (const { id, labels } of known) {
    if (recognised.has(id) || !taken.has(keyOf(labels))) continue;
    moves.push({ portId: id, from: labels, to: { ...labels, removed: new Date(at).toISOString() } });
  }
  const decisions: PortDecision[] = [];
  const decide = (kind: PortDecision['kind'], pair: PortPair) => {
    const port = byId.get(pair.before.id);
    if (!port) return;
    const [before, after] = differing(valuesOf(port), valuesOf(pair.after));
    if (kind === 'recognised' && Object.keys(after).every((name) => name === 'mac' && before[name] === null)) return;
    const why = because(kind, pair, port);
    const subject = portName(pair.after);
    decisions.push({ kind, subject, before, after, why, known: port, reading: onlyPort(pair.after) });
  };
  for (const match of matches) if (!sameFacts(match.before, match.after)) decide('recognised', match);
  for (const { rival } of appeared) {
    if (rival && !recognised.has(rival.before.id) && rival.signs.some((sign) => TELLING.includes(sign))) {
      decide('separated', rival);
    }
  }
  return {
    moves,
    seen: matches
      .filter(({ before, after }) => !before.present || !sameFacts(before, after))
      .map(({ before, after }) => ({ portId: before.id, facts: onlyPort(after) })),
    appeared: appeared.map(({ after }) => onlyPort(after)),
    gone: partial ? [] : gone.map(({ id }) => id),
    decisions,
  };
}

/** True when nothing is to be written. */
export function isEmptyPlan({ moves, seen, appeared, gone }: PortPlan): boolean {
  return moves.length + seen.length + appeared.length + gone.length === 0;
}
