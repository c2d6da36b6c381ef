/** Where the settings of a channel lie in the secret store. */
export function channelSecretKey(id: number): string {
  return `channel/${id}`;
}
