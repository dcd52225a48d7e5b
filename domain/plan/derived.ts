// Tasks that nobody wrote: those that check a goal on another agent, and the one that delivers the output.
import type { ArtifactCheck, CommandCheck, JudgeCheck, MissionSpec } from '#api/v1alpha1/mission.ts';
import { RetryPolicy, type TaskSpec } from '#api/v1alpha1/task.ts';
import { base32Lower, sha256 } from '#domain/digest.ts';
import type { Phase } from './phase.ts';
import { defaultSource, lineage } from './sources.ts';

/** A task that follows from the spec without standing in it. */
export interface DerivedTask {
  readonly name: string;
  readonly phase: Phase;
  /** Path below spec that it follows from, for example `goals[2].check.command`. */
  readonly field: string;
  readonly definition: TaskSpec;
}

const nameLimit = 40;
const hashLength = 6;

/** Name of the task that checks a goal: `verify-<goal>`, cut and told apart by a hash when that is longer than 40 characters. */
export function verifierName(goal: string): string {
  const name = `verify-${goal}`;
  if (name.length <= nameLimit) return name;
  const stem = name.slice(0, nameLimit - hashLength - 1).replace(/-+$/, '');
  return `${stem}-${base32Lower(sha256(goal)).slice(0, hashLength)}`;
}

/** Name of the task that delivers `outputs.git`. */
export const outputName = 'push-output';

/** Name of the task that looks at the workspace before there is a plan. */
export const surveyName = 'survey-workspace';

type Planned = Pick<MissionSpec, 'tasks' | 'goals' | 'outputs' | 'workspace' | 'modelPolicy' | 'planner'>;

/** The task named in `from`, or the one task whose files it must mean; undefined for the workspace itself, and where the user has to choose. */
export function sourceOf(from: string | undefined, tasks: MissionSpec['tasks']): string | undefined {
  const source = defaultSource(tasks);
  return from ?? (source.kind === 'task' ? source.name : undefined);
}

/** The derived tasks in plan order: the one that looks first, one for each check that somebody has to carry out, in order of the goals, then the output. */
export function derivedTasks(spec: Planned): DerivedTask[] {
  const checks = spec.goals.flatMap(({ name, check }, index): DerivedTask[] => {
    const verifier = { name: verifierName(name), phase: 'verifier' as const };
    if (check?.command !== undefined) return [{ ...verifier, field: `goals[${index}].check.command`, definition: commandVerifier(check.command, spec) }];
    if (check?.artifact !== undefined && needsVerifier(check.artifact)) return [{ ...verifier, field: `goals[${index}].check.artifact`, definition: artifactVerifier(check.artifact, spec) }];
    if (check?.judge !== undefined) return [{ ...verifier, field: `goals[${index}].check.judge`, definition: judge(check.judge, spec) }];
    return [];
  });
  const git = spec.outputs?.git;
  const first = [...surveys(spec), ...checks];
  return git?.mode === 'Push' ? [...first, { name: outputName, phase: 'output', field: 'outputs.git', definition: pusher(git, spec) }] : first;
}

function surveys({ planner, workspace }: Planned): DerivedTask[] {
  if (planner?.survey !== 'Analyze' || workspace === undefined) return [];
  return [{ name: surveyName, phase: 'survey', field: 'planner.survey', definition: { ...plain, type: 'Analyzer', intent: { action: 'AnalyzeCode' }, sideEffects: 'None', onFailure: 'Continue', workspace } }];
}

/** Whether an artifact has to be read: that it exists, and its digest, are known without. */
export function needsVerifier({ schema, expression }: ArtifactCheck): boolean {
  return schema !== undefined || expression !== undefined;
}

// Checking out the files and restoring what is protected is not the command's time.
const slackSeconds = 300;
const longestSeconds = 604_800;
const retryPolicy = RetryPolicy.parse({});

function commandVerifier({ command, from, expectExitCode, protect, timeoutSeconds, capabilities }: CommandCheck, { tasks, workspace }: Planned): TaskSpec {
  const source = sourceOf(from, tasks);
  return {
    ...verifier,
    intent: { action: 'VerifyCommand', params: { command, expectExitCode, ...(protect === undefined ? {} : { protect }), timeoutSeconds } },
    activeDeadlineSeconds: Math.min(timeoutSeconds + slackSeconds, longestSeconds),
    capabilities,
    ...(workspace === undefined ? {} : { workspace }),
    ...(source === undefined ? {} : { ...startsFrom(source), verifies: lineage(source, tasks) }),
  };
}

function artifactVerifier({ task, name, schema, expression }: ArtifactCheck, { tasks }: Planned): TaskSpec {
  return {
    ...verifier,
    intent: { action: 'VerifyArtifact', params: { input: 'artifact', ...(schema === undefined ? {} : { schema }), ...(expression === undefined ? {} : { expression }) } },
    inputs: [{ name: 'artifact', task, field: `artifacts.${name}` }],
    dependsOn: [task],
    verifies: lineage(task, tasks),
  };
}

/** How many votes must be in favour: more than half unless told. */
export function quorumOf({ votes, quorum = Math.floor(votes / 2) + 1 }: JudgeCheck): number {
  return quorum;
}

/** The strongest model judges: whoever works begins with the cheapest one. */
function judge(check: JudgeCheck, { tasks, workspace, modelPolicy }: Planned): TaskSpec {
  const { rubric, from, votes, model = modelPolicy?.tiers?.at(-1) } = check;
  const source = sourceOf(from, tasks);
  return {
    ...verifier,
    intent: { action: 'JudgeWork', params: { rubric, votes, quorum: quorumOf(check), ...(model === undefined ? {} : { model }) } },
    ...(workspace === undefined ? {} : { workspace }),
    ...(source === undefined ? {} : { ...startsFrom(source), verifies: lineage(source, tasks) }),
  };
}

function pusher({ from, branch }: NonNullable<NonNullable<MissionSpec['outputs']>['git']>, { tasks, workspace }: Planned): TaskSpec {
  const source = sourceOf(from, tasks);
  return {
    ...plain,
    type: 'Coder',
    intent: { action: 'PushCommit', params: { branch } },
    sideEffects: 'External',
    ...(workspace === undefined ? {} : { workspace }),
    ...(source === undefined ? {} : startsFrom(source)),
  };
}

const plain = { dependsOn: [], inputs: [], capabilities: [], retryPolicy, activeDeadlineSeconds: 3600, onFailure: 'Fail' } satisfies Partial<TaskSpec>;
const verifier = { ...plain, type: 'Tester', sideEffects: 'None', onFailure: 'Continue' } satisfies Partial<TaskSpec>;

const startsFrom = (source: string) => ({ dependsOn: [source], workspaceFrom: source });
