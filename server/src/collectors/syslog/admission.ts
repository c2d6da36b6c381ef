/** Why a connection was not let in. */
export type Refusal = 'total' | 'sender';

/** Who is connected: not more in all, and not more of one address, than the configuration says. */
export interface Admission {
  /** Lets a connection in and counts it, or says why not. An empty sender counts in all only. */
  enter(sender: string): Refusal | undefined;
  leave(sender: string): void;
  readonly size: number;
}

export function createAdmission(limits: { connections: number; connectionsPerSender: number }): Admission {
  const perSender = new Map<string, number>();
  let size = 0;
  return {
    enter(sender) {
      if (size >= limits.connections) return 'total';
      const own = perSender.get(sender) ?? 0;
      if (sender !== '' && own >= limits.connectionsPerSender) return 'sender';
      size++;
      perSender.set(sender, own + 1);
      return undefined;
    },
    leave(sender) {
      size--;
      const left = (perSender.get(sender) ?? 1) - 1;
      if (left > 0) perSender.set(sender, left);
      else perSender.delete(sender);
    },
    get size() {
      return size;
    },
  };
}
