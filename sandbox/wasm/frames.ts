// Frames on the pipes between the back end and a child: one letter for the kind, four bytes of length, the payload. Neutral on purpose: any engine can speak it.

const headerBytes = 5;

/** One frame. */
export interface Frame<K extends string> {
  readonly kind: K;
  readonly payload: Uint8Array;
}

/** Longest payload by kind of frame, in bytes; a kind that is not listed is a fault. */
export type FrameCaps<K extends string> = Readonly<Record<K, number>>;

/** Bytes of one frame. */
export function encodeFrame(kind: string, payload: Uint8Array | string): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const header = Buffer.alloc(headerBytes);
  header.write(kind, 0, 'latin1');
  header.writeUInt32LE(body.length, 1);
  return Buffer.concat([header, body]);
}

/** Reads frames out of chunks as they come. It keeps no more than one frame, and refuses a kind or a length before the payload is there. */
export class FrameReader<K extends string> {
  readonly #caps: FrameCaps<K>;
  #parts: Buffer[] = [];
  #held = 0;

  constructor(caps: FrameCaps<K>) {
    this.#caps = caps;
  }

  /** The frames that `chunk` completes, or what is wrong with them; after a fault nothing more can be read. */
  read(chunk: Uint8Array): { readonly frames: readonly Frame<K>[]; readonly fault?: string } {
    this.#parts.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this.#held += chunk.byteLength;
    const frames: Frame<K>[] = [];
    while (this.#held >= headerBytes) {
      const header = this.#peek();
      const kind = String.fromCharCode(header[0] ?? 0);
      const length = header.readUInt32LE(1);
      if (!this.#isKnown(kind)) return { frames, fault: `a frame of the unknown kind ${JSON.stringify(kind)}` };
      if (length > this.#caps[kind]) return { frames, fault: `a frame ${kind} of ${length} bytes, more than ${this.#caps[kind]}` };
      if (this.#held < headerBytes + length) break;
      frames.push({ kind, payload: this.#take(headerBytes + length).subarray(headerBytes) });
    }
    return { frames };
  }

  #isKnown(kind: string): kind is K {
    return Object.hasOwn(this.#caps, kind);
  }

  /** The header; parts are joined only when it is spread over several. */
  #peek(): Buffer {
    const first = this.#parts[0];
    if (first !== undefined && first.length >= headerBytes) return first;
    this.#parts = [Buffer.concat(this.#parts)];
    return this.#parts[0] ?? Buffer.alloc(headerBytes);
  }

  #take(bytes: number): Buffer {
    const whole = this.#parts.length === 1 ? (this.#parts[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#parts);
    this.#parts = whole.length > bytes ? [whole.subarray(bytes)] : [];
    this.#held -= bytes;
    return whole.subarray(0, bytes);
  }
}
