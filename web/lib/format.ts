const SI = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const;
const IEC = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/** A number and its unit, apart, so that the unit can be shown small. */
export interface Quantity {
  readonly figure: string;
  readonly unit: string;
}

function significant(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || value === 0) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  if (size >= 1) return value.toFixed(2);
  return size >= 0.01 ? value.toFixed(2) : value.toPrecision(1);
}

function trimmed(value: number): string {
  const text = significant(value);
  return text.includes('.') && !text.includes('e') ? text.replace(/\.?0+$/, '') : text;
}

function scaled(value: number, base: number, steps: number): [number, number] {
  let step = 0;
  let rest = value;
  while (Math.abs(rest) >= base * 0.9995 && step < steps - 1) {
    rest /= base;
    step += 1;
  }
  return [rest, step];
}

/** With SI prefixes: 12.3 M + bit/s. */
export function si(value: number, unit: string): Quantity {
  const [rest, step] = scaled(value, 1000, SI.length);
  return { figure: trimmed(rest), unit: `${SI[step] ?? ''}${unit}` };
}

/** Octets with binary prefixes. */
export function bytes(value: number): Quantity {
  const [rest, step] = scaled(value, 1024, IEC.length);
  return { figure: trimmed(rest), unit: IEC[step] ?? 'B' };
}

/** Units that nobody says with a prefix. */
const UNSCALED = new Set(['rpm', 'dBm', 'dB', '%RH', 'min', 'h']);

/** A value of any unit that a series can have, in the way operators write it. */
export function quantity(value: number, unit: string | null): Quantity {
  if (unit === 'bit/s' || unit === 'bps') return si(value, 'bit/s');
  if (unit === 'B' || unit === 'bytes' || unit === 'octets' || unit === 'By') return bytes(value);
  if (unit === '%' || unit === 'percent') return { figure: trimmed(value), unit: '%' };
  if (unit === 'ms')
    return Math.abs(value) < 1000
      ? { figure: trimmed(value), unit: 'ms' }
      : { figure: trimmed(value / 1000), unit: 's' };
  if (unit === 's' || unit === 'seconds') return { figure: duration(value), unit: '' };
  if (unit === 'C' || unit === 'celsius' || unit === 'Cel' || unit === '°C')
    return { figure: trimmed(value), unit: '°C' };
  if (unit !== null && UNSCALED.has(unit)) return { figure: trimmed(value), unit };
  if (unit === null || unit === '' || unit === '1') return si(value, '');
  return si(value, unit);
}

/** The quantity as one text. */
export function show(value: number | null | undefined, unit: string | null): string {
  if (value === null || value === undefined) return '–';
  const q = quantity(value, unit);
  return q.unit === '' || /^[kMGTPE]$/.test(q.unit)
    ? `${q.figure}${q.unit === '' ? '' : ` ${q.unit}`}`
    : `${q.figure} ${q.unit}`;
}

/** The figure with its prefix only, for columns whose head names the unit: `1.48 G`, `12.5`. */
export function brief(value: number | null, unit: string | null): string {
  if (value === null) return '–';
  const { figure, unit: scaled } = quantity(value, unit);
  const base = unit ?? '';
  const prefix = base !== '' && scaled.endsWith(base) ? scaled.slice(0, -base.length) : scaled;
  return prefix === '' || prefix === '%' || prefix === 'ms' ? figure : `${figure} ${prefix}`;
}

/** Seconds in at most two units: `3 d 4 h`, `12 s`. */
export function duration(seconds: number): string {
  const size = Math.max(0, Math.floor(seconds));
  if (size < 60) return `${size} s`;
  const minutes = Math.floor(size / 60);
  if (minutes < 60) return size % 60 > 0 && minutes < 10 ? `${minutes} min ${size % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 > 0 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  if (days >= 365) return `${Math.floor(days / 365)} y ${days % 365} d`;
  return hours % 24 > 0 && days < 30 ? `${days} d ${hours % 24} h` : `${days} d`;
}

/** How old, in the one unit that matters. */
export function age(from: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - from) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  if (seconds < 86_400 * 365) return `${Math.floor(seconds / 86_400)} d`;
  return `${Math.floor(seconds / (86_400 * 365))} y`;
}

/** How long ago. */
export function ago(from: number, now: number): string {
  return now - from < 1500 ? 'just now' : `${age(from, now)} ago`;
}

/** A whole number with thin separators: 12 345. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** `1 device`, `12 devices`. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Cut in the middle, because names and descriptions differ at both ends. */
export function cutMiddle(text: string, length: number): string {
  if (text.length <= length) return text;
  const head = Math.ceil((length - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (length - 1 - head))}`;
}
