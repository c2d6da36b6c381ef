import { parseSecretRef } from '#domain/secret-ref.ts';
import type { CredentialAnswer, CredentialAnswerStore } from '#stores/credentials/credentials.ts';
import type { RunRecord } from './spool.ts';

/** An answer to the same secret as before is noted again after this long: that it still answers is enough to know. */
const AGAIN_MS = 10 * 60_000;

/** Notes which credential each device answers to. */
export interface AnswerBook {
  /** Writes what these runs, now stored, tell that is new. */
  write(records: readonly RunRecord[]): Promise<void>;
  forget(deviceId: number): void;
}

export function createAnswerBook(answers: Pick<CredentialAnswerStore, 'note'>): AnswerBook {
  const written = new Map<number, Map<string, { readonly ref: string; readonly at: number }>>();

  function isNews({ deviceId, run }: RunRecord): boolean {
    const known = written.get(deviceId)?.get(run.name);
    // Also when the clock was set back.
    return known?.ref !== run.credentialId || Math.abs(run.at - known.at) >= AGAIN_MS;
  }

  return {
    async write(records) {
      const news: CredentialAnswer[] = [];
      const noted: RunRecord[] = [];
      for (const record of records) {
        const { deviceId, run } = record;
        const ref = run.up && run.credentialId !== null ? parseSecretRef(run.credentialId) : undefined;
        if (!ref || !isNews(record)) continue;
        news.push({ deviceId, collector: run.name, ...ref, at: run.at });
        noted.push(record);
      }
      await answers.note(news);
      for (const { deviceId, run } of noted) {
        let ofDevice = written.get(deviceId);
        if (!ofDevice) written.set(deviceId, (ofDevice = new Map()));
        ofDevice.set(run.name, { ref: run.credentialId ?? '', at: run.at });
      }
    },
    forget: (deviceId) => void written.delete(deviceId),
  };
}
