// From events to what they tell: the status that the API server had, rebuilt change by change.
import type { Deleted, MissionChange, Recorded, TaskChange } from '#api/events/change.ts';
// No schema is loaded here: the page folds too, and has no room for them.
import type { CloudEvent } from '#api/events/envelope.ts';
import { patched } from './merge-patch.ts';
import { emptyPicture, type Picture, type ToldMission, type ToldRecord, type ToldTask } from './picture.ts';
import { compareVersions, eraOf } from './place.ts';

/** A change that could not be folded, because the version that it changes was never told. Told once, at the first of them; the next event that is whole mends it. */
export interface Gap {
  readonly kind: 'mission' | 'task';
  readonly name: string;
  readonly uid: string;
  /** The version that was missing. */
  readonly base: string;
  /** The last version that was known, if any was. */
  readonly known?: string;
}

/** One sentence about a gap. */
export function describeGap({ kind, name, base, known }: Gap): string {
  return `${kind} ${name}: version ${base} was never told${known === undefined ? '' : `, the last one known is ${known}`}; its status is old until it is told whole again`;
}

type Told = ToldMission | ToldTask;
type Change = MissionChange | TaskChange;

/** Folds events in their order. */
export class Fold {
  #missions = new Map<string, ToldMission>();
  #tasks = new Map<string, ToldTask>();
  #records = new Map<string, ToldRecord>();
  #thoughts = new Map<string, Picture['thoughts'] extends ReadonlyMap<string, infer T> ? T : never>();

  constructor(from: Picture = emptyPicture) {
    this.restore(from);
  }

  /** Takes one event; the gap that it shows, if it is the first to show it. */
  apply(event: CloudEvent): Gap | undefined {
    const { data } = event;
    if ('epoch' in data) this.#thoughts.set(data.taskUid, data);
    else if ('facts' in data) return this.#change(event, data);
    else if ('spec' in data) this.#records.set(data.uid, recordOf(event, data));
    else if ('uid' in data) this.#forget(data);
    return undefined;
  }

  /** What was told so far. */
  picture(): Picture {
    return { missions: new Map(this.#missions), tasks: new Map(this.#tasks), records: new Map(this.#records), thoughts: new Map(this.#thoughts) };
  }

  /** Goes on from another picture. */
  restore({ missions, tasks, records, thoughts }: Picture): void {
    this.#missions = new Map(missions);
    this.#tasks = new Map(tasks);
    this.#records = new Map(records);
    this.#thoughts = new Map(thoughts);
  }

  #change(event: CloudEvent, data: Change | Extract<CloudEvent['data'], { facts: unknown }>): Gap | undefined {
    // Pools belong to no mission.
    if (isMission(data)) return fold(this.#missions as Map<string, Told>, { kind: 'mission', event, data, missionUid: data.uid });
    if (isTask(data)) return fold(this.#tasks as Map<string, Told>, { kind: 'task', event, data, missionUid: data.mission?.uid });
    return undefined;
  }

  #forget({ uid }: Deleted): void {
    this.#missions.delete(uid);
    this.#tasks.delete(uid);
    this.#thoughts.delete(uid);
  }
}

interface Observed {
  readonly kind: Gap['kind'];
  readonly event: CloudEvent;
  readonly data: Change;
  readonly missionUid: string | undefined;
}

function fold(objects: Map<string, Told>, { kind, event, data, missionUid }: Observed): Gap | undefined {
  const before = objects.get(data.uid);
  const era = eraOf(event.id);
  if (before !== undefined && isOld(before, data, era)) return undefined;
  const { name, uid, generation, resourceVersion, facts, base } = data;
  const state = stateAfter(before, data);
  objects.set(uid, { namespace: event.tenant, name, uid, generation, resourceVersion, era, missionUid, since: before?.since ?? event.time, ...state, facts } as Told);
  // Whoever was unknown before has had his gap told.
  if (state.isKnown || base === undefined || before?.isKnown === false) return undefined;
  return { kind, name, uid, base, ...(before === undefined ? {} : { known: before.resourceVersion }) };
}

type State = Pick<Told, 'spec' | 'status' | 'isKnown'>;

function stateAfter(before: State & Pick<Told, 'resourceVersion'> | undefined, { base, status, ...data }: Change): State {
  const spec = data.spec ?? before?.spec;
  if (base === undefined) return { spec, status, isKnown: true };
  if (before?.isKnown !== true || before.resourceVersion !== base) return { spec, status: before?.status, isKnown: false };
  return { spec, status: status === undefined ? before.status : patched(before.status, status), isKnown: true };
}

/** Of one version only the first event counts, unless it could not be folded and this one is whole. */
function isOld(before: Told, { resourceVersion, base }: Change, era: number): boolean {
  if (before.era !== era) return before.era > era;
  if (before.resourceVersion === resourceVersion) return before.isKnown || base !== undefined;
  return compareVersions(resourceVersion, before.resourceVersion) < 0;
}

function isMission(data: Extract<CloudEvent['data'], { facts: unknown }>): data is MissionChange {
  return 'goalsMet' in data.facts;
}

function isTask(data: Extract<CloudEvent['data'], { facts: unknown }>): data is TaskChange {
  return 'task' in data.facts;
}

function recordOf({ subject, tenant, time }: CloudEvent, { name, uid, resourceVersion, mission, spec }: Recorded): ToldRecord {
  return { kind: subject.startsWith('plans/') ? 'Plan' : 'Approval', namespace: tenant, name, uid, resourceVersion, missionUid: mission.uid, time, spec };
}
