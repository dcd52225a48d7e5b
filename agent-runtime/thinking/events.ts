// The port for whoever watches agents think. The loop tells what happened; numbering and names of the attempt are added here, so that no teller can get them wrong.
import { type AgentAct, type AgentFiles, type AgentLearn, type AgentThink, mostFiles, type ThoughtEvent, thoughtVersion } from '#api/events/thought.ts';
import { formatEpoch } from '#domain/task/epoch.ts';
import type { Log } from '#platform/telemetry/log.ts';

type Heading = 'version' | 'type' | 'taskUid' | 'attempt' | 'epoch' | 'seq';

/** Told by the loop of one attempt, in the order in which it happens. None may fail or wait: thinking goes on whoever listens. */
export interface ThoughtEvents {
  think(said: Omit<AgentThink, Heading>): void;
  act(call: Omit<AgentAct, Heading>): void;
  learn(turn: Omit<AgentLearn, Heading>): void;
  /** What the attempt has changed, once it is measured. */
  files(change: FileChange): void;
}

/** Files that differ between two trees; a file that is gone has no hash. */
export interface FileChange extends Pick<AgentFiles, 'treeBefore' | 'treeAfter'> {
  readonly files: readonly { readonly path: string; readonly hash?: string }[];
}

/** Where events go. */
export type PublishThought = (event: ThoughtEvent) => void;

export interface Thinker extends Pick<ThoughtEvent, 'taskUid' | 'attempt'> {
  /** The newest epoch: it changes when another leader takes over. */
  readonly epoch: () => ThoughtEvent['epoch'];
}

/** A longer path is counted and not told. */
const longestPath = 255;

/** Events of one attempt, numbered. */
export function numberedThoughts({ taskUid, attempt, epoch }: Thinker, publish: PublishThought): ThoughtEvents {
  let [seq, turn] = [0, 0];
  const heading = () => ({ version: thoughtVersion, taskUid, attempt, epoch: epoch(), seq: (seq += 1) }) as const;
  return {
    think: (said) => {
      turn = said.turn;
      publish({ ...heading(), type: 'agent.think', ...said });
    },
    act: (call) => publish({ ...heading(), type: 'agent.act', ...call }),
    learn: (learned) => publish({ ...heading(), type: 'agent.learn', ...learned }),
    files: ({ treeBefore, treeAfter, files }) => {
      const told = files.filter(({ path }) => path.length <= longestPath).slice(0, mostFiles);
      publish({ ...heading(), type: 'agent.files', turn, treeBefore, treeAfter, files: told.map((file) => ({ ...file })), changed: files.length });
    },
  };
}

/** Nobody watches. */
export const unwatched: ThoughtEvents = { think: () => {}, act: () => {}, learn: () => {}, files: () => {} };

/** Writes each event as a line of the agent's own log, at debug level. */
export function thoughtsToLog(log: Log): PublishThought {
  return ({ type, epoch, ...event }) => {
    const { usage = {}, files = [], ...fields } = { usage: undefined, files: undefined, ...event };
    log.debug(type, { ...fields, ...usage, ...(files.length === 0 ? {} : { paths: files.map(({ path }) => path).join(' ') }), epoch: formatEpoch(epoch) });
  };
}
