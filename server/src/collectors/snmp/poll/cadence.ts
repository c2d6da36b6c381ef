import type { Fault, SampleSet } from '#collectors/collector.ts';
import type { Session } from '#collectors/snmp/client/session.ts';
import { FIRST_CUT, WIDE_CUT, recut } from './program.ts';
import type { Cut, PollRequest, Program } from './program.ts';
import { runProgram } from './run.ts';
import type { ProgramRun } from './run.ts';

/** What is read of a device at one pace, and in which portions it bears it. */
export interface Cadence {
  readonly program: Program;
  requests: readonly PollRequest[];
  /** Instances that were missing at the first poll after discovery. */
  missing: number;
  /** How the requests are cut. */
  cut: Cut;
  /** Polls that went well since the portions were made smaller or larger. */
  borne: number;
  /** How many of those there have to be before larger portions are tried. */
  patience: number;
}

const FIRST_PATIENCE = 8;
const MAX_PATIENCE = 1024;
/** What v3 puts around the varbinds is that much more than in v2c. */
const V3_OCTETS = 90;

/** A program that has yet to be run on this device. */
export function createCadence(program: Program): Cadence {
  return { program, requests: program.requests, missing: -1, cut: FIRST_CUT, borne: 0, patience: FIRST_PATIENCE };
}

/** True while answers of more than one frame are asked for. */
export function isWide({ cut }: Cadence): boolean {
  return cut.octets > FIRST_CUT.octets;
}

/** Reads a cadence once, and learns from how it went. Throws when the device is silent as a whole. */
export async function runCadence(
  cadence: Cadence,
  session: Session,
  samples: SampleSet[],
  faults: Fault[],
  watched = 0,
): Promise<ProgramRun> {
  const { maxVarbinds: bearable, retries } = session;
  const run = await runProgram(session, cadence.program, cadence.requests, watched);
  // What one device lacks is left out of its own requests only; the others stay shared.
  if (!run.whole) cadence.requests = run.requests;
  const wide = adapt(cadence, session, bearable, session.retries - retries);
  cutAnew(cadence, session, wide, run.read.valueOctets);
  faults.push(...run.faults);
  if (run.read.values.length > 0) samples.push({ layout: cadence.program.layout, values: run.read.values });
  return run;
}

/**
 * Portions that were refused or went unanswered have been halved by the run: what was borne before the poll was more. Those
 * that are borne grow again, later the more often that has failed: up to a frame, then up to two. Of two the path may lose
 * one, so at the first request that has to be sent again it is one. Answers whether it is two from now on.
 */
function adapt(cadence: Cadence, session: Session, bearable: number, retries: number): boolean {
  const wide = isWide(cadence);
  if (session.maxVarbinds < bearable || (wide && retries > 0)) {
    // One frame was borne before, and is still.
    if (wide) session.maxVarbinds = bearable;
    cadence.borne = 0;
    cadence.patience = Math.min(cadence.patience * 2, MAX_PATIENCE);
    return false;
  }
  const isFull = session.maxVarbinds >= FIRST_CUT.maxVarbinds;
  cadence.borne = isFull && retries > 0 ? 0 : cadence.borne + 1;
  if (cadence.borne < cadence.patience) return wide;
  if (isFull && (wide || cadence.requests.length <= 1)) return wide;
  cadence.borne = 0;
  session.maxVarbinds = isFull ? Math.max(session.maxVarbinds, WIDE_CUT.maxVarbinds) : session.maxVarbinds * 2;
  return isFull || wide;
}

/** Cuts the requests anew where other portions are borne, or where values take more or less than was reckoned with. */
function cutAnew(cadence: Cadence, session: Session, wide: boolean, valueOctets: number): void {
  const { cut } = cadence;
  const widest = wide ? WIDE_CUT : FIRST_CUT;
  const maxVarbinds = Math.min(session.maxVarbinds, widest.maxVarbinds);
  const valueCost = fittingCost(cut.valueCost, valueOctets);
  if (maxVarbinds === cut.maxVarbinds && valueCost === cut.valueCost && wide === isWide(cadence)) return;
  const octets = widest.octets - (session.security.version === 3 ? V3_OCTETS : 0);
  cadence.cut = { maxVarbinds, valueCost, octets };
  cadence.requests = recut(cadence.program, cadence.requests, cadence.cut);
}

/** Octets to reckon with for a value: with half an octet to spare, and kept as long as it still holds. */
function fittingCost(now: number, measured: number): number {
  if (measured === 0) return now;
  const fitting = Math.max(1, Math.ceil(measured + 0.5));
  return measured > now || fitting < now ? fitting : now;
}
