/** The longest message that is taken from a stream: what a datagram could hold as well. */
export const MAX_MESSAGE_OCTETS = 65_535;
const SEQUENCE = 0x30;
const NOTHING = Buffer.alloc(0);

/**
 * Cuts a stream into SNMP messages (RFC 3430 section 2.1): each is a BER sequence, whose length says where it ends. What
 * is no beginning of one, or too long, makes the stream bad: there is no way to find the next message in it.
 */
export class MessageFramer {
  #pending: Buffer = NOTHING;
  bad = false;

  /** Takes octets as they come and answers the messages that they complete. Views: copy what is to be kept. */
  push(chunk: Buffer): Buffer[] {
    const messages: Buffer[] = [];
    let rest = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    for (let length = lengthOf(rest); length !== null; length = lengthOf(rest)) {
      if (length < 0) {
        this.bad = true;
        this.#pending = NOTHING;
        return messages;
      }
      if (rest.length < length) break;
      messages.push(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    // A copy: the chunk's memory may be used again, or be much larger than what is left of it.
    this.#pending = rest.length === 0 ? NOTHING : Buffer.from(rest);
    return messages;
  }
}

/** Octets of the message that begins there; null while that cannot be told yet, -1 when there is none. */
function lengthOf(octets: Buffer): number | null {
  if (octets.length === 0) return null;
  if (octets[0] !== SEQUENCE) return -1;
  const first = octets[1];
  if (first === undefined) return null;
  if (first < 0x80) return 2 + first;
  const count = first & 0x7f;
  if (count === 0 || count > 4) return -1;
  if (octets.length < 2 + count) return null;
  const length = 2 + count + octets.readUIntBE(2, count);
  return length > MAX_MESSAGE_OCTETS ? -1 : length;
}
