// Why a mission or a task is where it is: from conditions, and from the operator's answers when it could be asked. Pure.
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { isUnplanned } from './planned.ts';
import { conditionOf, currentTasks, endingOf, reasonText, type MissionView } from './view.ts';

/** Why a task waits, as the operator says. */
export interface Wait {
  readonly task: string;
  readonly reason: string;
  readonly message: string;
  /** Place among the ready tasks, from 1; 0 when it is not ready. */
  readonly position: number;
}

export interface Explanation {
  /** Task the sentence is about; unset: the mission itself. */
  readonly task?: string;
  /** CamelCase word, as docs/troubleshooting.md lists it. */
  readonly reason: string;
  /** What is the matter now. */
  readonly message: string;
  /** What a person does about it; empty when nothing is to be done. */
  readonly next: string;
}

/** Explanations for a mission and its tasks that need one, or for one task. `waits` is undefined when the operator could not be asked. */
export function explain(view: MissionView, waits: readonly Wait[] | undefined, task?: string): Explanation[] {
  const tasks = currentTasks(view);
  const names = task === undefined ? view.mission.spec.tasks.map(({ name }) => name) : [task];
  const ofTasks = names.flatMap((name) => explainTask({ name, task: tasks.get(name), view, waits }, task !== undefined));
  return task === undefined ? [...explainMission(view), ...ofTasks] : ofTasks;
}

/** What people are to do for a mission that waits for them; undefined while it does not. */
export function awaitedCommand({ metadata, status }: Mission): string | undefined {
  if (conditionOf(status, 'ApprovalRequired')?.status !== 'True') return undefined;
  return `kubectl mission approve ${metadata.name} -n ${metadata.namespace}`;
}

function explainMission({ mission }: MissionView): Explanation[] {
  const of = (type: 'Accepted' | 'Succeeded' | 'Suspended' | 'TTLIgnored' | 'ApprovalRequired') => {
    const condition = conditionOf(mission.status, type);
    return condition === undefined ? [] : [{ status: condition.status, ...sentence('Mission', type, condition) }];
  };
  const refused = of('Accepted').filter(({ status }) => status === 'False');
  const others = [...of('Suspended'), ...of('TTLIgnored')].filter(({ status }) => status === 'True');
  const next = awaitedCommand(mission);
  const approval = next === undefined ? [] : of('ApprovalRequired').map(({ reason, message }) => ({ reason, message, next }));
  const ended = of('Succeeded');
  // A mission that is refused ends with the same words.
  const news = refused.filter(({ message }) => message !== ended[0]?.message);
  const known = [...ended, ...news, ...others].map(({ reason, message, next }) => ({ reason, message, next }));
  // Without a plan nothing can have been checked, whatever a goal finds missing.
  const goals = isUnplanned(mission) ? [] : (mission.status?.goals ?? []);
  const unmet = goals.filter(({ state }) => state === 'Unmet').map(({ name, reason, evidence }) => ({ reason, message: `goal ${name} is not met: ${evidence}`, next: '' }));
  return known.length > 0 ? [...known, ...approval, ...unmet] : [{ reason: 'Pending', message: 'The operator has not looked at this mission yet.', next: 'kubectl get pods -n coditect-system' }];
}

interface Subject {
  readonly name: string;
  readonly task: Task | undefined;
  readonly view: MissionView;
  readonly waits: readonly Wait[] | undefined;
}

interface Finding extends Omit<Explanation, 'task'> {
  /** Nothing is wrong: told only to who asks for this task. */
  readonly fine: boolean;
}

/** In order of precedence: the first with something to say wins. */
const findings: readonly ((subject: Subject) => Finding | undefined)[] = [ended, refused, neverCreated, underway, waiting];

function explainTask(subject: Subject, all: boolean): Explanation[] {
  for (const find of findings) {
    const finding = find(subject);
    if (finding === undefined) continue;
    const { fine, ...said } = finding;
    return all || !fine ? [{ task: subject.name, ...said }] : [];
  }
  return [];
}

function ended({ task }: Subject): Finding | undefined {
  const outcome = task?.status?.outcome;
  return outcome === undefined ? undefined : { fine: outcome.result !== 'Failed', ...sentence('Task', 'Succeeded', outcome) };
}

function refused({ task }: Subject): Finding | undefined {
  const accepted = conditionOf(task?.status, 'Accepted');
  return accepted?.status === 'False' ? { fine: false, ...sentence('Task', 'Accepted', accepted) } : undefined;
}

function neverCreated({ view }: Subject): Finding | undefined {
  return endingOf(view.mission) === undefined ? undefined : { fine: true, reason: 'NotStarted', message: 'the mission ended before this task was created', next: '' };
}

function underway({ task }: Subject): Finding | undefined {
  const condition = conditionOf(task?.status, 'Succeeded');
  if (condition === undefined || condition.reason === 'Waiting') return undefined;
  return { fine: condition.reason !== 'Backoff', ...sentence('Task', 'Succeeded', condition) };
}

function waiting({ name, view, waits }: Subject): Finding {
  const answer = waits?.find(({ task }) => task === name);
  if (answer !== undefined) {
    const place = answer.position > 0 ? ` (place ${answer.position} among the ready tasks)` : '';
    return { fine: false, reason: answer.reason, message: `${answer.message}${place}`, next: reasonText('Task', 'Succeeded', answer.reason)?.next ?? '' };
  }
  const tasks = currentTasks(view);
  const dependsOn = view.mission.spec.tasks.find((task) => task.name === name)?.dependsOn ?? [];
  const open = dependsOn.filter((dependency) => tasks.get(dependency)?.status?.outcome === undefined);
  if (open.length > 0) return { fine: false, reason: 'WaitingForDependencies', message: `waits for ${open.join(', ')}`, next: '' };
  return { fine: false, reason: 'Waiting', message: 'it is ready and waits for an agent', next: 'kubectl get agentpools.coditect.ai -A' };
}

function sentence(kind: 'Mission' | 'Task', type: string, { reason, message }: { readonly reason: string; readonly message: string }): Omit<Explanation, 'task'> {
  const known = reasonText(kind, type, reason);
  return { reason, message: message === '' ? (known?.means ?? '') : message, next: known?.next ?? '' };
}
