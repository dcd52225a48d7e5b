// One mission: as it is, as it changes, why it is so, and what happened to it.
import type { Why } from '#api/console.ts';
import { explain } from '#domain/mission/explain.ts';
import { planInUse } from '#domain/mission/planned.ts';
import { endingOf, type MissionView } from '#domain/mission/view.ts';
import { withPlan } from '#domain/plan/question.ts';
import type { App, AppOptions } from '../parts.ts';
import type { Told } from '../ask/ports.ts';
import { byMission, type World } from '../caches.ts';
import type { Wish } from '../gate.ts';
import type { Message, Source } from '../streams.ts';
import { detailOf } from '../views/detail.ts';
import { type Asked, missionIn, noMission, noName, refused, streamChanges, streamMessages } from './asked.ts';

/** Adds them. */
export function missionRoutes(app: App, options: AppOptions): void {
  const path = '/api/missions/:namespace/:name';
  app.get(path, (c) => reading(c, options, ({ view, withheld }) => Promise.resolve(c.json(detailOf(view, withheld)))));
  app.get(`${path}/why`, (c) => reading(c, options, async (read) => c.json(await whyOf(c, options, read))));
  app.get(`${path}/events`, (c) => reading(c, options, ({ view, wishes }) => Promise.resolve(streamChanges(c, missionChanges(options.world, view), { options, wishes }))));
  app.get(`${path}/history`, (c) => reading(c, options, ({ view, wishes }) => Promise.resolve(historyOf(c, options, { view, wishes }))));
}

/** A mission that the caller may see, as far as he may see it. */
interface Read {
  readonly view: MissionView;
  readonly withheld: readonly string[];
  readonly wishes: readonly Wish[];
}

async function reading(c: Asked, { world, gate }: AppOptions, use: (read: Read) => Promise<Response>): Promise<Response> {
  const key = missionIn(c);
  if (key === undefined) return refused(c, noName);
  const wishes: readonly Wish[] = [{ verb: 'get', resource: 'missions', ...key }];
  const refusal = await gate.refuses(c.get('caller'), wishes);
  if (refusal !== undefined) return refused(c, refusal);
  const shown = await Promise.all((['tasks', 'plans'] as const).map(async (resource) => ({ resource, may: (await gate.allowed(c.get('caller'), resource, [key.namespace])).has(key.namespace) })));
  const withheld = shown.filter(({ may }) => !may).map(({ resource }) => resource);
  const view = viewOf(world, key, withheld);
  return view === undefined ? refused(c, noMission) : use({ view, withheld, wishes });
}

function viewOf(world: World, key: { readonly namespace: string; readonly name: string }, withheld: readonly string[]): MissionView | undefined {
  const mission = world.missions.get(key);
  if (mission === undefined) return undefined;
  const { uid } = mission.metadata;
  const plans = withheld.includes('plans') ? [] : world.plans.byIndex(byMission, uid);
  return { mission: withPlan(mission, planInUse(mission, plans)), tasks: withheld.includes('tasks') ? [] : world.tasks.byIndex(byMission, uid) };
}

async function whyOf(c: Asked, { others }: AppOptions, { view, withheld }: Read): Promise<Why> {
  const { namespace, name } = view.mission.metadata;
  if (endingOf(view.mission) !== undefined || withheld.includes('tasks')) return { explanations: explain(view, []) };
  const answer = await others.waits({ authorization: c.get('caller').authorization, namespace, mission: name, signal: c.req.raw.signal });
  if (answer.kind === 'answer') return { explanations: explain(view, answer.value) };
  return { unasked: `${answer.why}; ${answer.next}`.slice(0, 512), explanations: explain(view, undefined) };
}

/** Says that something of a mission is different now; the page asks for what it needs. */
function missionChanges({ missions, tasks, plans }: World, { mission: { metadata } }: MissionView): Source {
  const concerns = (uid: string | undefined) => uid === metadata.uid;
  return {
    onChange: (listener) => {
      const ends = [
        missions.subscribe((event) => (concerns(event.object.metadata.uid) ? listener() : undefined)),
        tasks.subscribe((event) => (concerns(event.object.spec.missionRef?.uid) ? listener() : undefined)),
        plans.subscribe((event) => (concerns(event.object.spec.missionRef.uid) ? listener() : undefined)),
      ];
      return () => ends.forEach((end) => end());
    },
    next: () => ({ event: 'changed', data: '' }),
  };
}

function historyOf(c: Asked, options: AppOptions, { view, wishes }: Pick<Read, 'view' | 'wishes'>): Response {
  const { namespace, name } = view.mission.metadata;
  const { authorization } = c.get('caller');
  const open = async function* (signal: AbortSignal): AsyncGenerator<Message> {
    const answer = await options.others.history({ authorization, namespace, mission: name, signal });
    if (answer.kind !== 'answer') yield { event: answer.kind, data: JSON.stringify({ error: answer.why, next: answer.next }) };
    else yield* messagesOf(answer.value);
  };
  return streamMessages(c, open, { options, wishes });
}

async function* messagesOf(told: AsyncIterable<Told>): AsyncGenerator<Message> {
  for await (const one of told) {
    if (one.kind === 'events') yield { event: 'events', data: `[${one.texts.join(',')}]` };
    else yield { event: one.kind, data: one.kind === 'gap' ? JSON.stringify(one.text) : '' };
  }
}
