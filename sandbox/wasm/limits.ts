// Figures that both sides of the pipe hold to. The engine needs some of the memory itself: about 1.5 MiB.

const MiB = 1024 ** 2;

/** Bounds of the WebAssembly back end, in bytes unless the name says otherwise. */
export const wasmLimits = {
  /** Most memory of one run; baked into the built guest. */
  memoryBytes: 256 * MiB,
  /** Memory of a run that names no limit. */
  defaultMemoryBytes: 64 * MiB,
  /** Source and input of one run together, as they are sent. */
  claimBytes: 8 * MiB,
  /** What one run may answer, whatever its output limit says. */
  valueBytes: 8 * MiB,
  /** One file that the code reads or writes. */
  fileBytes: 16 * MiB,
  /** Everything that the code writes in one run. */
  writtenBytes: 256 * MiB,
  /** Files that the code writes in one run. */
  writes: 10_000,
  /** Entries of one listing. */
  entries: 10_000,
  pathLength: 1024,
} as const;

/** Bytes of a page of WebAssembly memory. */
export const pageBytes = 65_536;
