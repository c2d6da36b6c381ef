import type { DemoAgent, ProcessState, RoleReady, RoleStart } from '#app/supervisor/messages.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';

/** What a role is made from. */
export interface RoleContext extends RoleStart {
  readonly log: Log;
  readonly clock: Clock;
}

/** A role with all its parts. Inert until `start`. */
export interface Role {
  start(): Promise<RoleReady>;
  stop(): Promise<void>;
  /** Takes no new work, and says so to whoever asks for readiness; what runs goes on. */
  drain?(): void | Promise<void>;
  /** News of all processes of this machine. */
  processes?(states: readonly ProcessState[]): void;
  /** The simulated devices that answer now. */
  agents?(agents: readonly DemoAgent[]): void;
}

export type RoleFactory = (context: RoleContext) => Role;
