import type { DemoAgent, RoleReady, RoleStart } from '#app/supervisor/messages.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import type { Tracing } from '#platform/tracing.ts';

/** What a role is made from. */
export interface RoleContext extends RoleStart {
  readonly log: Log;
  readonly clock: Clock;
  readonly tracing: Tracing;
}

/** A role with all its parts. Inert until `start`. */
export interface Role {
  start(): Promise<RoleReady>;
  stop(): Promise<void>;
  /** Takes no new work, and says so to whoever asks for readiness; what runs goes on. */
  drain?(): void | Promise<void>;
  /** What the supervisor of this machine tells of itself, and of its processes. */
  supervisor?(counters: Readonly<Record<string, number>>): void;
  /** The simulated devices that answer now. */
  agents?(agents: readonly DemoAgent[]): void;
}

export type RoleFactory = (context: RoleContext) => Role;
