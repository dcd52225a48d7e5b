// What turns texts into vectors.

export interface Embedder {
  /** Who made a vector: lower-case letters, digits and dashes, at most 63. Vectors of different ids are never compared. */
  readonly id: string;
  /** One vector a text, in their order, all of one length. Rejects when they cannot be had; the same texts may be tried again. */
  embed(texts: readonly string[]): Promise<readonly (readonly number[])[]>;
  close(): Promise<void>;
}
