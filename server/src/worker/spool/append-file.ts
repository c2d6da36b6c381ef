import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';

/** A file that only grows. Calls are served one after the other by whoever holds it. */
export interface AppendFile {
  append(bytes: Buffer): Promise<void>;
  /** Puts what was appended on the disk itself; the first time also the file's name. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Creates the file; it must not exist. */
export async function createAppendFile(file: string): Promise<AppendFile> {
  const handle: FileHandle = await open(file, 'ax', 0o600);
  let named = false;
  let dirty = true;
  return {
    async append(bytes) {
      dirty = true;
      await handle.appendFile(bytes);
    },
    async sync() {
      if (!dirty) return;
      dirty = false;
      await handle.datasync();
      if (!named) await syncDirectory(path.dirname(file));
      named = true;
    },
    close: () => handle.close(),
  };
}
