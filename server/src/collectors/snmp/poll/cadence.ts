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
  /** True while answers of more than one frame are asked for. */
  wide: boolean;
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
  const { requests } = program;
  return { program, requests, missing: -1, cut: FIRST_CUT, wide: false, borne: 0, patience: FIRST_PATIENCE };
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
  learnPortions(cadence, session, run, {
    bearable,
    shrunk: session.maxVarbinds < bearable,
    asked: session.retries > retries ? 'again' : 'once',
  });
  faults.push(...run.faults);
  if (run.read.values.length > 0) samples.push({ layout: cadence.program.layout, values: run.read.values });
  return run;
}

/** How a poll went: what was borne before it, whether a request was halved, and whether one had to be sent again. */
interface Course {
  readonly bearable: number;
  readonly shrunk: boolean;
  readonly asked: 'once' | 'again';
}

/**
 * Portions that were refused or went unanswered have been halved by the run; those that are borne grow again, later the
 * more often that has failed. And what values really take says how many of them fill an answer.
 */
function learnPortions(cadence: Cadence, session: Session, run: ProgramRun, course: Course): void {
  // What one device lacks is left out of its own requests only; the others stay shared.
  if (!run.whole) cadence.requests = run.requests;
  const before = cadence.wide;
  adapt(cadence, session, course);
  const { cut, wide } = cadence;
  const widest = wide ? WIDE_CUT : FIRST_CUT;
  const most = Math.min(session.maxVarbinds, widest.maxVarbinds);
  const valueCost = fittingCost(cut.valueCost, run.read.valueOctets);
  if (most === cut.maxVarbinds && valueCost === cut.valueCost && wide === before) return;
  const octets = widest.octets - (session.security.version === 3 ? V3_OCTETS : 0);
  cadence.cut = { maxVarbinds: most, valueCost, octets };
  cadence.requests = recut(cadence.program, cadence.requests, cadence.cut);
}

/**
 * Makes portions larger that have been borne long enough: up to a frame, then up to two. Of two, the path may lose one:
 * at the first request that has to be sent again it is one frame again.
 */
function adapt(cadence: Cadence, session: Session, { bearable, shrunk, asked }: Course): void {
  if (shrunk || (cadence.wide && asked === 'again')) {
    // One frame was borne before, and is still.
    if (cadence.wide) session.maxVarbinds = bearable;
    cadence.wide = false;
    cadence.borne = 0;
    cadence.patience = Math.min(cadence.patience * 2, MAX_PATIENCE);
    return;
  }
  const isFull = session.maxVarbinds >= FIRST_CUT.maxVarbinds;
  cadence.borne = isFull && asked === 'again' ? 0 : cadence.borne + 1;
  if (cadence.borne < cadence.patience) return;
  if (!isFull) session.maxVarbinds *= 2;
  else if (!cadence.wide && cadence.requests.length > 1) {
    cadence.wide = true;
    session.maxVarbinds = Math.max(session.maxVarbinds, WIDE_CUT.maxVarbinds);
  } else return;
  cadence.borne = 0;
}

/** Octets to reckon with for a value: with half an octet to spare, and kept as long as it still holds. */
function fittingCost(now: number, measured: number): number {
  if (measured === 0) return now;
  const fitting = Math.max(1, Math.ceil(measured + 0.5));
  return measured > now || fitting < now ? fitting : now;
}
