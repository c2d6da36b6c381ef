/** PostgreSQL refuses a notification of 8,000 bytes and more. */
const MAX_PAYLOAD_BYTES = 7_900;

export interface Envelope {
  readonly channel: string;
  /** JSON array of `[topic, message]`. */
  readonly payload: string;
  /** Too long for a notification: goes through a table. */
  readonly large: boolean;
}

export interface Message {
  readonly topic: string;
  /** The message as JSON. */
  readonly json: string;
}

/** Topics of one kind share a channel, so that a process is woken only by kinds it listens to. */
export function channelOf(topic: string): string {
  const kind = topic.split('/')[0] ?? '';
  return `sotp_${kind.toLowerCase().replace(/[^a-z0-9]/g, '_')}`.slice(0, 60);
}

/** Packs messages, in order, into as few envelopes as fit into notifications. */
export function packMessages(messages: readonly Message[]): Envelope[] {
  const envelopes: Envelope[] = [];
  let channel = '';
  let parts: string[] = [];
  let bytes = 0;
  const close = () => {
    if (parts.length > 0)
      envelopes.push({ channel, payload: `[${parts.join(',')}]`, large: bytes + 2 > MAX_PAYLOAD_BYTES });
    parts = [];
    bytes = 0;
  };
  for (const message of messages) {
    const part = `[${JSON.stringify(message.topic)},${message.json}]`;
    const length = Buffer.byteLength(part) + 1;
    const to = channelOf(message.topic);
    if (to !== channel || bytes + length + 2 > MAX_PAYLOAD_BYTES) close();
    channel = to;
    parts.push(part);
    bytes += length;
  }
  close();
  return envelopes;
}

/** The messages of a payload; none when it is not one of ours. */
export function unpackMessages(payload: string): [topic: string, message: unknown][] {
  try {
    const parsed: unknown = JSON.parse(payload);
    if (!Array.isArray(parsed)) return [];
    return parsed.filter((entry): entry is [string, unknown] => Array.isArray(entry) && typeof entry[0] === 'string');
  } catch {
    return [];
  }
}
