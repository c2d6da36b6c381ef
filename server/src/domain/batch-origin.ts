/** Where a batch comes from; a (source, sequence) that is already stored is not stored again. */
export interface BatchOrigin {
  readonly source: string;
  readonly sequence: number;
}
