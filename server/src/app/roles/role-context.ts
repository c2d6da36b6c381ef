import type { ProcessState, RoleStart } from '#app/supervisor/messages.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';

/** What a role is made from. */
export interface RoleContext extends RoleStart {
  readonly log: Log;
  readonly clock: Clock;
}

/** What a role says when it is ready: the hub where it listens, and how to become its first administrator. */
export interface RoleReady {
  readonly address?: string;
  readonly setupLink?: string;
}

/** A role with all its parts. Inert until `start`. */
export interface Role {
  start(): Promise<RoleReady>;
  stop(): Promise<void>;
  /** Takes no new work, and says so to whoever asks for readiness; what runs goes on. */
  drain?(): void | Promise<void>;
  /** News of all processes of this machine. */
  processes?(states: readonly ProcessState[]): void;
}

export type RoleFactory = (context: RoleContext) => Role;
