/** What a figure at `/metrics` is: a counter grows as long as its process lives, a gauge is as of now. */
export interface Figure {
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  /** One sentence, without the dot. */
  readonly about: string;
  /** Its labels besides `role` and `instance`, and what they can be. */
  readonly labels?: string;
}

/** Figures by their names without `sotp_`. */
export type Figures = Readonly<Record<string, Figure>>;
