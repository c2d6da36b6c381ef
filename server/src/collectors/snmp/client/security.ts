import type { MessageHead } from '#protocols/snmp/head.ts';
import { PduType } from '#protocols/snmp/pdu.ts';
import type { RequestPdu } from '#protocols/snmp/request.ts';
import { keep } from './keep.ts';
import type { AppError } from '#platform/errors.ts';
import type { Endpoint, Outcome, Verdict } from '#collectors/snmp/transport/transport.ts';

/** A PDU that came in a message: where its content goes on behind the request-id. Reused; valid during one call. */
export interface OpenedPdu {
  buf: Uint8Array;
  tag: number;
  start: number;
  end: number;
}

/** Who was asked, and how long the last try waits for it. */
export interface Asked {
  readonly endpoint: Endpoint;
  readonly timeoutLimitMs: number;
}

/** How messages of one device are protected: a community, or the user-based security of v3. */
export interface Security {
  readonly version: 0 | 1 | 3;
  /** What may be wrong when the device says nothing at all: a part of a sentence. */
  readonly silence: string;
  /** Makes a message of a PDU, in `scratch` where it fits. */
  seal(pdu: RequestPdu, id: number, scratch: Buffer): Buffer;
  /** Checks a message and fills `opened` (null), or took all there is to learn from it, or says why it is none of ours. */
  open(memory: Buffer, head: MessageHead, opened: OpenedPdu): Verdict | 'learned';
  /**
   * What is to be done when an exchange has ended: nothing (null), another one as something was learned or is to be
   * found out, the request given up as unanswered although the device answers, or the cause why there is no answer.
   */
  settle(outcome: Outcome, asked: Asked): 'again' | 'silent' | AppError | null;
  /** Changes when the agent started anew or was exchanged, as far as its messages prove it; null when they do not. */
  readonly epoch: string | null;
}

const MAX_COMMUNITIES = 1024;
const communities = new Map<string, Security>();

/** The security of v1 and v2c: a community in clear text. It has no state, so all devices with that community share it. */
export function communitySecurity(version: 0 | 1, community: string): Security {
  const key = `${version} ${community}`;
  let known = communities.get(key);
  if (known) return known;
  if (communities.size >= MAX_COMMUNITIES) communities.clear();
  known = createCommunity(version, community);
  communities.set(key, known);
  return known;
}

function createCommunity(version: 0 | 1, community: string): Security {
  const text = Buffer.from(community, 'utf8');
  const header = keep(Buffer.concat([Buffer.from([0x02, 0x01, version, 0x04]), length(text.length), text]));
  const octets = header.subarray(header.length - text.length);
  return {
    version,
    silence: 'The community may be wrong',
    seal(pdu, id, scratch) {
      const inner = header.length + pdu.octets.length;
      const outer = inner < 128 ? 2 : inner < 256 ? 3 : 4;
      const total = outer + inner;
      const message = total <= scratch.length ? scratch.subarray(0, total) : Buffer.allocUnsafe(total);
      message[0] = 0x30;
      if (outer === 2) message[1] = inner;
      else if (outer === 3) {
        message[1] = 0x81;
        message[2] = inner;
      } else {
        message[1] = 0x82;
        message[2] = inner >>> 8;
        message[3] = inner & 0xff;
      }
      message.set(header, outer);
      const at = outer + header.length;
      message.set(pdu.octets, at);
      patchId(message, at + pdu.idAt, id);
      return message;
    },
    open(memory, head, opened) {
      if (head.version !== version) return 'version';
      if (head.communityEnd - head.communityStart !== octets.length) return 'community';
      for (let i = 0; i < octets.length; i += 1) {
        if (memory[head.communityStart + i] !== octets[i]) return 'community';
      }
      if (head.pduTag !== PduType.response) return 'pdu_type';
      opened.buf = memory;
      opened.tag = head.pduTag;
      opened.start = head.bodyStart;
      opened.end = head.end;
      return null;
    },
    settle: () => null,
    epoch: null,
  };
}

/** Writes a request id of four octets. */
export function patchId(message: Uint8Array, at: number, id: number): void {
  message[at] = id >>> 24;
  message[at + 1] = (id >>> 16) & 0xff;
  message[at + 2] = (id >>> 8) & 0xff;
  message[at + 3] = id & 0xff;
}

function length(octets: number): Buffer {
  return Buffer.from(octets < 128 ? [octets] : [0x82, octets >>> 8, octets & 0xff]);
}
