import { accessSync, constants, existsSync, mkdirSync, realpathSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { AppError } from '#platform/errors.ts';

const MIB = 1024 * 1024;

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
}

/** Makes the data directory where it is missing and proves that it can be written and has room. Answers its real path. */
export function prepareDataDir(path: string): string {
  const directory = resolve(path);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o711 });
    accessSync(directory, constants.W_OK);
    const probe = join(directory, `.probe.${process.pid}`);
    writeFileSync(probe, 'x');
    rmSync(probe);
  } catch (cause) {
    const code = codeOf(cause);
    if (code === 'ENOSPC') throw diskFull(directory, cause);
    const why = code === 'EEXIST' || code === 'ENOTDIR' ? 'is not a directory' : `cannot be written (${code})`;
    throw new AppError(
      'data_dir_unwritable',
      `the data directory ${directory} ${why}: mend its owner or mode, or use another with --data-dir`,
      { cause },
    );
  }
  const { bavail, bsize } = statfsSync(directory);
  const needed = existsSync(join(directory, 'postgres', 'PG_VERSION')) ? 32 * MIB : 192 * MIB;
  if (bavail * bsize < needed) throw diskFull(directory);
  return realpathSync(directory);
}

function diskFull(directory: string, cause?: unknown): AppError {
  return new AppError(
    'disk_full',
    `the disk of ${directory} is full: free at least 200 MB, or use another directory with --data-dir`,
    { cause },
  );
}

/** Why a server could not listen, with the remedy. */
export function listenFailure(cause: unknown, host: string, port: number): unknown {
  const code = codeOf(cause);
  if (code === 'EADDRINUSE') {
    return new AppError(
      'port_in_use',
      `port ${port} on ${host} is in use by another program: stop that, or choose another with --port`,
      { cause },
    );
  }
  if (code === 'EACCES') {
    return new AppError(
      'port_in_use',
      `port ${port} needs privileges that SOTP does not have: choose one above 1023 with --port`,
      { cause },
    );
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new AppError(
      'config_invalid',
      `host "${host}" is not an address of this machine: use 127.0.0.1, 0.0.0.0 or one of its own with --host`,
      { cause },
    );
  }
  return cause;
}

/** Tries the port before anything is started, so that the user hears of it at once. */
export async function checkPort(host: string, port: number): Promise<void> {
  if (port === 0) return;
  const server = createServer();
  try {
    await new Promise<void>((done, fail) => server.once('error', fail).listen({ port, host, exclusive: true }, done));
  } catch (cause) {
    throw listenFailure(cause, host, port);
  }
  await new Promise((done) => server.close(done));
}
