// What one child has said so far. It may be anything: what does not fit where it comes is a fault, and nothing after the end or a fault counts.
import { type Frame, FrameReader } from './frames.ts';
import { answerCaps, type Done, parseDone } from './protocol.ts';

export type OnPrint = (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void;

/** What a child answered. */
export interface Answered {
  readonly done?: Done;
  /** JSON text, as the child says. */
  readonly value?: string;
  /** How it broke the protocol. */
  readonly fault?: string;
}

/** Follows one child from its first byte. */
export class Conversation {
  readonly #reader = new FrameReader(answerCaps);
  readonly #onReady: () => void;
  #answered: Answered = {};
  #print: OnPrint | undefined;

  constructor(onReady: () => void) {
    this.#onReady = onReady;
  }

  get answered(): Answered {
    return this.#answered;
  }

  /** The claim was sent: from here on the child may print and answer. */
  begin(print: OnPrint): void {
    this.#print = print;
  }

  /** Takes what the child wrote; true when there is nothing more to hear from it. */
  read(chunk: Uint8Array): boolean {
    if (this.#isOver()) return true;
    const { frames, fault } = this.#reader.read(chunk);
    for (const frame of frames) if (!this.#isOver()) this.#accept(frame);
    if (fault !== undefined && !this.#isOver()) this.#fault(fault);
    return this.#isOver();
  }

  #isOver(): boolean {
    return this.#answered.done !== undefined || this.#answered.fault !== undefined;
  }

  #accept({ kind, payload }: Frame<keyof typeof answerCaps>): void {
    if (kind === 'R') this.#onReady();
    else if (this.#print === undefined) this.#fault(`a frame ${kind} before the claim`);
    else if (kind === 'V') this.#answered = { value: Buffer.from(payload).toString('utf8') };
    else if (kind === 'D') this.#end(payload);
    else this.#print(kind === 'O' ? 'stdout' : 'stderr', payload);
  }

  #end(payload: Uint8Array): void {
    const done = parseDone(payload);
    if (done === undefined) this.#fault('an end that cannot be read');
    else this.#answered = { ...this.#answered, done };
  }

  #fault(fault: string): void {
    this.#answered = { fault };
  }
}
