import type { MibNode } from '#protocols/mib/tree.ts';

/** What a column measures, as far as its MIB says it. */
export interface Measure {
  readonly kind: string;
  readonly unit: string | null;
  readonly scale_factor?: number;
  /** Where the MIB names a unit by nature, and no scale. */
  readonly scales?: readonly number[];
}

type Unit = readonly [pattern: RegExp, kind: string, unit: string | null, factor: number];

/** UNITS clauses, and words of descriptions behind "in". The first that fits counts; prefixes stand before their units. */
const UNITS: readonly Unit[] = [
  [/\bmilli-? ?dbm\b|\bthousandths? of (?:a )?dbm|\bmdbm\b/, 'dbm', 'dBm', 0.001],
  [/\bdbm\b/, 'dbm', 'dBm', 1],
  [/\bdb\b|\bdecibels?\b/, 'snr', 'dB', 1],
  [/fahrenheit|deg(?:rees?)?\.? ?f\b|°f/, 'temperature', 'F', 1],
  [/milli-? ?(?:degrees?|celsius)/, 'temperature', 'C', 0.001],
  [/celsius|centigrade|deg(?:rees?)?\.? ?c\b|°c|\bdegrees?\b|\bdegc\b/, 'temperature', 'C', 1],
  [/milli-? ?volts?|\bmv\b/, 'voltage', 'V', 0.001],
  [/deci-? ?volts?|\bdv\b/, 'voltage', 'V', 0.1],
  [/centi-? ?volts?|\bcv\b/, 'voltage', 'V', 0.01],
  [/micro-? ?volts?|\buv\b/, 'voltage', 'V', 1e-6],
  [/kilo-? ?watt-? ?hours?|\bkwh?r?s?\b(?=.*hour)|\bkwh\b/, 'power_consumed', 'kWh', 1],
  [/watt-? ?hours?|\bwh\b/, 'power_consumed', 'kWh', 0.001],
  [/kilo-? ?volt-? ?amp\w*|\bkva\b/, 'power', 'VA', 1000],
  [/volt-? ?amp\w*|\bva\b/, 'power', 'VA', 1],
  [/\bvolts?\b|\brms ?volts?\b|^v$|\bvdc\b|\bvac\b|\bv\b/, 'voltage', 'V', 1],
  [/milli-? ?amp\w*|\bma\b/, 'current', 'A', 0.001],
  [/micro-? ?amp\w*|\bua\b/, 'current', 'A', 1e-6],
  [/centi-? ?amp\w*/, 'current', 'A', 0.01],
  [/deci-? ?amp\w*/, 'current', 'A', 0.1],
  [/\bamp(?:ere|s)?s?\b|^a$|\brms ?amps?\b/, 'current', 'A', 1],
  [/micro-? ?watts?|\buw\b/, 'power', 'W', 1e-6],
  [/milli-? ?watts?|\bmw\b/, 'power', 'W', 0.001],
  [/centi-? ?watts?/, 'power', 'W', 0.01],
  [/deci-? ?watts?/, 'power', 'W', 0.1],
  [/kilo-? ?watts?|\bkw\b/, 'power', 'W', 1000],
  [/\bwatts?\b|^w$/, 'power', 'W', 1],
  [/\bghz\b|giga-? ?hertz/, 'frequency', 'Hz', 1e9],
  [/\bmhz\b|mega-? ?hertz/, 'frequency', 'Hz', 1e6],
  [/\bkhz\b|kilo-? ?hertz/, 'frequency', 'Hz', 1e3],
  [/\bhertz\b|\bhz\b/, 'frequency', 'Hz', 1],
  [/\brpm\b|\br\/min|rev(?:olutions?|s)?[ /]?(?:per)?[ -]?min|rotations? per/, 'fanspeed', 'rpm', 1],
  [/relative humidity|% ?rh\b/, 'humidity', '%', 1],
  [/\bgbit|\bgbps\b|\bgb\/s/, 'bitrate', 'bit/s', 1e9],
  [/\bmbit|\bmbps\b|\bmb\/s/, 'bitrate', 'bit/s', 1e6],
  [/\bkbit|\bkbps\b|\bkb\/s/, 'bitrate', 'bit/s', 1e3],
  [/\bbps\b|bits?(?: per |\/)s/, 'bitrate', 'bit/s', 1],
  [/\bminutes?\b|\bmin\b/, 'runtime', 's', 60],
  [/\bseconds?\b|\bsecs?\b/, 'runtime', 's', 1],
  [/\bpa\b|\bpascals?\b/, 'pressure', 'Pa', 1],
  [/percent(?:age)?|^%$|\d%|%/, 'percent', '%', 1],
];

