import type { ErrorCode } from '@sotp/contract/errors.ts';
import type { Config } from '#app/config/load.ts';

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
  readonly config: Config;
  readonly databaseUrl: string;
}

/** What the supervisor tells a role: `drain` takes no new work, `stop` ends it. */
export interface ToRole {
  readonly kind: 'start' | 'drain' | 'stop' | 'processes';
  readonly start?: RoleStart;
  readonly processes?: readonly ProcessState[];
}

/** What a role tells the supervisor. */
export type FromRole =
  | { readonly kind: 'ready'; readonly address?: string; readonly setupLink?: string }
  | { readonly kind: 'drained' }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };
