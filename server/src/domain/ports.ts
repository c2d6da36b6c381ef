/** What of a port can tell it from others, as IF-MIB (RFC 2863) has it. */
export interface PortFacts {
  readonly ifIndex: number;
  readonly ifName: string | null;
  readonly ifDescr: string | null;
  readonly ifAlias: string | null;
  readonly ifType: number | null;
  readonly mac: string | null;
}

/** A port that was seen before; `present`: at the last reading, too. */
export interface KnownPort extends PortFacts {
  readonly id: number;
  readonly present: boolean;
}

/** What speaks for two readings being of one port, or against it. */
export type Sign =
  | 'name'
  | 'description'
  | 'mac'
  | 'alias'
  | 'index'
  | 'position'
  | 'name-elsewhere'
  | 'mac-elsewhere'
  | 'mac-new'
  | 'alias-elsewhere'
  | 'type';

/** How much each sign weighs. A name or a MAC of its own is enough when nothing speaks against it. */
const WEIGHTS: Readonly<Record<Sign, number>> = {
  name: 4,
  mac: 4,
  description: 3,
  alias: 3,
  index: 1,
  position: 1,
  'name-elsewhere': -3,
  'mac-elsewhere': -6,
  'mac-new': -2,
  'alias-elsewhere': -2,
  type: -3,
};
const ENOUGH = 4;

/** Two readings that may be of one port. */
export interface PortPair<After extends PortFacts = PortFacts> {
  readonly before: KnownPort;
  readonly after: After;
  readonly signs: readonly Sign[];
  readonly score: number;
}

export interface PortMatching<After extends PortFacts = PortFacts> {
  readonly matches: readonly PortPair<After>[];
  /** Ports that are taken for new; `rival`: the known port that came nearest. */
  readonly appeared: readonly { readonly after: After; readonly rival: PortPair<After> | null }[];
  /** Present before, and not found now. */
  readonly gone: readonly KnownPort[];
}

/** What a port is called in labels and on pages. */
export function portName({ ifName, ifDescr, ifIndex }: Pick<PortFacts, 'ifName' | 'ifDescr' | 'ifIndex'>): string {
  return ifName ?? ifDescr ?? String(ifIndex);
}

const aliasOf = ({ ifAlias }: PortFacts) => ifAlias?.trim() || null;
const macOf = ({ mac }: PortFacts) => (mac === null || /^[0:]*$/.test(mac) ? null : mac);
/** The numbers in a name: slot and port, behind the number of the stack's member. */
const numbersOf = (port: PortFacts) => portName(port).match(/\d+/g) ?? [];

interface Field {
  readonly of: (port: PortFacts) => string | null;
  readonly before: Map<string, KnownPort[]>;
  readonly after: Map<string, PortFacts[]>;
}

function group<Port extends PortFacts>(ports: readonly Port[], of: Field['of']): Map<string, Port[]> {
  const groups = new Map<string, Port[]>();
  for (const port of ports) {
    const value = of(port);
    if (value === null) continue;
    const known = groups.get(value);
    if (known) known.push(port);
    else groups.set(value, [port]);
  }
  return groups;
}

function fieldOf(of: Field['of'], before: readonly KnownPort[], after: readonly PortFacts[]): Field {
  return { of, before: group(before, of), after: group(after, of) };
}

/** Both sides have this value once: it tells one port from all others. */
function isOwn({ before, after }: Field, value: string): boolean {
  return (before.get(value)?.length ?? 0) === 1 && (after.get(value)?.length ?? 0) === 1;
}

/** The old value is at another port now, or the new one was at another port before. */
function hasMoved({ before, after }: Field, old: string, now: string): boolean {
  return after.has(old) || before.has(now);
}

/** Reads the signs of pairs among these ports. */
function createJudge(before: readonly KnownPort[], after: readonly PortFacts[]) {
  const name = fieldOf(portName, before, after);
  const description = fieldOf(({ ifDescr }) => ifDescr, before, after);
  const mac = fieldOf(macOf, before, after);
  const alias = fieldOf(aliasOf, before, after);
  const index = fieldOf(({ ifIndex }) => String(ifIndex), before, after);

  function signsOf(was: KnownPort, is: PortFacts): Sign[] {
    const signs: Sign[] = [];
    const sameIndex = was.ifIndex === is.ifIndex;
    const [oldName, newName] = [portName(was), portName(is)];
    const sameName = oldName === newName;
    if (sameName) {
      if (sameIndex || isOwn(name, newName)) signs.push('name');
    } else {
      if (hasMoved(name, oldName, newName)) signs.push('name-elsewhere');
      if (was.ifDescr !== null && was.ifDescr === is.ifDescr && isOwn(description, was.ifDescr))
        signs.push('description');
      const [old, now] = [numbersOf(was), numbersOf(is)];
      const same =
        old.length === now.length &&
        old.length > 0 &&
        old.every((n, i) => n === now[i] || (i === 0 && i < old.length - 1));
      if (same) signs.push('position');
    }
    const [oldMac, newMac] = [macOf(was), macOf(is)];
    if (oldMac !== null && newMac !== null) {
      if (oldMac === newMac) {
        if (isOwn(mac, newMac)) signs.push('mac');
      } else if ((mac.before.get(oldMac)?.length ?? 0) === 1 && (mac.after.get(newMac)?.length ?? 0) === 1) {
        if (hasMoved(mac, oldMac, newMac)) signs.push('mac-elsewhere');
        // A module that was exchanged has another MAC under the same name.
        else if (!sameName) signs.push('mac-new');
      }
    }
    const [oldAlias, newAlias] = [aliasOf(was), aliasOf(is)];
    if (oldAlias !== null && newAlias !== null) {
      if (oldAlias === newAlias) {
        if (isOwn(alias, newAlias)) signs.push('alias');
      } else if (hasMoved(alias, oldAlias, newAlias)) signs.push('alias-elsewhere');
    }
    if (sameIndex) signs.push('index');
    if (was.ifType !== null && is.ifType !== null && was.ifType !== is.ifType) signs.push('type');
    return signs;
  }

  /** Known ports that have anything in common with a port. */
  function candidates(is: PortFacts): Set<KnownPort> {
    const found = new Set<KnownPort>();
    for (const field of [name, description, mac, alias, index]) {
      const value = field.of(is);
      // What many share tells nothing.
      const sharing = value === null ? [] : (field.before.get(value) ?? []);
      if (sharing.length <= 3) for (const port of sharing) found.add(port);
      else for (const port of sharing) if (port.ifIndex === is.ifIndex) found.add(port);
    }
    return found;
  }
  return { signsOf, candidates };
}

/** Enough speaks for it: a name, a MAC or a description, or alias, index and position together. */
function isConvincing({ signs, score }: PortPair): boolean {
  const strong = signs.includes('name') || signs.includes('mac') || signs.includes('description');
  const together = signs.includes('alias') && signs.includes('index') && signs.includes('position');
  return score >= ENOUGH && (strong || together);
}

function pairUp<After extends PortFacts>(before: readonly KnownPort[], after: readonly After[]) {
  const judge = createJudge(before, after);
  const byAfter = new Map<After, PortPair<After>[]>();
  const byBefore = new Map<KnownPort, PortPair<After>[]>();
  for (const is of after) {
    const pairs = [...judge.candidates(is)].map((was): PortPair<After> => {
      const signs = judge.signsOf(was, is);
      return { before: was, after: is, signs, score: signs.reduce((sum, sign) => sum + WEIGHTS[sign], 0) };
    });
    pairs.sort((a, b) => b.score - a.score);
    byAfter.set(is, pairs);
    for (const pair of pairs) byBefore.set(pair.before, [...(byBefore.get(pair.before) ?? []), pair]);
  }
  /** Better than every other pair that either of the two could be in. */
  const isBest = (pair: PortPair<After>) =>
    [...(byAfter.get(pair.after) ?? []), ...(byBefore.get(pair.before) ?? [])].every(
      (other) => other === pair || other.score < pair.score,
    );
  const matches = [...byAfter.values()].flatMap(([best]) => (best && isConvincing(best) && isBest(best) ? [best] : []));
  return { matches, nearest: (is: After) => byAfter.get(is)?.[0] ?? null };
}

/**
 * Which of the ports of a reading are which of those known. Ports that are present are recognised first, then those that
 * had gone. When in doubt a port is a new one: two ports that are joined by mistake cannot be told apart any more, two
 * histories of one port can still be joined.
 */
export function matchPorts<After extends PortFacts>(
  known: readonly KnownPort[],
  after: readonly After[],
): PortMatching<After> {
  const present = known.filter((port) => port.present);
  const first = pairUp(present, after);
  const taken = new Set<PortFacts>(first.matches.map((match) => match.after));
  const found = new Set(first.matches.map((match) => match.before));
  const left = after.filter((port) => !taken.has(port));
  const absent = known.filter((port) => !port.present);
  // Among all that were ever seen: what a present port has, or had, is no sign of one that is gone.
  const second = absent.length > 0 && left.length > 0 ? pairUp(known, after) : null;
  const back = (second?.matches ?? []).filter((match) => !match.before.present && !taken.has(match.after));
  for (const match of back) taken.add(match.after);
  return {
    matches: [...first.matches, ...back],
    appeared: left
      .filter((port) => !taken.has(port))
      .map((port) => ({ after: port, rival: first.nearest(port) ?? second?.nearest(port) ?? null })),
    gone: present.filter((port) => !found.has(port)),
  };
}
