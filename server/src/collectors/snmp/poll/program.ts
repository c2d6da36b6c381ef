import type { Layout, SeriesSpec } from '#collectors/collector.ts';
import type { PlannedSeries } from '#collectors/snmp/plan.ts';
import { ANSWER_OCTETS, VALUE_COST } from '#collectors/snmp/client/operations.ts';
import { encodeOid } from '#protocols/snmp/oid.ts';
import { PduType } from '#protocols/snmp/pdu.ts';
import { encodeRequest, nameCost } from '#protocols/snmp/request.ts';
import type { RequestPdu } from '#protocols/snmp/request.ts';

/** A GET that is sent at every poll, and where its values go. */
export interface PollRequest extends RequestPdu {
  /** For each varbind the index of its value in the layout; negative: -1 - index among the watched values. */
  readonly slots: Int32Array;
  /** The same octets, to be read by words. */
  readonly words: DataView;
  /** Where in `octets` the content of the varbind list begins. */
  readonly listAt: number;
}

/** What is read of a device at one cadence: compiled once, shared by all devices whose plan is the same. */
export interface Program {
  readonly layout: Layout;
  /** As they are sent before anything was learned about a device. */
  readonly requests: readonly PollRequest[];
  /** The same reading cut otherwise, shared by the devices that bear the same. */
  readonly cuts: Map<string, readonly PollRequest[]>;
  /** Factor a value; null when all are 1. */
  readonly scales: Float64Array | null;
  /** 1 where a text is parsed as a number; null when none is. */
  readonly texts: Uint8Array | null;
  /** Index of each ifOperStatus in the layout, with its ifIndex. */
  readonly statuses: readonly { readonly at: number; readonly ifIndex: number }[];
}

/** How a reading is cut into requests. */
export interface Cut {
  /** Most varbinds in one request. */
  readonly maxVarbinds: number;
  /** Octets that a value is expected to take beyond the NULL in its place. */
  readonly valueCost: number;
  /** Octets of the varbinds of one answer. */
  readonly octets: number;
}

/** Before anything was learned. Beyond that many varbinds agents are known to give up although the answer would fit. */
export const FIRST_CUT: Cut = { maxVarbinds: 100, valueCost: VALUE_COST, octets: ANSWER_OCTETS };
/** For a device that has borne those for a while: answers of two frames, and as many varbinds as others dare to ask for. */
export const WIDE_CUT = { maxVarbinds: 128, octets: 2 * ANSWER_OCTETS } as const;

/**
 * Compiles series into the fewest GETs, led by the watched OIDs, that fit requests and answers into one frame each.
 * `own` series stand at the end of the layout and are not asked for.
 */
export function compileProgram(
  series: readonly PlannedSeries[],
  watched: readonly string[],
  own: readonly SeriesSpec[] = [],
): Program {
  const scaled = series.some((one) => one.scale !== undefined && one.scale !== 1);
  const texts = series.some((one) => one.text === true);
  const names = [...watched, ...series.map((one) => one.oid)].map(encodeOid);
  const slots = names.map((_, i) => (i < watched.length ? -1 - i : i - watched.length));
  const requests = packRequests(names, slots, FIRST_CUT);
  return {
    layout: { series: [...series.map((one) => one.spec), ...own] },
    requests,
    cuts: new Map([[keyOf(FIRST_CUT), requests]]),
    scales: scaled ? Float64Array.from(series, (one) => one.scale ?? 1) : null,
    texts: texts ? Uint8Array.from(series, (one) => (one.text === true ? 1 : 0)) : null,
    statuses: series.flatMap(({ spec }, at) =>
      spec.metric === 'ifOperStatus' ? [{ at, ifIndex: Number(spec.labels['ifIndex']) }] : [],
    ),
  };
}

function keyOf({ maxVarbinds, valueCost, octets }: Cut): string {
  return `${maxVarbinds} ${valueCost} ${octets}`;
}

/** A device's reading cut anew. As long as it is all of the program, it is shared. */
export function recut(program: Program, requests: readonly PollRequest[], cut: Cut): readonly PollRequest[] {
  const isShared = [...program.cuts.values()].includes(requests);
  const known = isShared ? program.cuts.get(keyOf(cut)) : undefined;
  if (known) return known;
  const slots = requests.flatMap((request) => [...request.slots]);
  const fresh = packRequests(requests.flatMap(namesOf), slots, cut);
  if (isShared) program.cuts.set(keyOf(cut), fresh);
  return fresh;
}

function packRequests(names: readonly Uint8Array[], slots: readonly number[], cut: Cut): PollRequest[] {
  const requests: PollRequest[] = [];
  let from = 0;
  let octets = 0;
  for (const [i, name] of names.entries()) {
    const cost = nameCost(name) + cut.valueCost;
    if (i > from && (octets + cost > cut.octets || i - from >= cut.maxVarbinds)) {
      requests.push(compileRequest(names.slice(from, i), slots.slice(from, i)));
      from = i;
      octets = 0;
    }
    octets += cost;
  }
  if (from < names.length) requests.push(compileRequest(names.slice(from), slots.slice(from)));
  return requests;
}

function compileRequest(names: readonly Uint8Array[], slots: readonly number[]): PollRequest {
  const pdu = encodeRequest(PduType.get, names);
  const listOctets = names.reduce((sum, name) => sum + nameCost(name), 0);
  const { octets } = pdu;
  const words = new DataView(octets.buffer, octets.byteOffset, octets.length);
  return { ...pdu, words, slots: Int32Array.from(slots), listAt: octets.length - listOctets };
}

/** The names of a compiled request, for packing it anew. */
function namesOf({ octets, listAt, slots }: PollRequest): Uint8Array[] {
  const names: Uint8Array[] = [];
  let at = listAt;
  while (names.length < slots.length) {
    // 30 length 06 length; lengths of two octets where a name has more than 122.
    at += (octets[at + 1] ?? 0) < 0x80 ? 3 : 4;
    let length = octets[at] ?? 0;
    if (length >= 0x80) {
      at += 1;
      length = octets[at] ?? 0;
    }
    names.push(octets.subarray(at + 1, at + 1 + length));
    at += 1 + length + 2;
  }
  return names;
}

/** The same reading in smaller requests, for a device that cannot bear the usual ones. */
export function shrinkRequests(requests: readonly PollRequest[], maxVarbinds: number): readonly PollRequest[] {
  return requests.flatMap((request) =>
    request.slots.length <= maxVarbinds
      ? [request]
      : packRequests(namesOf(request), [...request.slots], { ...FIRST_CUT, maxVarbinds }),
  );
}

/** The same reading without one varbind of one request: a v1 agent refuses a whole request for one missing instance. */
export function withoutVarbind(request: PollRequest, index: number): PollRequest {
  return compileRequest(namesOf(request).toSpliced(index, 1), [...request.slots].toSpliced(index, 1));
}
