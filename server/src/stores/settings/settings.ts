/** What SOTP remembers about itself: small JSON values by key. Configuration by the operator is not here. */
export interface SettingsStore {
  get<T>(key: string): Promise<T | undefined>;
  set(key: string, value: unknown): Promise<void>;
  /** Stores the value unless there is one; answers what is stored. Of racing callers one wins, and all get the same. */
  setOnce<T>(key: string, value: T): Promise<T>;
  delete(key: string): Promise<void>;
}
