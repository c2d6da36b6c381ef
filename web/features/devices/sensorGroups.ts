import type { InterfaceFacts, SensorFacts, TransceiverFacts } from '@sotp/contract/inventory.ts';

/** Why a reading is not shown at first. */
export type Aside = 'absent' | 'empty' | 'setting' | 'repeated' | 'optic' | 'port down' | 'alike';

export interface SensorGroup {
  readonly id: string;
  readonly title: string;
  readonly rows: readonly SensorFacts[];
}

export interface SensorView {
  /** What is wrong, then what matters, by kind. */
  readonly groups: readonly SensorGroup[];
  readonly aside: ReadonlyMap<SensorFacts, Aside>;
}

const GROUPS: readonly (readonly [id: string, title: string, kinds: readonly string[]])[] = [
  ['temperature', 'Temperature', ['temperature', 'humidity', 'dewpoint']],
  ['fans', 'Fans and air', ['fanspeed', 'airflow', 'pressure']],
  ['battery', 'Batteries', ['charge', 'runtime', 'load']],
  ['power', 'Power', ['voltage', 'current', 'power', 'power_factor', 'frequency', 'power_consumed', 'energy']],
  ['light', 'Light and radio', ['dbm', 'db', 'snr', 'signal', 'rssi', 'quality', 'bitrate', 'clients', 'distance']],
  ['states', 'States', ['state']],
];
const OTHER = { id: 'other', title: 'Other' };

/** Words of agents for "something is wrong"; a word that merely holds one (normalFailover) is none. */
const WRONG =
  /\b(fail(ed|ure)?|fault(y|ed)?|critical|alarm(ed)?|error|warning|degraded|bad|lost|major|minor|over(heated|heat|load(ed)?)?|shutdown|non[- ]?recoverable|not ?(ok|operational|responding)|malfunction)\b/i;
const RIGHT = /\b(no|not|non|without|clear(ed)?)[ -_]?(alarm|fault|fail(ed|ure)?|error|warning)s?\b/i;
const ABSENT =
  /^(absent|not ?(present|installed|available|supported|applicable|equipped|used|exist(ing|ent)?)|missing|empty|n\/?a|none|unknown|unsupported|unused|invalid|uninstalled|no ?(sensor|module|sfp|transceiver))$/i;
/** Columns that say what somebody set, not what is. */
const SETTING =
  /(threshold|limit|set ?point|nominal|rated|hysteresis|(low|high|min|max|upper|lower)(est|imum)?(critical|alarm|warn(ing)?|value|temp(erature)?)?$|(alarm|warn(ing)?|crit(ical)?)(high|low|value|level)|config|enable[d]?$|admin(state|status)?$|control$|mode$|capacity$|reset$|trap)/i;

/** Sorts a device's readings by what an operator looks for; nothing is lost, what says little is put aside with its reason. */
export function viewSensors(
  sensors: readonly SensorFacts[],
  interfaces: readonly InterfaceFacts[],
  transceivers: readonly TransceiverFacts[],
): SensorView {
  const optics = new Set(transceivers.flatMap(({ readings }) => readings.map(({ oid }) => oid)));
  const down = new Set(
    interfaces.flatMap(({ adminStatus, ifName, ifDescr }) => (adminStatus === 'down' ? [ifName, ifDescr] : [])),
  );
  const aside = new Map<SensorFacts, Aside>();
  const seen = new Set<string>();
  for (const sensor of sensors) {
    const why = asideOf(sensor, optics, down) ?? (isWrong(sensor) ? null : repeatedIn(seen, sensor));
    if (why) aside.set(sensor, why);
  }
  for (const sensor of alike(sensors.filter((one) => !aside.has(one)))) aside.set(sensor, 'alike');
  const shown = sensors.filter((sensor) => !aside.has(sensor));
  const wrong = shown.filter(isWrong);
  const right = shown.filter((sensor) => !isWrong(sensor));
  const byGroup = Map.groupBy(right, ({ kind }) => GROUPS.find(([, , kinds]) => kinds.includes(kind))?.[0] ?? OTHER.id);
  const groups = [...GROUPS.map(([id, title]) => ({ id, title })), OTHER].flatMap(({ id, title }) => {
    const rows = byGroup.get(id);
    return rows ? [{ id, title, rows }] : [];
  });
  return {
    groups: wrong.length > 0 ? [{ id: 'attention', title: 'Needs a look', rows: wrong }, ...groups] : groups,
    aside,
  };
}

/** True when the device itself says that something is not as it should be. */
export function isWrong({ state, value, limits }: SensorFacts): boolean {
  if (state !== undefined) return WRONG.test(spaced(state)) && !RIGHT.test(spaced(state));
  if (value === null || !limits) return false;
  const { lowAlarm = -Infinity, highAlarm = Infinity } = limits;
  return lowAlarm < highAlarm && (value < lowAlarm || value > highAlarm);
}

function asideOf(sensor: SensorFacts, optics: ReadonlySet<string>, down: ReadonlySet<string | null>): Aside | null {
  const { kind, name, state, value } = sensor;
  if (state !== undefined && ABSENT.test(spaced(state).trim())) return 'absent';
  if (value === null && state === undefined) return 'empty';
  if (optics.has(sensor.oid)) return 'optic';
  if (SETTING.test(name) && !isWrong(sensor)) return 'setting';
  if (down.has(name.split(' ', 1)[0] ?? '')) return 'port down';
  // A place for a module with nothing in it reads zero in every unit; a temperature of zero may be true.
  if (value === 0 && ['voltage', 'dbm', 'fanspeed'].includes(kind)) return 'empty';
  return null;
}

/** A long column of states that all say the same good thing (48 ports, none suspended) says it with the first of them. */
function alike(shown: readonly SensorFacts[]): SensorFacts[] {
  const states = shown.filter((sensor) => sensor.state !== undefined && !isWrong(sensor));
  const columns = Map.groupBy(states, ({ name, oid }) => /\b[a-z]+[A-Z]\w+/.exec(name)?.[0] ?? oid);
  return [...columns.values()].flatMap((rows) =>
    rows.length >= LONG && rows.every(({ state }) => state === rows[0]?.state) ? rows.slice(1) : [],
  );
}
const LONG = 8;

/** Two MIBs often tell one reading: the same kind, value and words. */
function repeatedIn(seen: Set<string>, { kind, name, value, unit, state }: SensorFacts): Aside | null {
  const key = [
    kind,
    value,
    unit,
    state,
    spaced(name)
      .toLowerCase()
      .replaceAll(/[^a-z0-9]/g, ''),
  ].join(' ');
  if (seen.has(key)) return 'repeated';
  seen.add(key);
  return null;
}

/** `notPresent` and `not_present` as words. */
function spaced(text: string): string {
  return text.replaceAll(/([a-z])([A-Z])/g, '$1 $2').replaceAll('_', ' ');
}