/** Parts of a unit that divide it: "0.1 degrees", "tenths of a volt", "1/10 V", "units of 0.01 A". */
const PARTS: readonly (readonly [pattern: RegExp, factor: number])[] = [
  [/(?:^|[^\d.])0?\.0001\b|ten[- ]?thousandths?|1 ?\/ ?10,?000\b/, 0.0001],
  [
    /(?:^|[^\d.])0?\.001\b|\bthousandths?|(?:1 ?|^|\w)\/ ?1,?000\b|(?:divided?|multiplied|times|[*x]) ?(?:it )?(?:by )?1,?000\b|three decimal/,
    0.001,
  ],
  [
    /(?:^|[^\d.])0?\.01\b|\bhundredths?|(?:1 ?|^|\w)\/ ?100\b|(?:divided?|multiplied|times|[*x]) ?(?:the value )?(?:it )?(?:by )?100\b|two decimal/,
    0.01,
  ],
  [
    /(?:^|[^\d.])0?\.1\b|\btenths?\b|(?:1 ?|^|\w)\/ ?10\b|(?:divided?|multiplied|times|[*x]) ?(?:the value )?(?:it )?(?:by )?10\b|one decimal/,
    0.1,
  ],
  [/(?:each unit is|in units of|unit of) 0?\.5\b/, 0.5],
];

/** Names that tell what is measured where neither units nor description do. */
const NAMES: readonly (readonly [pattern: RegExp, kind: string, unit: string | null, scales?: readonly number[]])[] = [
  [/humidity/, 'humidity', '%', [1, 0.1, 0.01]],
  [/temperature|te?mp(?!late|or)(?:$|[^a-z])/, 'temperature', 'C', [1, 0.1, 0.01, 0.001]],
  [/fan(?: \w+)* ?(?:speed|rpm)|rpm/, 'fanspeed', 'rpm'],
  [/voltage|volts?(?:$|[^a-z])/, 'voltage', 'V'],
  [/(?:battery|charge|remaining) ?(?:capacity|charge|level)|charge ?remaining/, 'charge', '%'],
  [/(?:rx|tx|receive|transmit|optical|laser) ?power|dbm/, 'dbm', 'dBm'],
  [/rsrp/, 'rsrp', 'dBm'],
  [/rsrq/, 'rsrq', 'dB'],
  [/sinr|cinr/, 'sinr', 'dB'],
  [/noise ?(?:floor|level)/, 'noise-floor', 'dBm'],
  [/(?:rssi|signal ?(?:strength|level))/, 'rssi', 'dBm'],
  [/(?:^|[^a-z])snr(?:$|[^a-z])|signal ?(?:to ?)?noise/, 'snr', 'dB'],
  [/(?:^|[^a-z])ccq(?:$|[^a-z])/, 'ccq', '%'],
  [
    /(?:load|output|input|battery|phase|line|bias|dc|ac|outlet|inlet|total) ?current|current$|curr ?phase/,
    'current',
    'A',
  ],
  [
    /power ?(?:consumption|draw|usage|load|phase)|active ?power|watts?|(?:poe|outlet|inlet|output|input|total|port) ?power|consum(?:ed|ption)/,
    'power',
    'W',
  ],
  [/(?:output|percent|phase|outlet|breaker|bank) ?load|load ?(?:percent|level)/, 'load', '%'],
  [/run ?time|(?:time|minutes|seconds) ?(?:remain|left)|(?:remain(?:ing)?|backup|autonomy) ?time/, 'runtime', 's'],
  [
    /(?:client|station|sta|user|subscriber)s? ?(?:count|num)|(?:count|num(?:ber)?|active|current|total|connected)(?: of)? ?(?:client|station|sta|user|subscriber)s?$/,
    'clients',
    null,
  ],
  [
    /(?:session|onu|ap|tunnel|connection|lease|call|peer)s? ?(?:count|num)|(?:count|num(?:ber)?|active|current|total)(?: of| flow)? ?(?:session|onu|ap|tunnel|connection|lease|call|peer)s?$/,
    'count',
    null,
  ],
];

