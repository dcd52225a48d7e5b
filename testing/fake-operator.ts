// For tests: an operator in memory, behind the Dialer port. A test is its brain: it reads what agents said and answers by hand.
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { OperatorAddress } from '#api/endpoints.ts';
import { type WorkResponse, WorkResponseSchema } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import { settle } from './manual-clock.ts';
import type { Dialer, WorkConnection, WorkMessage } from '#agent-runtime/ports.ts';

type Said = NonNullable<WorkMessage['message']>;
type Case = Exclude<Said['case'], undefined>;
type ValueOf<C extends Case> = Extract<Said, { case: C }>['value'];

/** One stream as the operator sees it. */
export class FakeStream implements WorkConnection {
  readonly replica: string;
  readonly sent: WorkMessage[] = [];
  closedWith: string | undefined;
  readonly #queue: WorkResponse[] = [];
  #ended = false;
  #wake = () => {};

  constructor(replica: string) {
    this.replica = replica;
  }

  send(message: WorkMessage): void {
    if (!this.#ended) this.sent.push(message);
  }

  get messages(): AsyncIterable<WorkResponse> {
    return this.#read();
  }

  close(reason: string): void {
    this.closedWith ??= reason;
    this.end();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  get isOpen(): boolean {
    return !this.#ended;
  }

  /** Sends a message to the agent and lets the agent go on. */
  async say(message: NonNullable<MessageInitShape<typeof WorkResponseSchema>['message']>): Promise<void> {
    this.#queue.push(create(WorkResponseSchema, { message }));
    this.#wake();
    await settle();
  }

  /** What the agent said of one kind, oldest first. */
  said<C extends Case>(name: C): ValueOf<C>[] {
    return this.sent.flatMap(({ message }) => (message?.case === name ? [message.value as ValueOf<C>] : []));
  }

  async *#read(): AsyncGenerator<WorkResponse> {
    for (;;) {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) yield next;
      if (this.#ended) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** Replicas by name; `streams` are all that were ever opened. */
export class FakeOperator implements Dialer {
  replicas: string[];
  readonly streams: FakeStream[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(...replicas: string[]) {
    this.replicas = replicas;
  }

  async addresses(): Promise<readonly OperatorAddress[]> {
    return this.replicas.map((pod) => ({ pod, api: `${pod}:1`, enrolment: `${pod}:2`, work: `${pod}:3` }));
  }

  async connect({ pod }: OperatorAddress): Promise<FakeStream> {
    if (!this.replicas.includes(pod)) throw new Error('connection refused');
    const stream = new FakeStream(pod);
    this.streams.push(stream);
    return stream;
  }

  onRenewed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  renewCertificate(): void {
    for (const listener of this.#listeners) listener();
  }

  /** The newest stream to `replica`. */
  stream(replica: string): FakeStream {
    const found = this.streams.findLast((stream) => stream.replica === replica);
    if (found === undefined) throw new Error(`nobody connected to ${replica}`);
    return found;
  }
}
