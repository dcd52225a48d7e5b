// The port for whoever watches agents think. The loop tells what happened; numbering and names of the attempt are added here, so that no teller can get them wrong.
import { type AgentAct, type AgentLearn, type AgentThink, type ThoughtEvent, thoughtVersion } from '#api/events/thought.ts';
import { formatEpoch } from '#domain/task/epoch.ts';
import type { Log } from '#platform/telemetry/log.ts';

type Heading = 'version' | 'type' | 'taskUid' | 'attempt' | 'epoch' | 'seq';

/** Told by the loop of one attempt, in the order in which it happens. None may fail or wait: thinking goes on whoever listens. */
export interface ThoughtEvents {
  think(said: Omit<AgentThink, Heading>): void;
  act(call: Omit<AgentAct, Heading>): void;
  learn(turn: Omit<AgentLearn, Heading>): void;
}

/** Where events go. */
export type PublishThought = (event: ThoughtEvent) => void;

export interface Thinker extends Pick<ThoughtEvent, 'taskUid' | 'attempt'> {
  /** The newest epoch: it changes when another leader takes over. */
  readonly epoch: () => ThoughtEvent['epoch'];
}

/** Events of one attempt, numbered. */
export function numberedThoughts({ taskUid, attempt, epoch }: Thinker, publish: PublishThought): ThoughtEvents {
  let seq = 0;
  const heading = () => ({ version: thoughtVersion, taskUid, attempt, epoch: epoch(), seq: (seq += 1) }) as const;
  return {
    think: (said) => publish({ ...heading(), type: 'agent.think', ...said }),
    act: (call) => publish({ ...heading(), type: 'agent.act', ...call }),
    learn: (turn) => publish({ ...heading(), type: 'agent.learn', ...turn }),
  };
}

/** Nobody watches. */
export const unwatched: ThoughtEvents = { think: () => {}, act: () => {}, learn: () => {} };

/** Writes each event as a line of the agent's own log, at debug level. */
export function thoughtsToLog(log: Log): PublishThought {
  return ({ type, epoch, ...event }) => {
    const { usage = {}, ...fields } = { usage: undefined, ...event };
    log.debug(type, { ...fields, ...usage, epoch: formatEpoch(epoch) });
  };
}
