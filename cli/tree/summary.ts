// What is left when a mission has ended: goals with their evidence, failed tasks with what to do, artifacts, and commands that work as pasted. Pure.
import type { Goal, GoalState, GoalStatus, Mission } from '#api/v1alpha1/mission.ts';
import type { Artifact } from '#api/v1alpha1/schema.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import type { Style, Tone } from '../terminal/style.ts';
import { columns, cut, duration, plain, shellWord, size } from '../terminal/text.ts';
import { planOf } from '#domain/mission/planned.ts';
import { costLine } from './cost.ts';
import { conditionOf, currentTasks, endingOf, reasonText, type Ending, type MissionView } from '#domain/mission/view.ts';

export interface Page {
  readonly columns: number;
  readonly style: Style;
  /** Words behind each command that reach this mission: namespace, and the user's own kubeconfig and context options. */
  readonly reach: readonly string[];
  /** Commands to be pasted before the others. */
  readonly before?: readonly string[];
  /** Lines of the mission's report. */
  readonly report?: readonly string[];
}

export interface TaskArtifact {
  readonly task: string;
  readonly artifact: Artifact;
}

/** The last words about a mission, in lines. */
export function summary(view: MissionView, page: Page): string[] {
  const sections = [verdict(view.mission, page), goals(view.mission, page), failures(view, page), artifacts(view), report(page), commands(view, page)];
  return sections.filter((section) => section.length > 0).flatMap((section, index) => (index === 0 ? section : ['', ...section]));
}

/** Artifacts of the current run, in plan order. */
export function artifactsOf(view: MissionView): TaskArtifact[] {
  const tasks = currentTasks(view);
  const order = planOf(view.mission).map(({ name }) => name);
  const known = [...tasks.keys()].sort((a, b) => order.indexOf(a) - order.indexOf(b));
  return known.flatMap((task) => (tasks.get(task)?.status?.artifacts ?? []).map((artifact) => ({ task, artifact })));
}

/** The report of a mission: the last Markdown that a task of its plan produced. */
export function reportOf(view: MissionView): TaskArtifact | undefined {
  return artifactsOf(view).findLast(({ artifact }) => artifact.mediaType === 'text/markdown');
}

function verdict(mission: Mission, { style }: Page): string[] {
  const { metadata, status } = mission;
  const ending = endingOf(mission);
  const tones: Readonly<Record<Ending, Tone>> = { succeeded: 'good', failed: 'bad' };
  const word = style.paint(ending === undefined ? 'busy' : tones[ending], ending ?? 'has not ended');
  const succeeded = conditionOf(status, 'Succeeded');
  const accepted = conditionOf(status, 'Accepted');
  return [
    `${style.paint('strong', `Mission ${metadata.name}`)} ${word}: ${succeeded?.reason ?? 'Pending'} (${facts(mission)})`,
    ...indented(plain(succeeded?.message ?? '')),
    ...indented(costLine(mission)),
    ...(accepted?.status === 'False' ? [`  ${accepted.reason}: ${plain(accepted.message)}`, ...nextOf('Mission', 'Accepted', accepted.reason)] : []),
  ];
}

function facts({ spec, status = {} }: Mission): string {
  const { durationSeconds, tasksDone = `0/${spec.tasks.length}`, runNumber = 1 } = status;
  const known = [durationSeconds === undefined ? '' : duration(durationSeconds * 1000), `${tasksDone} tasks`, runNumber > 1 ? `run ${runNumber}` : ''];
  return known.filter((fact) => fact !== '').join(', ');
}

function goals({ spec, status }: Mission, page: Page): string[] {
  const decided = new Map(status?.goals?.map((goal) => [goal.name, goal]));
  const lines = spec.goals.flatMap((goal) => [goalLine(goal, decided.get(goal.name)?.state ?? 'Unknown', page), ...proof(decided.get(goal.name), page)]);
  return lines.length === 0 ? [] : [page.style.paint('strong', 'Goals'), ...lines];
}

const goalTones: Readonly<Record<GoalState, Tone>> = { Met: 'good', Unmet: 'bad', Unknown: 'calm' };

