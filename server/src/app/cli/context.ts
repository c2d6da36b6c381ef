import type { Command } from 'commander';
import type { Config } from '#app/config/load.ts';

/** What a command has besides its own arguments. */
export interface CliContext {
  /** The effective configuration; reads the file, the environment and the given options at the moment of the call. */
  config(options?: { readonly dataDir?: string | undefined }): Config;
  /** Writes a line to stdout: what the command is for. */
  print(line: string): void;
  /** Writes a value to stdout as one line of JSON, for `--json`. */
  printJson(value: unknown): void;
  /** Writes a line to stderr: progress and remarks, which do not belong into a pipe. */
  note(line: string): void;
}

/**
 * Adds one command, or a group of them, to the program. The module that exports it is loaded at every run of `sotp`,
 * so it imports what its action needs inside the action. An action reports failure by throwing an AppError: its
 * sentence becomes the one line on stderr, the exit status is 1. Wrong usage (status 2) is commander's business.
 */
export type RegisterCommand = (program: Command, context: CliContext) => void;
