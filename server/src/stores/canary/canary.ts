/** A sample of the canary, as it was stored. */
export interface CanarySample {
  /** The process that sent it. */
  readonly collector: string;
  readonly boot: number;
  readonly sequence: number;
  /** Epoch ms. */
  readonly sentAt: number;
}

/** Reads back what the canary has sent through the metric store: whichever back end, new samples lie in its head. */
export interface CanaryReader {
  /** Those sent at or after `from` and before `to`, in order of time; and the database's clock now. Epoch ms. */
  read(from: number, to: number): Promise<{ readonly samples: readonly CanarySample[]; readonly now: number }>;
}
