import type { Socket } from 'node:net';
import { createFrameDecoder } from '#protocols/syslog/framing.ts';
import type { FrameDecoder, FrameFault } from '#protocols/syslog/framing.ts';
import { readProxyHeader } from '#protocols/proxy/proxy.ts';
import type { Refusal } from './admission.ts';
import type { Intake } from './intake.ts';
import type { Handshakes } from './tls.ts';

/** A frame that has begun must be whole by then, as must a PROXY header: a sender that drips bytes gets no more. */
const FRAME_MS = 30_000;
/** A handshake must be through by then, however its bytes drip. */
const HANDSHAKE_MS = 10_000;

export type CloseReason = 'idle' | 'frame_timeout' | 'proxy_header' | 'tls' | 'error' | FrameFault | Refusal;

export interface ConnectionDeps {
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  readonly peer: string;
  /** True when the connection begins with a PROXY header. */
  readonly proxied: boolean;
  readonly handshakes: Handshakes | undefined;
  readonly onLine: Intake;
  afterChunk(): void;
  /** A proxy has named the sender: undefined lets it in. */
  onSender(sender: string): Refusal | undefined;
  /** Called once, with the reason when the end was ours. */
  onClosed(reason: CloseReason | undefined): void;
}

/** One sender's connection: a PROXY header perhaps, a handshake perhaps, then lines. */
export interface Connection {
  pause(): void;
  resume(): void;
  /** Ends the connection when it drips, or has been silent for too long; true when it does. */
  check(now: number, idleMs: number): boolean;
  destroy(): void;
}

export function openConnection(socket: Socket, deps: ConnectionDeps): Connection {
  const { now, onLine } = deps;
  let sender = deps.peer;
  let stream = socket;
  let heardAt = now();
  /** When the frame or header that is not whole yet began; 0 when there is none. */
  let frameSince = deps.proxied ? heardAt : 0;
  let frames = 0;
  let over = false;
  let securing = false;
  let paused = false;
  let decoder: FrameDecoder | undefined;

  /** Only for who says something: a connection that comes and goes in silence costs no more than it must. */
  function begin(): FrameDecoder {
    socket.setKeepAlive(true, 60_000);
    return createFrameDecoder({
      frame(bytes, start, end, truncated) {
        frames++;
        onLine(bytes, start, end, sender, truncated);
      },
    });
  }

  function finish(reason: CloseReason | undefined): void {
    if (over) return;
    over = true;
    // What is left is a line too: its sender may not end its last one.
    decoder?.end();
    deps.onClosed(reason);
    stream.destroy();
    socket.destroy();
  }

  function onChunk(chunk: Buffer): void {
    heardAt = now();
    decoder ??= begin();
    const framesBefore = frames;
    const fault = decoder.push(chunk);
    if (fault) return finish(fault);
    if (decoder.pending === 0) frameSince = 0;
    else if (frameSince === 0 || frames > framesBefore) frameSince = heardAt;
    deps.afterChunk();
  }

  function readLines(): void {
    frameSince = 0;
    stream.on('data', onChunk);
    if (paused) stream.pause();
  }

  function secure(): void {
    frameSince = 0;
    if (!deps.handshakes) return readLines();
    securing = true;
    frameSince = now();
    deps.handshakes.begin(socket, (secured) => {
      if (!secured) return finish('tls');
      secured.on('error', () => finish('error'));
      secured.once('close', () => secured.removeAllListeners());
      securing = false;
      stream = secured;
      heardAt = now();
      readLines();
    });
  }

  function readHeader(): void {
    let head = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk]);
      const header = readProxyHeader(head);
      if (header === 'incomplete') return;
      if (header === 'bad') return finish('proxy_header');
      sender = header.source || deps.peer;
      const refusal = deps.onSender(sender);
      if (refusal) return finish(refusal);
      socket.off('data', onData);
      socket.pause();
      if (head.length > header.length) socket.unshift(head.subarray(header.length));
      secure();
      if (!paused && !deps.handshakes) socket.resume();
    };
    socket.on('data', onData);
  }

  // Whoever says no more is done: we never have anything to say.
  socket.once('end', () => finish(undefined));
  if (deps.proxied) readHeader();
  else secure();
  // Behind the handshake's own listener, which knows better why.
  socket.once('close', () => {
    finish(undefined);
    // Closed sockets outlive the collections of young memory (decision 0023): what they still held would be copied about
    // each time, and thousands that come and go would stop all others for tens of milliseconds.
    socket.removeAllListeners();
  });

  return {
    pause() {
      paused = true;
      stream.pause();
    },
    resume() {
      paused = false;
      stream.resume();
    },
    check(at, idleMs) {
      if (securing && at - frameSince > HANDSHAKE_MS) finish('tls');
      else if (frameSince > 0 && at - frameSince > FRAME_MS) finish('frame_timeout');
      else if (at - heardAt > idleMs) finish('idle');
      return over;
    },
    destroy: () => finish(undefined),
  };
}
