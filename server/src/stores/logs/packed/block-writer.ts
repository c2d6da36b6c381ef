import type { NewLine } from '#stores/logs/logs.ts';
import { AT_FAR, AT_NONE, encodeVersionTwo } from './block-two.ts';
import type { Rarities } from './block-two.ts';
import { columnBytes, columnsOf, NAMED } from './columns.ts';

/** Room for the bytes of lines at first. */
const ROOM_BYTES = 128 * 1024;
/** Room that is kept from block to block. */
const KEPT_BYTES = 2 * 1024 * 1024;

/** What a block's index is made of. */
export interface BlockContent {
  readonly lines: number;
  readonly first: number;
  readonly last: number;
  /** Lines of each severity. */
  readonly counts: readonly number[];
  /** The bytes of all lines, and where each ends. */
  readonly bytes: Uint8Array;
  readonly ends: Int32Array;
  readonly devices: ReadonlySet<number>;
  readonly senders: ReadonlySet<string>;
  readonly facilities: ReadonlySet<number>;
  /** Fields by name, with their values. */
  readonly fields: readonly Readonly<Record<string, string>>[];
  /** What names and fields of lines say whose text may not: all but those of syslog. */
  readonly apart: ReadonlySet<string>;
}

/** Takes lines into columns one by one, so that nothing of them need live until the block is closed. */
export interface BlockWriter {
  readonly lines: number;
  readonly bytes: number;
  /** When the line was received that came first. */
  readonly first: number;
  /** At most `capacity` lines, with a number each that it keeps for ever. */
  add(line: NewLine, number: number): void;
  /** What is in it; good until the next line. */
  content(): BlockContent;
  /** The block as bytes. */
  encode(): Buffer;
  clear(): void;
}

/** A block of one class. */
export function createBlockWriter(capacity: number): BlockWriter {
  const memory = new Uint8Array(columnBytes(capacity));
  const columns = columnsOf(memory, capacity);
  const ends = new Int32Array(capacity);
  let room = Buffer.allocUnsafeSlow(ROOM_BYTES);
  let used = 0;
  let lines = 0;
  /** What the columns count from, and the earliest and latest receipt. */
  let [base, first, last] = [0, 0, 0];
  let [received, numberLow] = [0, 0];
  let names: string[] = [];
  let places = new Map<string, number>();
  let fields: [number, Readonly<Record<string, string>>][] = [];
  let rarities: Omit<Rarities, 'first'> = { errors: [], far: [], truncated: [] };
  const counts = new Uint32Array(8);
  const [devices, facilities] = [new Set<number>(), new Set<number>()];
  const [senders, apart] = [new Set<string>(), new Set<string>()];

  function place(name: string): number {
    let at = places.get(name);
    if (at === undefined) {
      places.set(name, (at = names.length));
      names.push(name);
    }
    return at;
  }

  function keep(raw: Uint8Array): void {
    if (used + raw.length > room.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(room.length * 2, used + raw.length));
      larger.set(room.subarray(0, used));
      room = larger;
    }
    room.set(raw, used);
    used += raw.length;
  }

  function setNumber(i: number, number: number): void {
    const low = number | 0;
    columns.numberLow[i] = low - numberLow;
    columns.numberHigh[i] = Math.floor(number / 2 ** 32);
    numberLow = low;
  }

  function distance(i: number, at: number): number {
    if (Number.isNaN(at)) return AT_NONE;
    const far = at - base;
    if (Number.isInteger(far) && Math.abs(far) < 2 ** 31 - 2) return far;
    rarities.far.push([i, at]);
    return AT_FAR;
  }

  function addApart({ host, app, procId, msgId, fields: named }: NewLine): void {
    for (const name of [host, app, procId, msgId, ...Object.values(named ?? {})]) if (name !== '') apart.add(name);
  }

  return {
    get lines() {
      return lines;
    },
    get bytes() {
      return used;
    },
    get first() {
      return base;
    },
    add(line, number) {
      const i = lines++;
      const receivedAt = Math.floor(line.receivedAt);
      if (i === 0) base = first = last = received = receivedAt;
      columns.received[i] = receivedAt - received;
      received = receivedAt;
      if (receivedAt > last) last = receivedAt;
      if (receivedAt < first) first = receivedAt;
      columns.at[i] = distance(i, line.at);
      columns.device[i] = line.deviceId;
      columns.body[i] = line.body;
      columns.length[i] = line.raw.length;
      columns.priority[i] = line.facility * 8 + line.severity;
      setNumber(i, number);
      for (const column of NAMED) columns[column][i] = place(line[column]);
      keep(line.raw);
      ends[i] = used;
      counts[line.severity]!++;
      devices.add(line.deviceId);
      senders.add(line.sender);
      facilities.add(line.facility);
      if (line.fields) fields.push([i, line.fields]);
      if (line.parseError !== '') rarities.errors.push([i, line.parseError]);
      if (line.truncated) rarities.truncated.push(i);
      if (line.source !== 'syslog') addApart(line);
    },
    content: () => ({
      lines,
      first,
      last,
      counts: [...counts],
      bytes: room.subarray(0, used),
      ends: ends.subarray(0, lines),
      devices,
      senders,
      facilities,
      fields: fields.map(([, named]) => named),
      apart,
    }),
    encode() {
      let laid = memory;
      if (lines < capacity) {
        laid = new Uint8Array(columnBytes(lines));
        const fitting = columnsOf(laid, lines);
        for (const [name, column] of Object.entries(columns) as [keyof typeof columns, Int32Array][]) {
          (fitting[name] as Int32Array).set(column.subarray(0, lines));
        }
      }
      const bytes = room.subarray(0, used);
      return encodeVersionTwo({ lines, columns: laid, rarities: { first: base, ...rarities }, names, fields, bytes });
    },
    clear() {
      if (room.length > KEPT_BYTES) room = Buffer.allocUnsafeSlow(ROOM_BYTES);
      used = lines = numberLow = 0;
      names = [];
      places = new Map();
      fields = [];
      rarities = { errors: [], far: [], truncated: [] };
      counts.fill(0);
      for (const set of [devices, senders, facilities, apart]) set.clear();
    },
  };
}
