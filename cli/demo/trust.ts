// Whether the demo may run code of somebody else's repository: only inside a boundary, or when the user says so.
import type { Condition } from '#api/v1alpha1/schema.ts';
import { Refusal } from '../failure.ts';
import { plain } from '../terminal/text.ts';
import { isOwnRepository, type Repository } from './repository.ts';

export interface TrustQuestion {
  readonly repository: Repository;
  /** Folder of this project's own checkout. */
  readonly own: string;
  /** The user trusts the repository's code. */
  readonly trusted: boolean;
  /** Condition Isolated of the agents' pool; undefined when nothing is known. */
  readonly isolated: Pick<Condition, 'status' | 'message'> | undefined;
}

/** Why code of the repository may not be run here, or undefined. */
export function trustFault({ repository, own, trusted, isolated }: TrustQuestion): Refusal | undefined {
  if (trusted || isolated?.status === 'True') return undefined;
  if (isOwnRepository(repository, own)) return undefined;
  const name = repository.kind === 'url' ? repository.url : repository.folder;
  const why = isolated === undefined ? 'no agent has said what isolates it' : plain(isolated.message);
  return new Refusal(`run the tests of ${name}: its code would not be fully isolated from this machine (${why})`, 'if you trust that code: repeat with TRUST=1, or --trust');
}
