// The part of the WebAssembly interface that the engine is started with; the types of Node leave it out.

export interface Memory {
  readonly buffer: { readonly byteLength: number };
  grow(pages: number): number;
}

export interface Instance {
  readonly exports: Readonly<Record<string, unknown>>;
}

interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => Instance;
  readonly Memory: new (descriptor: { readonly initial: number }) => Memory;
}

/** What Node has under this name. */
export const webAssembly = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;
