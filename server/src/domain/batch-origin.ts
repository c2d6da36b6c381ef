/** Where a batch comes from; a (source, sequence) that is already stored is not stored again. */
export interface BatchOrigin {
  readonly source: string;
  readonly sequence: number;
  /** Of batches that were joined: the sequences of the others. All are stored by this, or none is. */
  readonly also?: readonly number[];
}
