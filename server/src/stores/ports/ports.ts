import type { LabelledPort, PortLabels, PortPlan } from '#domain/port-plan.ts';
import type { PortFacts } from '#domain/ports.ts';

/** What is known of the ports of a device. */
export interface KnownPorts {
  /** The reading that was applied last, epoch ms; null: none. */
  readonly at: number | null;
  readonly ports: readonly LabelledPort[];
}

/** A decision as it stands among the changes of a device. */
export interface StoredDecision {
  readonly changeId: number;
  readonly kind: 'recognised' | 'separated';
  readonly subject: string;
  /** The reading, epoch ms. */
  readonly at: number;
  readonly reversedAt: number | null;
  /** The port that came out of it, and the known one that it was, or was not, taken for: the same when recognised. */
  readonly portId: number;
  readonly knownId: number;
  /** What the known port was like before. */
  readonly before: PortFacts;
}

export interface PortStore {
  /** Undefined when there is no such device. */
  read(deviceId: number): Promise<KnownPorts | undefined>;
  /** Applies a reading; what was decided stands among the device's changes from then on. */
  write(deviceId: number, at: number, plan: PortPlan): Promise<void>;
  decision(deviceId: number, changeId: number): Promise<StoredDecision | undefined>;
  /** The port as it was before the decision becomes one that is gone, under `aside`; what is there now becomes a new one. */
  split(decision: StoredDecision, aside: PortLabels): Promise<void>;
  /** The known port becomes what the new one is, which is no more. */
  join(decision: StoredDecision): Promise<void>;
  /** Forgets ports that have been gone since before an instant. */
  prune(before: number): Promise<number>;
}
