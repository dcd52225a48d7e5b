// Folds the log into episodes: remembers the missions that go on, and says what is to be kept after each event.
import type { DataOf, EventName } from '#api/events/catalogue.ts';
import { type CloudEvent, nameOf } from '#api/events/envelope.ts';
import type { Episode } from '#api/memory.ts';
import { MissionSpec, MissionStatus } from '#api/v1alpha1/mission.ts';
import { PlanSpec } from '#api/v1alpha1/plan.ts';
import { situationOf } from '#domain/planning/situation.ts';
import { placeOf } from '#domain/replay/place.ts';
import { episodeOf, episodesOf } from './episode.ts';
import { type Course, endedIn, isOver, toolIn } from './seen.ts';

/** One thing to keep, under an id that is the same whenever it is made. */
export type Memory = { readonly tenant: string; readonly situation: string } & (
  | { readonly kind: 'episode'; readonly episode: Episode }
  | { readonly kind: 'given'; readonly id: string; readonly mission: string; readonly missionUid: string; readonly plan: string; readonly ids: readonly string[]; readonly time: string }
);

export interface CourseLimits {
  /** Missions that go on. */
  readonly missions: number;
  /** Missions that have ended and may have something late to tell. */
  readonly over: number;
  /** Tasks of one run: what comes after them is kept unchecked. */
  readonly tasks: number;
}

/** Families of events that anything is learned from. */
export const families = ['mission', 'plan', 'task'] as const;

const usual: CourseLimits = { missions: 5000, over: 500, tasks: 500 };

/** The missions of a log, as far as it was read. */
export class Courses {
  readonly #limits: CourseLimits;
  readonly #courses = new Map<string, Course>();
  /** Missions that were forgotten because there were too many. */
  forgotten = 0;

  constructor(limits: CourseLimits = usual) {
    this.#limits = limits;
  }

  /** What is to be kept after this event of the message of this number. */
  take(event: CloudEvent, sequence: number): readonly Memory[] {
    const name = nameOf(event.type);
    if (name === undefined) return [];
    if (name.startsWith('mission.')) return this.#mission(name, event as CloudEvent<'mission.changed'>, sequence);
    if (name === 'plan.made') return this.#plan(event as CloudEvent<'plan.made'>, sequence);
    if (name.startsWith('task.') && name !== 'task.deleted') return this.#task(name, event as CloudEvent<'task.changed'>, sequence);
    return [];
  }

  /** The message from which the log has to be read again to know all missions that go on; undefined when none does. */
  oldest(): number | undefined {
    const going = [...this.#courses.values()].filter((course) => course.facts !== undefined && !isOver(course));
    return going.length === 0 ? undefined : Math.min(...going.map(({ first }) => first));
  }

  #mission(name: EventName, event: CloudEvent<'mission.changed'>, sequence: number): readonly Memory[] {
    const { data, tenant } = event;
    if (name === 'mission.deleted') return (this.#courses.delete(data.uid), []);
    const course = this.#course({ uid: data.uid, name: data.name, tenant }, sequence);
    const { rank } = placeOf(event);
    // The log may tell twice: what is older than what was learned changes nothing.
    if (rank < course.rank) return [];
    course.rank = rank;
    learnMission(course, data);
    if (!isOver(course)) return [];
    this.#tidy();
    return name === 'mission.ended' ? episodesOf(course).map((episode) => memoryOf(course, episode)) : [];
  }

  #plan({ data, tenant, time }: CloudEvent<'plan.made'>, sequence: number): readonly Memory[] {
    const spec = PlanSpec.safeParse(data.spec).data;
    if (spec === undefined) return [];
    const course = this.#course({ ...data.mission, tenant }, sequence);
    course.plans.set(data.uid, { name: data.name, uid: data.uid, spec });
    const ids = spec.lessons ?? [];
    return ids.length === 0 ? [] : [{ kind: 'given', tenant, situation: situationIn(course), id: data.uid, mission: course.name, missionUid: course.uid, plan: data.name, ids, time }];
  }

  #task(name: EventName, { data, tenant, time }: CloudEvent<'task.changed'>, sequence: number): readonly Memory[] {
    // A task that was applied alone has no goal that could check it.
    if (data.mission === undefined) return [];
    const course = this.#course({ ...data.mission, tenant }, sequence);
    beginRun(course, data.facts.run);
    const tool = toolIn(data.status);
    if (tool !== undefined && course.tools.size < this.#limits.tasks) course.tools.set(data.uid, tool);
    if (name !== 'task.ended' || data.facts.run !== course.run) return [];
    const ended = endedIn(data, time, tool ?? course.tools.get(data.uid) ?? '');
    if (course.ended.size < this.#limits.tasks) course.ended.set(data.uid, ended);
    return [memoryOf(course, episodeOf(course, ended))];
  }

  #course({ uid, name, tenant }: { readonly uid: string; readonly name: string; readonly tenant: string }, sequence: number): Course {
    const known = this.#courses.get(uid);
    if (known !== undefined) return known;
    const course: Course = { uid, name, tenant, first: sequence, rank: '', run: 0, goals: [], plans: new Map(), tools: new Map(), ended: new Map() };
    this.#courses.set(uid, course);
    this.#tidy();
    return course;
  }

  /** The oldest go first: those that are over, and when all go on, one that does. */
  #tidy(): void {
    const over = [...this.#courses.values()].filter(isOver);
    for (const { uid } of over.slice(0, Math.max(0, over.length - this.#limits.over))) this.#courses.delete(uid);
    const [first] = this.#courses.keys();
    if (this.#courses.size <= this.#limits.missions + this.#limits.over || first === undefined) return;
    this.#courses.delete(first);
    this.forgotten += 1;
  }
}

function learnMission(course: Course, { spec, status, base, facts }: DataOf<'mission.changed'>): void {
  beginRun(course, facts.run);
  const told = spec === undefined ? undefined : MissionSpec.safeParse(spec).data;
  if (told !== undefined) course.spec = told;
  // A list is told whole or not at all; a status that is told whole and has none has none.
  const goals = MissionStatus.shape.goals.safeParse(status?.['goals']).data;
  if (goals !== undefined) course.goals = goals;
  else if (base === undefined) course.goals = [];
  course.facts = facts;
}

/** A further run begins anew: what was learned of the one before is kept already. */
function beginRun(course: Course, run: number): void {
  if (run <= course.run) return;
  course.run = run;
  course.ended.clear();
  course.tools.clear();
}

function situationIn({ spec, name }: Course): string {
  return spec === undefined ? name : situationOf(spec);
}

function memoryOf(course: Course, episode: Episode): Memory {
  return { kind: 'episode', tenant: course.tenant, situation: situationIn(course), episode };
}
