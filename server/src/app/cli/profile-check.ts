import { statSync } from 'node:fs';
import { checkFolder } from '#collectors/snmp/knowledge/profiles/check.ts';
import type { FolderCheck } from '#collectors/snmp/knowledge/profiles/check.ts';
import { readFolder } from '#collectors/snmp/knowledge/profiles/sources.ts';
import { AppError } from '#platform/errors.ts';

/** Reads every profile below a folder and tells what is wrong with it. */
export async function checkProfiles(folder: string): Promise<FolderCheck> {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new AppError('bad_request', `${folder} is not a folder.`);
  }
  return await checkFolder(readFolder(folder));
}
