/** Short-lived values by key: sessions, sign-in limits. Values are JSON. Whatever it holds may be gone tomorrow. */
export interface Cache {
  get<T>(key: string): Promise<T | undefined>;
  set(key: string, value: unknown, ttlMs: number): Promise<void>;
  delete(key: string): Promise<void>;
  /** Deletes every key with the prefix: all sessions of a user. */
  deletePrefix(prefix: string): Promise<void>;
  /** Adds one and answers the count; the first call sets the time to live. Atomic across processes. */
  increment(key: string, ttlMs: number): Promise<{ count: number; ttlMs: number }>;
}