/** Words of settings and of limits, which are not readings. */
const NOT_A_READING =
  /thresh|limit|hyster|calib|notif|capabilit|(?:integer|decimal) ?part|shutdown|slope|allocat|units?$|(?:^|[^a-z])(?:last|traps?|enabled?|config(?:ured)?|admin|set ?point|settings?|nominal|rated|rating|adjust|offset|delay|interval|period|timeout|default|schedule|target|supported|resolution|accuracy|scale|precision|type|mode|index|action|control|reset|test|max|min|maximum|minimum|high|low|upper|lower|peak|highest|lowest|critical|warn|warning|alarm|alert)(?:$|[^a-z])/;

/** `hwEntityTemperature` as words: "hw entity temperature". */
export function wordsOf(name: string): string {
  return name
    .replaceAll(/(CPU|RX|TX|Rx|Tx|SNR|PSU|RSSI)(?=[a-z]{3})/g, '$1 ')
    .replaceAll(/(DL|UL|RX|TX)(?=SNR|RSSI|Power|Level)/g, '$1 ')
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .replaceAll(/[-_]/g, ' ')
    .toLowerCase();
}

/** What a numeric column measures; null where its MIB leaves it open. */
export function measureOf(node: MibNode): Measure | null {
  const words = wordsOf(node.name);
  if (NOT_A_READING.test(words)) return null;
  const units = plainText(node.units);
  const about = plainText(node.description).slice(0, 400);
  const hinted = /^d-(\d)$/.exec(node.type?.hint ?? '')?.[1];
  const byUnits = units === '' ? null : unitIn(units);
  const byName = NAMES.find(([pattern]) => pattern.test(words));
  const found = byUnits ?? (byName ? unitNamed(about, byName[1]) : null);
  if (byUnits?.[1] === 'runtime' && byName?.[1] !== 'runtime') return null;
  const kind = kindOf(found?.[1] ?? byName?.[1] ?? null, words, byName?.[1]);
  if (kind === null) return null;
  const part = hinted === undefined ? (partIn(units) ?? partIn(about)) : 10 ** -Number(hinted);
  const unit = found?.[2] ?? byName?.[2] ?? null;
  const minutes = kind === 'runtime' && !found && /minute/.test(words) ? 60 : 1;
  const factor = (found?.[3] ?? minutes) * (part ?? 1);
  if (factor !== 1) return { kind, unit, scale_factor: Number(factor.toPrecision(3)) };
  // A unit that is told stands for itself; a mere name may mean tenths.
  return byUnits || !byName?.[3] ? { kind, unit } : { kind, unit, scales: byName[3] };
}

/** Lower case, one blank between words, and one between a number and its unit: "0.1dBm" is "0.1 dbm". */
function plainText(text: string | null): string {
  return (text ?? '')
    .toLowerCase()
    .replaceAll(/(\d)([a-z%])/g, '$1 $2')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function unitIn(text: string): Unit | null {
  return UNITS.find(([pattern]) => pattern.test(text)) ?? null;
}

/** The unit that a description names behind "in", if it is one of the kind that the name speaks of. */
function unitNamed(about: string, kind: string): Unit | null {
  const own = UNITS.filter(([, of]) => of === kind || (kind === 'rssi' && of === 'dbm'));
  return own.find(([pattern]) => pattern.test(about)) ?? null;
}

function partIn(text: string): number | null {
  return PARTS.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}

/** A percentage, a frequency or a time is a reading only of certain things. */
function kindOf(kind: string | null, words: string, named: string | undefined): string | null {
  if (kind === 'percent') {
    if (/humid/.test(words)) return 'humidity';
    if (/batt|charge/.test(words)) return 'charge';
    if (/fan/.test(words)) return 'percent';
    if (/ccq/.test(words)) return 'ccq';
    if (/(?:load|util)/.test(words) && !/cpu|processor|system|mem|disk|storage|flash/.test(words)) return 'load';
    return null;
  }
  if (kind === 'frequency') return /freq|hz|clock|channel/.test(words) ? kind : null;
  if (kind === 'snr') return /snr|noise|cinr|sinr|margin|mer(?:$|[^a-z])/.test(words) ? kind : null;
  if (named !== undefined && ['rssi', 'rsrp', 'rsrq', 'sinr', 'noise-floor'].includes(named)) return named;
  if (kind === 'bitrate') return /rate|throughput|speed/.test(words) ? kind : null;
  // Light is told in dBm by most, in watts by some.
  if (kind === 'power' && /(?:rx|tx|receive|transmit|optical|laser)/.test(words) && named === 'dbm') return 'dbm';
  return kind;
}