function goalLine({ name, description, required }: Goal, state: GoalState, { style, columns: width }: Page): string {
  const symbol = { Met: style.symbols.good, Unmet: style.symbols.bad, Unknown: style.symbols.waiting }[state];
  const words = cut(plain(description ?? ''), Math.max(20, width - name.length - 16), style.ellipsis);
  const tone = required ? goalTones[state] : state === 'Met' ? 'good' : 'calm';
  return `  ${style.paint(tone, `${symbol} ${name} ${state}`)}${required ? '' : ' (not required)'}  ${words}`.trimEnd();
}

function proof(goal: GoalStatus | undefined, { style }: Page): string[] {
  if (goal === undefined || goal.state === 'Unknown') return [];
  const reason = goal.state === 'Unmet' ? `${goal.reason}; ` : '';
  return [...indented(style.paint('calm', `${reason}evidence: ${plain(goal.evidence)}`), 6), ...indented(witness(goal, style), 6)];
}

/** Who checked a goal that another agent had to check. */
function witness({ proof: found }: GoalStatus, style: Style): string | undefined {
  return found && style.paint('calm', `checked by ${found.task} on ${found.agent}${found.tree === undefined ? '' : `, tree ${found.tree.slice(0, 8)}`}`);
}

function indented(text: string | undefined, by = 2): string[] {
  return text === undefined || text === '' ? [] : [' '.repeat(by) + text];
}

function failures(view: MissionView, { style }: Page): string[] {
  const lines = [...currentTasks(view)].flatMap(([name, task]) => failure(name, task, style));
  return lines.length === 0 ? [] : [style.paint('strong', 'Failed tasks'), ...lines];
}

function failure(name: string, { spec, status }: Task, style: Style): string[] {
  const outcome = status?.outcome;
  if (outcome?.result !== 'Failed') return [];
  const tolerated = spec.onFailure === 'Continue' ? ' (the mission goes on)' : '';
  return [`  ${style.paint('bad', `${style.symbols.bad} ${name}`)}${tolerated} ${outcome.reason}: ${plain(outcome.message)}`, ...nextOf('Task', 'Succeeded', outcome.reason).map((text) => `    ${text}`)];
}

/** The line that says what to do about a reason; none when nothing is to be done. */
export function nextOf(kind: 'Mission' | 'Task', type: string, reason: string): string[] {
  const next = reasonText(kind, type, reason)?.next ?? '';
  return next === '' ? [] : [`  next: ${next}`];
}

function artifacts(view: MissionView): string[] {
  // Every task has a log, and there is a command of its own for them.
  const rows = artifactsOf(view).filter(({ artifact }) => artifact.name !== 'log').map(({ task, artifact }) => [`  ${task}`, artifact.name, size(artifact.sizeBytes), artifact.mediaType]);
  return rows.length === 0 ? [] : ['Artifacts', ...columns(rows)];
}

function report({ report: lines = [], style }: Page): string[] {
  return lines.length === 0 ? [] : [style.paint('strong', 'Report'), ...lines.map((text) => `  ${text}`.trimEnd())];
}

function commands(view: MissionView, { reach, before = [] }: Page): string[] {
  const { metadata } = view.mission;
  const mission = (...words: readonly string[]) => `  ${['kubectl', 'mission', ...words, ...reach].map(shellWord).join(' ')}`;
  const found = reportOf(view) ?? artifactsOf(view).find(({ artifact }) => artifact.name !== 'log');
  return [
    'Commands',
    ...before.map((command) => `  ${command}`),
    mission('tree', metadata.name),
    mission('logs', metadata.name),
    mission('why', metadata.name),
    ...(view.mission.spec.planner === undefined ? [] : [mission('plans', metadata.name)]),
    ...(found === undefined ? [] : [mission('artifacts', 'get', metadata.name, found.task, found.artifact.name)]),
    ...(artifactsOf(view).some(({ artifact }) => artifact.name === 'output.bundle') ? [mission('artifacts', 'get', metadata.name, '--apply')] : []),
    `  ${['kubectl', 'describe', 'missions.coditect.ai', metadata.name, ...reach].map(shellWord).join(' ')}`,
  ];
}
