import type { ErrorCode } from '@sotp/contract/errors.ts';
import type { RoleConfig } from '#app/config/load.ts';

export type RoleName = 'hub' | 'collector' | 'simulator';

/** What the supervisor knows of one role process. */
export interface ProcessState {
  readonly role: RoleName;
  /** 1 for the first of its role. */
  readonly index: number;
  readonly pid: number | null;
  readonly state: 'starting' | 'ready' | 'restarting' | 'stopped';
  /** How often it died and was started again. */
  readonly restarts: number;
  /** Epoch ms of the last change. */
  readonly since: number;
}

/** What a role process needs to know; comes over the pipe, so that no secret is in an argument or a variable. */
export interface RoleStart {
  readonly role: RoleName;
  readonly index: number;
  readonly config: RoleConfig;
  readonly databaseUrl: string;
}

/** A simulated device that answers now. */
export interface DemoAgent {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** Never answers. */
  readonly dead: boolean;
}

/** What the supervisor tells a role: `drain` takes no new work, `stop` ends it; `supervisor` are its own figures, to be passed on. */
export interface ToRole {
  readonly kind: 'start' | 'drain' | 'stop' | 'supervisor' | 'agents';
  readonly start?: RoleStart;
  /** As in `ProcessReport`. */
  readonly counters?: Readonly<Record<string, number>>;
  readonly agents?: readonly DemoAgent[];
}

/** What a role says when it is ready: the hub where it listens and how to become its first administrator, the simulator whom it plays. */
export interface RoleReady {
  readonly address?: string;
  readonly setupLink?: string;
  readonly agents?: readonly DemoAgent[];
}

/** What a role tells the supervisor. */
export type FromRole =
  | ({ readonly kind: 'ready' } & RoleReady)
  | { readonly kind: 'drained' }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };
