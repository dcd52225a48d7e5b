// The near end of one child: gives it its one claim, hears its answer, and knows when nothing of it is left.
import type { Jail, JailedProcess, JailOrder } from '#sandbox/jail/launcher.ts';
import { type Answered, Conversation, type OnPrint } from './conversation.ts';
import { encodeFrame } from './frames.ts';
import type { Claim } from './protocol.ts';

const keptWords = 2000;

/** How a child ended, and what it answered before. */
export interface ChildEnd extends Answered {
  /** Last words of Node itself; code cannot write here unless it broke out. */
  readonly words: string;
  readonly exit: Awaited<JailedProcess['ended']>;
}

/** A started child. */
export interface Child {
  /** Resolves when it waits for a claim: true; or has ended without: false. */
  readonly ready: Promise<boolean>;
  /** Resolves when no process of it is left. */
  readonly ended: Promise<ChildEnd>;
  /** Sends its one claim. */
  claim(claim: Claim, onPrint: OnPrint): void;
  /** Kills it. */
  stop(): void;
}

/** Starts a child. */
export function startChild(jail: Jail, order: JailOrder): Child {
  const jailed = jail.start(order);
  const ready = Promise.withResolvers<boolean>();
  const conversation = new Conversation(() => ready.resolve(true));
  // After its answer it would end by itself, once it has compiled what nobody needs any more.
  jailed.stdout.on('data', (chunk: Buffer) => conversation.read(chunk) && jailed.stop());
  let words = '';
  jailed.stderr.on('data', (chunk: Buffer) => (words = (words + chunk.toString('utf8')).slice(-keptWords)));
  // A child that died does not read; its end says so.
  jailed.stdin?.on('error', () => {});
  const heard = new Promise<void>((resolve) => jailed.stdout.once('close', () => resolve()));
  const ended = Promise.all([jailed.ended, heard]).then(([exit]): ChildEnd => {
    ready.resolve(false);
    return { ...conversation.answered, words: words.trim(), exit };
  });
  return {
    ready: ready.promise,
    ended,
    claim: (claim, onPrint) => {
      conversation.begin(onPrint);
      jailed.stdin?.write(encodeFrame('C', JSON.stringify(claim)));
    },
    stop: () => jailed.stop(),
  };
}
