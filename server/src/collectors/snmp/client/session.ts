import { AppError } from '#platform/errors.ts';
import type { MessageHead } from '#protocols/snmp/head.ts';
import type { RequestPdu } from '#protocols/snmp/request.ts';
import type {
  DropReason,
  Endpoint,
  Exchange,
  Outcome,
  SnmpTransport,
  Verdict,
} from '#collectors/snmp/transport/transport.ts';
import type { OpenedPdu, Security } from './security.ts';
import { nameOf, silenceError } from './silence.ts';

/** Takes the PDU that answers a request: null when it is the answer, else why it is not. */
export interface ReplySink {
  take(reply: OpenedPdu): DropReason | null;
}

/** A sink that is also told how its request ended: once, by one of the two. */
export interface RequestSink extends ReplySink {
  ended(outcome: Outcome): void;
  failed(reason: unknown): void;
}

/** Whose turn it is to ask a device that two sessions talk to. */
export interface Turn {
  taken: boolean;
  waiting: { proceed(): void }[] | null;
  /** How often it has answered. */
  answers: number;
}

export interface SessionOptions {
  readonly transport: SnmpTransport;
  readonly endpoint: Endpoint;
  readonly security: Security;
  readonly timeoutMs: number;
  readonly tries: number;
  /** 0 <= x < 1; for the jitter of retries. */
  readonly random: () => number;
  /** Shared with the other session of the same device, so that only one request is in flight. */
  readonly turn?: Turn;
}

/** Most varbinds of one answer before anything was learned about the agent. */
export const MAX_VARBINDS = 1024;

/** No try waits less than this: a busy agent answers late, and a needless second request makes it busier. */
const MIN_TIMEOUT_MS = 250;

/** Rounds of learning about a v3 engine that one request may take: its id, its time, both again, and what it does not hear. */
const MAX_ROUNDS = 6;

const opened: OpenedPdu = { buf: new Uint8Array(0), tag: 0, start: 0, end: 0 };
const never = new AbortController().signal;
const deaf: RequestSink = { take: () => 'content', ended: () => undefined, failed: () => undefined };
const NO_PDU: RequestPdu = { octets: new Uint8Array(0), idAt: 0 };

/**
 * The conversation with one device: one request in flight, timeouts that follow its measured round trip (RFC 6298),
 * and what was learned about what it can bear. A class, because there is one per device and its fields are the state.
 */
export class Session implements Exchange {
  readonly endpoint: Endpoint;
  readonly security: Security;
  readonly timeoutLimitMs: number;
  tries: number;
  signal: AbortSignal = never;
  /** False once the agent has choked on GETBULK while it answers GETNEXT. */
  bulk = true;
  /** Most varbinds of one answer that the agent has not refused; shrinks on tooBig and on silence. */
  maxVarbinds = MAX_VARBINDS;
  /** Rows of a GETBULK that the agent is known to bear, and the fewest that it did not: what is borne grows up to there. */
  repetitions = Number.POSITIVE_INFINITY;
  unbearableRepetitions = Number.POSITIVE_INFINITY;
  /** True while the last request found no answer. */
  silent = false;
  /** What the conversation has cost so far; octets are those of both directions. */
  requests = 0;
  retries = 0;
  varbinds = 0;
  octets = 0;
  #sentOctets = 0;
  readonly #transport: SnmpTransport;
  readonly #random: () => number;
  readonly #turn: Turn;
  #smoothedRtt = 0;
  #rttVariation = 0;
  #pdu: RequestPdu = NO_PDU;
  #sink: RequestSink = deaf;
  #round = 0;

  constructor(options: SessionOptions) {
    this.#transport = options.transport;
    this.endpoint = options.endpoint;
    this.security = options.security;
    this.timeoutLimitMs = options.timeoutMs;
    this.tries = options.tries;
    this.#random = options.random;
    this.#turn = options.turn ?? { taken: false, waiting: null, answers: 0 };
    this.bulk = options.security.version !== 0;
  }

  /** Sends a request and waits for what `sink` takes. Throws `no_answer`, `no_route`, or the signal's reason. */
  async request(pdu: RequestPdu, sink: ReplySink): Promise<void> {
    const outcome = await this.attempt(pdu, sink);
    if (!outcome.answered) throw silenceError(this, outcome);
  }

