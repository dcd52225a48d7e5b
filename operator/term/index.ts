// A term: everything that exists only while this replica leads. Built from warm caches, thrown away with the process.
import type { Leadership, WorkListener } from '../fleet/work/service.ts';
import { admit } from '../scheduler/admission.ts';
import { createExplainer, type Explainer } from '../scheduler/explain.ts';
import { type Core, createCore } from './core.ts';
import type { TermDeps } from './deps.ts';
import { createDispatch, type Dispatch } from './dispatch.ts';
import { followEvents, lookAtEverything, lookAtMissionOf } from './events.ts';
import { createQueues, type Queues } from './queues.ts';

export type { TermDeps } from './deps.ts';

export interface Term {
  readonly leadership: Leadership;
  readonly explainer: Explainer;
  /** Lets running turns end and closes the streams of the agents. */
  stop(): Promise<void>;
}

const tickMs = 500;

/** Starts to lead. */
export function startTerm(deps: TermDeps): Term {
  const core = createCore(deps);
  const dispatch: Dispatch = createDispatch(deps, core, {
    atPool: (poolKey) => queues.pools.add(poolKey),
    atMissionOf: (task) => lookAtMissionOf(task, queues),
  });
  const queues: Queues = createQueues(deps, core, dispatch);
  const parts = { core, dispatch, queues };
  const unfollow = followEvents(deps, parts);
  dispatch.adoption.begin();
  lookAtEverything(deps, parts);
  const stopTicking = tick(deps, dispatch);
  const { config, term, deposedBy } = deps;
  return {
    leadership: { term, leaseSeconds: config.leaseSeconds, fleet: dispatch.fleet, listener: workListener(deps, core, dispatch), deposedBy },
    explainer: explainerOf(deps, core, dispatch),
    async stop() {
      stopTicking();
      unfollow();
      dispatch.fleet.shutdown('the operator is going away');
      await queues.planning.close();
      await Promise.all([queues.usage.stop(), queues.missions.stop(), queues.tasks.stop(), queues.pools.stop()]);
    },
  };
}

function tick({ clock }: TermDeps, { fleet, adoption }: Dispatch): () => void {
  let cancel = () => {};
  const turn = () => {
    fleet.tick();
    adoption.tick();
    cancel = clock.after(tickMs, turn);
  };
  turn();
  return () => cancel();
}

/** Lines and logs count only from the agent that has the task: others would write into a stranger's log. */
function workListener({ broadcast }: TermDeps, { board, book }: Core, { attempts }: Dispatch): WorkListener {
  const isTheirs = (agentUid: string, taskUid: string) => book.get(taskUid)?.assignment.agentUid === agentUid;
  return {
    started: (...args) => attempts.started(...args),
    finished(agentUid, report) {
      if (isTheirs(agentUid, report.taskUid)) broadcast.ended(report.taskUid);
      attempts.finished(agentUid, report);
    },
    refused: (...args) => attempts.refused(...args),
    progress(agentUid, { taskUid, percent, message, kept }) {
      if (kept !== undefined) attempts.kept(agentUid, { taskUid, ...kept });
      const task = board.get(taskUid);
      if (task !== undefined && isTheirs(agentUid, taskUid)) broadcast.progress(task, percent, message);
    },
    log(agentUid, { taskUid, attempt, offset, data }) {
      if (isTheirs(agentUid, taskUid)) broadcast.log(taskUid, attempt, offset, data);
    },
  };
}

function explainerOf({ caches }: TermDeps, { missionByUid, sibling }: Core, { runs, roster, scheduler }: Dispatch): Explainer {
  return createExplainer({
    runs,
    roster,
    pools: caches.pools.store,
    ready: scheduler.ready,
    admit: (task) => admit(task, { missionByUid, sibling }),
    sibling,
    missionUid: (key) => caches.missions.store.get(key)?.metadata.uid,
  });
}
