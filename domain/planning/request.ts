// What a planner is asked, as plain data: the same mission and the same offers give the same bytes, whenever and however often.
import type { Lesson } from '#api/memory.ts';
import type { Goal, Mission, MissionSpec, MissionTask } from '#api/v1alpha1/mission.ts';
import type { Workspace } from '#api/v1alpha1/task.ts';
import type { PoolOffer } from '#domain/capability/match.ts';
import { graphLimits } from '#domain/graph/fault.ts';
import { neededTasks, pushBranch, takenNames } from './needs.ts';
import { askingOf, offeredIntents, type OfferedIntents, offersOf } from './offers.ts';
import { type EndedTask, keepable, type Revision } from './revision.ts';

/** What the installation allows every plan. */
export interface PlanLimits {
  /** Most tasks of a plan. */
  readonly maxTasks: number;
}

/** A mission that needs a plan, and the world that the plan has to fit. */
export interface PlanQuestion {
  readonly mission: { readonly metadata: Pick<Mission['metadata'], 'namespace'>; readonly spec: MissionSpec };
  /** Every pool that is known: those that the namespace may not use are left out. */
  readonly pools: readonly PoolOffer[];
  readonly limits: PlanLimits;
  /** Set when a plan is to take the place of another. */
  readonly revision?: Revision;
  /** JSON of what was found in the workspace. */
  readonly survey?: string;
  /** What earlier missions have taught; unset: nothing. */
  readonly lessons?: readonly Lesson[];
}

/** What a planner is asked. No identity, time or status is in it, and no secret: all of it goes to the provider of the model. */
export interface PlanRequest {
  readonly goal: string;
  readonly goals: readonly Goal[];
  readonly instructions?: string;
  /** The files that tasks work on, in words. */
  readonly workspace: string;
  /** What an Analyzer measured there, as JSON. */
  readonly survey?: string;
  /** Roles that some pool serves, sorted. */
  readonly agentTypes: readonly string[];
  /** For each role the sets of capabilities that agents have: a task may ask for capabilities of one set. */
  readonly capabilities: Readonly<Record<string, readonly (readonly string[])[]>>;
  readonly intents: OfferedIntents;
  readonly limits: {
    readonly maxTasks: number;
    readonly maxDependenciesPerTask: number;
    readonly maxDepth?: number;
    /** Deadline of the mission, in seconds. */
    readonly maxActiveDeadlineSeconds?: number;
    /** Names that tasks of the plan must have, because others speak of them. */
    readonly requiredTaskNames: readonly string[];
    readonly takenTaskNames: readonly string[];
    /** Branch that may be pushed to. Absent: nothing outside of the workspace may be changed. */
    readonly pushBranch?: string;
  };
  /** The plan so far, and why it needs another one. */
  readonly revision?: {
    readonly why: string;
    readonly plan: { readonly summary: string; readonly tasks: readonly MissionTask[] };
    readonly tasks: readonly EndedTask[];
    readonly goals: Revision['goals'];
    /** Names of tasks that `keep` may name. */
    readonly mayKeep: readonly string[];
    /** Tasks of the plans before that one, the last of them: they may not be written again as they were. */
    readonly earlier: readonly MissionTask[];
  };
  /** What became of plans for missions like this one; unset: none is known. */
  readonly lessons?: readonly ToldLesson[];
}

/** A lesson without what only the installation needs to know. */
export type ToldLesson = Omit<Lesson, 'id'>;

/** The question in plain data. */
export function planRequest({ mission: { metadata, spec }, pools, limits, revision, survey, lessons }: PlanQuestion): PlanRequest {
  const offers = offersOf(pools, askingOf(metadata.namespace, spec));
  const branch = pushBranch(spec);
  const { planner, activeDeadlineSeconds } = spec;
  return {
    goal: spec.goal,
    goals: spec.goals,
    ...(planner?.instructions === undefined ? {} : { instructions: planner.instructions }),
    workspace: describeWorkspace(spec.workspace),
    ...(survey === undefined ? {} : { survey }),
    agentTypes: [...offers.keys()],
    capabilities: Object.fromEntries(offers),
    intents: offeredIntents(offers.keys(), branch !== undefined),
    limits: {
      maxTasks: maxTasksOf(spec, limits),
      maxDependenciesPerTask: graphLimits.dependencies,
      ...(planner?.maxDepth === undefined ? {} : { maxDepth: planner.maxDepth }),
      ...(activeDeadlineSeconds === undefined ? {} : { maxActiveDeadlineSeconds: activeDeadlineSeconds }),
      requiredTaskNames: neededTasks(spec).map(({ name }) => name),
      takenTaskNames: [...takenNames(spec).keys()],
      ...(branch === undefined ? {} : { pushBranch: branch }),
    },
    ...(revision === undefined ? {} : { revision: describeRevision(revision) }),
    ...toldOf(lessons),
  };
}

/** No lessons are nothing to tell of. */
function toldOf(lessons: PlanQuestion['lessons'] = []): Pick<PlanRequest, 'lessons'> {
  return lessons.length === 0 ? {} : { lessons: lessons.map(({ id: _id, ...told }) => told) };
}

const shownEarlier = 50;

function describeRevision(revision: Revision): NonNullable<PlanRequest['revision']> {
  const { plan: { spec: { summary = '', tasks } }, message, goals } = revision;
  return { why: message, plan: { summary, tasks }, tasks: revision.tasks, goals, mayKeep: [...keepable(revision)], earlier: revision.earlier.slice(-shownEarlier) };
}

/** Most tasks of a plan for this mission. */
export function maxTasksOf({ planner }: MissionSpec, { maxTasks }: PlanLimits): number {
  return Math.min(planner?.maxTasks ?? maxTasks, maxTasks, graphLimits.tasks);
}

/** Credentials may hide in front of the host and behind the path. */
function describeWorkspace(workspace: Workspace | undefined): string {
  if (workspace?.configMap !== undefined) return 'files from the keys of a ConfigMap';
  if (workspace?.git === undefined) return 'an empty folder';
  const { url, ref, subPath } = workspace.git;
  const address = url.replace(/[?#].*$/s, '').replace(/^([a-z]+:\/\/)[^/]*@/, '$1');
  return `the git repository ${address} at ${ref}${subPath === undefined ? '' : `, folder ${subPath}`}`;
}