  /** As `request`, but silence is an outcome. */
  attempt(pdu: RequestPdu, sink: ReplySink): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.start(pdu, { take: (reply) => sink.take(reply), ended: resolve, failed: reject });
    });
  }

  /** As `attempt`, for whoever asks so often that a promise is too dear. */
  start(pdu: RequestPdu, sink: RequestSink): void {
    if (this.#sink !== deaf) throw new AppError('internal', 'An SNMP session was asked twice at once.');
    this.#pdu = pdu;
    this.#sink = sink;
    this.#round = 0;
    this.requests += 1;
    const turn = this.#turn;
    if (turn.taken) (turn.waiting ??= []).push(this);
    else this.proceed();
  }

  /** It is this session's turn. */
  proceed(): void {
    this.#turn.taken = true;
    this.#transport.exchange(this);
  }

  ended(outcome: Outcome): void {
    this.silent = !outcome.answered;
    if (outcome.answered) this.#turn.answers += 1;
    this.retries += outcome.attempts - 1;
    this.octets += outcome.attempts * this.#sentOctets;
    // Karn: a round trip is only known when there was one try.
    if (outcome.answered && outcome.attempts === 1) this.#measure(outcome.rttMs);
    const settled = this.security.settle(outcome, this);
    if (settled === null) this.#release().ended(outcome);
    else if (settled === 'silent') {
      this.silent = true;
      this.#release().ended({ ...outcome, answered: false, rttMs: 0, attempts: this.tries });
    } else if (settled !== 'again') this.#release().failed(settled);
    else if (this.#round >= MAX_ROUNDS) this.#release().failed(neverSynchronized(this.endpoint));
    else {
      this.#round += 1;
      this.#transport.exchange(this);
    }
  }

  failed(reason: unknown): void {
    this.#release().failed(reason);
  }

  /** Ends the request, and lets the other session of the device go on. */
  #release(): RequestSink {
    const sink = this.#sink;
    this.#pdu = NO_PDU;
    this.#sink = deaf;
    const turn = this.#turn;
    const next = turn.waiting?.shift();
    if (next) next.proceed();
    else turn.taken = false;
    return sink;
  }

  /** How the device has answered so far, companions too. */
  get turn(): Readonly<Turn> {
    return this.#turn;
  }

  /** A second conversation with the same device: it takes turns with this one, and has a signal of its own. */
  companion(): Session {
    const { endpoint, security, timeoutLimitMs: timeoutMs, tries } = this;
    const turn = this.#turn;
    return new Session({
      transport: this.#transport,
      endpoint,
      security,
      timeoutMs,
      tries,
      random: this.#random,
      turn,
    });
  }

  /** The same conversation with another address of the device. */
  moved(endpoint: Endpoint): Session {
    const { security, timeoutLimitMs: timeoutMs, tries } = this;
    return new Session({ transport: this.#transport, endpoint, security, timeoutMs, tries, random: this.#random });
  }

  #measure(rtt: number): void {
    if (this.#smoothedRtt === 0) {
      this.#smoothedRtt = rtt;
      this.#rttVariation = rtt / 2;
      return;
    }
    this.#rttVariation += (Math.abs(this.#smoothedRtt - rtt) - this.#rttVariation) / 4;
    this.#smoothedRtt += (rtt - this.#smoothedRtt) / 8;
  }

  get hasAnswered(): boolean {
    return this.#smoothedRtt !== 0;
  }

  timeoutMs(attempt: number): number {
    // The last try waits as long as the operator allows: what comes late is then late, not lost to our impatience.
    if (this.#smoothedRtt === 0 || attempt + 1 >= this.tries) return this.timeoutLimitMs;
    const expected = (this.#smoothedRtt + 4 * this.#rttVariation) * 2 ** attempt;
    const jitter = 1 + 0.25 * this.#random();
    return Math.min(this.timeoutLimitMs, Math.max(MIN_TIMEOUT_MS, expected) * jitter);
  }

  render(id: number, scratch: Buffer): Buffer {
    const message = this.security.seal(this.#pdu, id, scratch);
    this.#sentOctets = message.length;
    return message;
  }

  accept(memory: Buffer, head: MessageHead): Verdict {
    this.octets += head.end - head.start;
    const verdict = this.security.open(memory, head, opened);
    return verdict === 'learned' ? null : (verdict ?? this.#sink.take(opened));
  }
}

function neverSynchronized(endpoint: Endpoint): AppError {
  return new AppError(
    'snmp_not_in_time_window',
    `${nameOf(endpoint)} tells another engine ID or time at every request, so that no authentic exchange comes about.`,
    { retryable: true },
  );
}
