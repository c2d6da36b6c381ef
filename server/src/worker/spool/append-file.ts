import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';

/**
 * A file that only grows. Whoever holds it appends one after the other, and syncs one after the other; the two may
 * overlap, for a disk that is slow to sync must not hold up what comes.
 */
export interface AppendFile {
  append(bytes: Buffer): Promise<void>;
  /** Puts what was appended on the disk itself; the first time also the file's name. Nothing once it is closed. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What the spool does to files besides reading them; tests put faults in between. */
export interface SpoolFiles {
  /** Creates the file; it must not exist. */
  create(file: string): Promise<AppendFile>;
  remove(file: string): Promise<void>;
}

async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function createAppendFile(file: string): Promise<AppendFile> {
  const handle: FileHandle = await open(file, 'ax', 0o600);
  let named = false;
  let dirty = true;
  let closed = false;
  return {
    async append(bytes) {
      await handle.appendFile(bytes);
      dirty = true;
    },
    async sync() {
      if (!dirty || closed) return;
      dirty = false;
      try {
        await handle.datasync();
        if (!named) await syncDirectory(path.dirname(file));
      } catch (error) {
        dirty = true;
        throw error;
      }
      named = true;
    },
    async close() {
      if (closed) return;
      closed = true;
      await handle.close();
    },
  };
}

/** The real ones. */
export const spoolFiles: SpoolFiles = {
  create: createAppendFile,
  remove: (file) => rm(file, { force: true }),
};
