/** Where secrets rest: encrypted by us with a key file, or in Vault. Plaintext exists in memory only. */
export interface SecretStore {
  put(key: string, plaintext: string): Promise<void>;
  /** Throws `secret_unavailable` when it exists but cannot be read (wrong key, sealed vault); undefined when there is none. */
  get(key: string): Promise<string | undefined>;
  delete(key: string): Promise<void>;
}
