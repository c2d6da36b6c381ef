import type { BlindSpot } from '@sotp/contract/blind-spots.ts';
import type { Clock } from '#platform/clock.ts';
import { createRecent } from '#platform/recent.ts';
import { systemActor } from '#services/access/actor.ts';
import type { BlindSpots } from '#services/fleet/blind-spots.ts';
import { ALL_HEARD_MS } from '#services/telemetry/processes.ts';
import type { Condition, ConditionSource } from './conditions.ts';

/** Finding out costs a look at every device, so it is not done at every evaluation. */
const EVERY_MS = 15_000;
const NAMED = 5;

const CODES = ['no_plan', 'site_unserved', 'late', 'local_plan', 'credential_refused', 'profile_fault'] as const;

function toCondition(code: (typeof CODES)[number], { count, items }: BlindSpot): Condition {
  const named = items.slice(0, NAMED).map(({ name, detail }) => (detail === null ? name : `${name} (${detail})`));
  const more = count > named.length ? ` and ${count - named.length} more` : '';
  return { code, subject: '', truth: 'holds', summary: `${count}: ${named.join('; ')}${more}.` };
}

/** Blind spots as conditions: one for each reason, however many devices it is about. */
export function blindConditions({ blindSpots, clock }: { blindSpots: BlindSpots; clock: Clock }): ConditionSource {
  const since = clock.monotonic();
  const recent = createRecent<readonly Condition[]>(clock, { ms: EVERY_MS, max: 1 });
  async function find(): Promise<readonly Condition[]> {
    const { spots } = await blindSpots.get(systemActor);
    return CODES.flatMap((code) => {
      const spot = spots.find(({ reason }) => reason === code);
      return spot ? [toCondition(code, spot)] : [];
    });
  }
  return {
    codes: CODES,
    // Some spots are told by processes: what nobody has told yet is not over.
    look: async () => (clock.monotonic() - since < ALL_HEARD_MS ? null : recent.get('', find)),
  };
}
