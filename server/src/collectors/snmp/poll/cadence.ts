import type { Fault, SampleSet } from '#collectors/collector.ts';
import type { Session } from '#collectors/snmp/client/session.ts';
import { FIRST_CUT, recut } from './program.ts';
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

/** Reads a cadence once, and learns from how it went. Throws when the device is silent as a whole. */
export async function runCadence(
  cadence: Cadence,
  session: Session,
  samples: SampleSet[],
  faults: Fault[],
  watched = 0,
): Promise<ProgramRun> {
  const bearable = session.maxVarbinds;
  const run = await runProgram(session, cadence.program, cadence.requests, watched);
  learnPortions(cadence, session, run, session.maxVarbinds < bearable);
  faults.push(...run.faults);
  if (run.read.values.length > 0) samples.push({ layout: cadence.program.layout, values: run.read.values });
  return run;
}

/**
 * Portions that were refused or went unanswered have been halved by the run; those that are borne grow again, later the
 * more often that has failed. And what values really take says how many of them fill an answer.
 */
function learnPortions(cadence: Cadence, session: Session, run: ProgramRun, shrunk: boolean): void {
  // What one device lacks is left out of its own requests only; the others stay shared.
  if (!run.whole) cadence.requests = run.requests;
  let { maxVarbinds } = session;
  if (shrunk) {
    cadence.borne = 0;
    cadence.patience = Math.min(cadence.patience * 2, MAX_PATIENCE);
  } else cadence.borne += 1;
  if (maxVarbinds < FIRST_CUT.maxVarbinds && cadence.borne >= cadence.patience) {
    maxVarbinds *= 2;
    session.maxVarbinds = maxVarbinds;
    cadence.borne = 0;
  }
  const { cut } = cadence;
  const most = Math.min(maxVarbinds, FIRST_CUT.maxVarbinds);
  const valueCost = fittingCost(cut.valueCost, run.read.valueOctets);
  if (most === cut.maxVarbinds && valueCost === cut.valueCost) return;
  const octets = FIRST_CUT.octets - (session.security.version === 3 ? V3_OCTETS : 0);
  cadence.cut = { maxVarbinds: most, valueCost, octets };
  cadence.requests = recut(cadence.program, cadence.requests, cadence.cut);
}

/** Octets to reckon with for a value: with half an octet to spare, and kept as long as it still holds. */
function fittingCost(now: number, measured: number): number {
  if (measured === 0) return now;
  const fitting = Math.max(1, Math.ceil(measured + 0.5));
  return measured > now || fitting < now ? fitting : now;
}
