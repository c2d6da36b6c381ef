import type { StoredAlert } from '#stores/alerts/alerts.ts';
import type { SystemCode } from './rules.ts';

/** That the condition of a rule holds for a subject, or that nobody can tell now. What is not named is clear. */
export interface Condition<Code = SystemCode> {
  readonly code: Code;
  /** Empty when it is about all of SOTP. */
  readonly subject: string;
  readonly truth: 'holds' | 'unknown';
  /** What is wrong, with figures; not used while it is unknown. */
  readonly summary: string;
  /** Where to look, when it is not where the rule says. */
  readonly href?: string;
}

/** Somebody who knows of conditions. */
export interface ConditionSource<Code = SystemCode> {
  /** The rules of which it knows everything. */
  readonly codes: readonly Code[];
  /** Null: it cannot tell anything now; throwing says the same. `open`: the alerts of its rules. */
  look(open: readonly StoredAlert[]): Promise<readonly Condition<Code>[] | null>;
}
