import { hash, verify } from '@node-rs/argon2';
import { AppError } from '#platform/errors.ts';

/** OWASP's first choice for argon2id, which is this library's default variant: 19 MiB, two passes, one lane; about 20 ms of one core. */
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashing at once, and waiting for it: a flood of sign-ins costs at most two threads and half a second of queue. */
const RUNNING_MAX = 2;
const WAITING_MAX = 50;

/** Hashes and checks passwords, never many at a time. */
export interface Passwords {
  hash(password: string): Promise<string>;
  /** With a null hash it works as long as with a real one and answers false. Throws `overloaded` when too many wait. */
  verify(passwordHash: string | null, password: string): Promise<boolean>;
}

export function createPasswords(): Passwords {
  let running = 0;
  const waiting: (() => void)[] = [];
  // Made at the first use; what it holds nobody can guess, so checking against it always fails.
  let decoy: Promise<string> | undefined;

  async function limited<T>(work: () => Promise<T>): Promise<T> {
    if (running >= RUNNING_MAX) {
      if (waiting.length >= WAITING_MAX) {
        throw new AppError('overloaded', 'Too many people sign in at this moment: try again in a few seconds.', {
          retryable: true,
        });
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  }

  return {
    hash: (password) => limited(() => hash(password, OPTIONS)),
    async verify(passwordHash, password) {
      decoy ??= hash(crypto.randomUUID(), OPTIONS);
      const against = passwordHash ?? (await decoy);
      const right = await limited(() => verify(against, password).catch(() => false));
      return right && passwordHash !== null;
    },
  };
}
