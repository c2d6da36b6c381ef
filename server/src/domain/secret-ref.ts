/** Names one secret of one credential, as `12.3`: a credential that is being rotated has two. */
export function secretRef(credentialId: number, version: number): string {
  return `${credentialId}.${version}`;
}

/** What a name stands for; undefined when it names no stored secret. */
export function parseSecretRef(ref: string): { credentialId: number; version: number } | undefined {
  const found = /^(\d{1,9})\.(\d{1,9})$/.exec(ref);
  return found ? { credentialId: Number(found[1]), version: Number(found[2]) } : undefined;
}

/** True for two secrets of one credential. */
export function sameCredential(a: string, b: string): boolean {
  const one = parseSecretRef(a)?.credentialId;
  return one !== undefined && one === parseSecretRef(b)?.credentialId;
}
