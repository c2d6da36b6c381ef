import type { AnsweredWith } from '@sotp/contract/credentials.ts';

const WORDS: Readonly<Record<AnsweredWith, string>> = {
  current: 'the secret in use',
  next: 'the new secret',
  former: 'a former secret',
};

/** Which secret something answered to, in words. */
export function answerWords(answered: AnsweredWith | null): string {
  return answered === null ? 'never answered' : WORDS[answered];
}
