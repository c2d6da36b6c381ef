import type { Target, TargetCredential } from '#collectors/collector.ts';
import { NO_TRIALS, afterRound, planRound } from '#domain/credential-trials.ts';
import type { TrialCandidate, Trials } from '#domain/credential-trials.ts';
import { parseSecretRef, sameCredential } from '#domain/secret-ref.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError, toAppError } from '#platform/errors.ts';
import type { ErrorCode } from '@sotp/contract/errors.ts';
import { SNMP_KINDS } from './credentials.ts';
import { firstToAnswer } from './firstToAnswer.ts';

/** A device that speaks mostly does so sooner; then its other credentials need not be tried. */
const HEAD_START_MS = 400;

/** Answers that say that it is the credential, and not the network, that is wrong. */
const REFUSALS = new Set<ErrorCode>([
  'snmp_unknown_user',
  'snmp_wrong_digest',
  'snmp_wrong_privacy',
  'snmp_unknown_context',
  'snmp_unsupported_security',
]);

export interface TrialDeps {
  readonly clock: Clock;
  readonly random: () => number;
}

/** The credentials of a device that SNMP can use, in order; throws `credential_missing` when there is none. */
export function snmpCredentials(target: Target): TargetCredential[] {
  const fitting = target.credentials.filter(({ value }) => SNMP_KINDS.some((kind) => kind === value.kind));
  if (fitting.length > 0) return fitting;
  throw new AppError(
    'credential_missing',
    `${target.address} has no SNMP credential: give it a community or an SNMPv3 user, or a credential set that covers it.`,
  );
}

function candidateOf({ id, value }: TargetCredential): TrialCandidate {
  const account = value.kind === 'snmp-v3' ? value.secret.username : null;
  return { id, credential: String(parseSecretRef(id)?.credentialId ?? id), account };
}

/** True when another secret of the same credential is valid now: it is being rotated. */
export function isRotating(target: Target, id: string): boolean {
  return target.credentials.some((one) => one.id !== id && sameCredential(one.id, id));
}

/** What is tried on one device, and what came of it. A class, because there is one per device. */
export class TrialBook {
  #trials: Trials = NO_TRIALS;
  readonly #deps: TrialDeps;

  constructor(deps: TrialDeps) {
    this.#deps = deps;
  }

  /**
   * Asks as many credentials as the rule allows now, the one that answered last first, and answers what the first
   * successful attempt gave. Throws why the usual one failed when none answers.
   */
  async find<T>(
    target: Target,
    lastGood: string | undefined,
    attempt: (credential: TargetCredential, signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const { clock, random } = this.#deps;
    const credentials = new Map(snmpCredentials(target).map((one) => [one.id, one]));
    const known = lastGood ?? target.answered?.find((id) => credentials.has(id));
    const round = planRound([...credentials.values()].map(candidateOf), known, this.#trials, clock.monotonic());
    const refusals = new Set<string>();
    const asked = new Set<string>();
    const attempts = round.map(({ id }) => async (ending: AbortSignal) => {
      asked.add(id);
      try {
        const credential = credentials.get(id);
        if (!credential) throw new AppError('internal', 'A credential was planned that is not there.');
        return await attempt(credential, ending);
      } catch (error) {
        if (!ending.aborted && REFUSALS.has(toAppError(error).code)) refusals.add(id);
        throw error;
      }
    });
    try {
      const found = await firstToAnswer(attempts, { clock, headStartMs: HEAD_START_MS, signal });
      this.#trials = NO_TRIALS;
      return found;
    } catch (error) {
      const made = round.filter(({ id }) => asked.has(id));
      this.#trials = afterRound(this.#trials, made, refusals, clock.monotonic(), random());
      throw error;
    }
  }
}
