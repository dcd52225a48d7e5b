// From the text a model wrote to a plan, or to everything that is wrong with it. Total: any text has an answer, and nothing is guessed or mended.
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { MissionTask } from '#api/v1alpha1/mission.ts';
import { plainText } from '#domain/conditions.ts';
import { findObject } from './find-object.ts';
import { type Kept, readKeep, repetitions } from './keep.ts';
import { planFaults } from './plan-rules.ts';
import { maxTasksOf, type PlanQuestion } from './request.ts';
import { readTask } from './structure.ts';

/** Bounds of an answer, and of what is told about it. */
export const answerLimits = { bytes: 262_144, faults: 16, faultLength: 512, summaryLength: 1024 } as const;

export interface FaultyPlan {
  readonly kind: 'faults';
  /** Sentences in plain text, at most 16 of at most 512 characters. */
  readonly faults: readonly string[];
}

/** What an answer is. The tasks have their defaults and obey every rule of explicit graphs. */
export type ReadPlan = { readonly kind: 'plan'; readonly summary: string; readonly tasks: readonly MissionTask[]; /** Names of tasks that were taken over from the plan before. */ readonly kept: readonly string[] } | FaultyPlan;

/** Reads the answer to a question. */
export function readPlan(text: string, question: PlanQuestion): ReadPlan {
  const size = sizeFault(text);
  if (size !== undefined) return faulty([size]);
  const found = findObject(text);
  if (found.kind === 'fault') return faulty([found.message]);
  const { summary, tasks, keep } = found.value;
  const kept = readKeep(keep, question.revision);
  const faults = [...formFaults(found.value, maxTasksOf(question.mission.spec, question.limits) - kept.tasks.length, question), ...kept.faults];
  if (faults.length > 0 || typeof summary !== 'string' || !Array.isArray(tasks)) return faulty(faults);
  return readTasks(tasks, { summary: plainText(summary, answerLimits.summaryLength), kept }, question);
}

/** Faults in plain text, each once; when there are too many, the last place says how many. */
export function faulty(faults: readonly string[]): FaultyPlan {
  const distinct = [...new Set(faults.map((fault) => plainText(fault, answerLimits.faultLength)))];
  const shown = distinct.slice(0, answerLimits.faults - 1);
  const hidden = distinct.length - shown.length;
  return { kind: 'faults', faults: hidden < 2 ? distinct : [...shown, `and ${hidden} further faults`] };
}

const encoder = new TextEncoder();

function sizeFault(text: string): string | undefined {
  // In UTF-8 a text has at least as many bytes as it has UTF-16 units: a longer one need not be encoded.
  const bytes = text.length > answerLimits.bytes ? text.length : encoder.encode(text).length;
  return bytes > answerLimits.bytes ? `the answer has more than ${answerLimits.bytes} bytes` : undefined;
}


function formFaults(answer: JsonObject, maxTasks: number, { revision }: PlanQuestion): string[] {
  const { summary, tasks } = answer;
  const fields = revision === undefined ? ['summary', 'tasks'] : ['summary', 'keep', 'tasks'];
  const strays = Object.keys(answer).filter((key) => !fields.includes(key));
  return [
    ...strays.map((key) => `${key.slice(0, 63)}: there is no such field; the answer has ${fields.join(' and ')}`),
    ...(typeof summary === 'string' ? [] : ['summary: must be a text']),
    ...(Array.isArray(tasks) ? countFaults(tasks.length, maxTasks) : ['tasks: must be a list']),
  ];
}

function countFaults(count: number, most: number): string[] {
  if (count === 0) return ['tasks: a plan needs at least one task'];
  return count > most ? [`tasks: ${count} tasks, the limit is ${Math.max(0, most)}`] : [];
}

interface Rest {
  readonly summary: string;
  readonly kept: Kept;
}

/** New tasks come first, so that their places are those that the model knows. */
function readTasks(values: readonly unknown[], { summary, kept }: Rest, question: PlanQuestion): ReadPlan {
  const read = values.map(readTask);
  const formless = read.flatMap((task) => (task.kind === 'faults' ? task.faults : []));
  if (formless.length > 0) return faulty(formless);
  const tasks = read.flatMap((result, index) => (result.kind === 'task' ? [withinMission(result.task, values[index], question)] : []));
  const all = [...tasks, ...kept.tasks];
  const faults = [...repetitions(tasks, question.revision), ...planFaults(all, question)];
  return faults.length > 0 ? faulty(faults) : { kind: 'plan', summary, tasks: all, kept: kept.tasks.map(({ name }) => name) };
}

/** A deadline that the model did not write ends with the mission's. */
function withinMission(task: MissionTask, written: unknown, { mission }: PlanQuestion): MissionTask {
  const limit = mission.spec.activeDeadlineSeconds ?? task.activeDeadlineSeconds;
  const isWritten = typeof written === 'object' && written !== null && 'activeDeadlineSeconds' in written;
  return isWritten || task.activeDeadlineSeconds <= limit ? task : { ...task, activeDeadlineSeconds: limit };
}
