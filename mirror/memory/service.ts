// MemoryService: the operator recalls lessons for a plan, people read those of a mission. The namespace of the request is the only one that is looked at.
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { Authenticator } from '#api/access.ts';
import { type LessonsAnswer, mostLessons } from '#api/memory.ts';
import { group } from '#api/v1alpha1/kinds.ts';
import { LabelName, ObjectName } from '#api/v1alpha1/schema.ts';
import type { Clock } from '#platform/clock.ts';
import { requireAccess } from '#platform/rpc/auth.ts';
import type { LessonsRequest, MemoryService, RecallRequest } from '#platform/rpc/generated/coditect/v1alpha1/memory_pb.ts';
import { requireOperator } from '#platform/rpc/servers.ts';
import type { Truth } from '../ports.ts';
import { lessonOf } from './decide/episode.ts';
import type { MemoryStore } from './store.ts';

export interface MemoryDeps {
  readonly authenticator: Authenticator;
  readonly truth: Pick<Truth, 'missions'>;
  /** Undefined where no Chroma is configured. */
  readonly store: Pick<MemoryStore, 'recall' | 'ofMission' | 'missionsCalled' | 'lessons'> | undefined;
  readonly clock: Pick<Clock, 'after'>;
  /** Told of errors that callers learn nothing about. */
  readonly onFault: (error: unknown) => void;
  readonly onRecalled: (outcome: 'told' | 'lost') => void;
}

const mostTextBytes = 4096;
/** Planners wait for two seconds: what is later is for nobody. */
const recallMs = 1800;
const peopleMs = 10_000;
const mostShown = 100;

type Service = ServiceImpl<typeof MemoryService>;

/** For the listener on which certificates say who calls. */
export function createRecall(deps: MemoryDeps): Pick<Service, 'recall'> {
  return {
    recall: async (request, context) => {
      requireOperator(context);
      const { tenant, text, most } = readRecall(request);
      try {
        const found = await asked(deps, recallMs, (store) => store.recall(tenant, text, most));
        deps.onRecalled('told');
        return { lessonsJson: found.map((lesson) => JSON.stringify(lesson)) };
      } catch (error) {
        deps.onRecalled('lost');
        throw error;
      }
    },
  };
}

/** For the listener of people. Whether somebody may ask is decided before anything is looked up. */
export function createLessons(deps: MemoryDeps): Pick<Service, 'lessons'> {
  return { lessons: async (request, context) => ({ answerJson: JSON.stringify(await lessons(deps, request, context)) }) };
}

async function lessons(deps: MemoryDeps, { mission }: LessonsRequest, context: HandlerContext): Promise<LessonsAnswer> {
  const [tenant, name] = [LabelName.safeParse(mission?.namespace).data, ObjectName.safeParse(mission?.name).data];
  if (tenant === undefined || name === undefined) throw new ConnectError('mission: needs the names of a namespace and of a mission', Code.InvalidArgument);
  await requireAccess(deps.authenticator, context, { verb: 'get', group, resource: 'missions', namespace: tenant, name });
  // While one of that name exists, only its own are shown.
  const present = deps.truth.missions().find(({ metadata }) => metadata.namespace === tenant && metadata.name === name)?.metadata.uid;
  return asked(deps, peopleMs, async (store) => {
    const uid = present ?? (await store.missionsCalled(tenant, name))[0];
    return uid === undefined ? { mission: name, given: [], left: [], episodes: 0, unchecked: 0 } : answerOf(store, { tenant, name, uid });
  });
}

async function answerOf(store: NonNullable<MemoryDeps['store']>, { tenant, name, uid }: { readonly tenant: string; readonly name: string; readonly uid: string }): Promise<LessonsAnswer> {
  const { episodes, given } = await store.ofMission(tenant, uid);
  const known = new Map((await store.lessons(tenant, [...new Set(given.flatMap(({ ids }) => ids))])).map((lesson) => [lesson.id, lesson]));
  const leads = episodes.filter(({ isLead }) => isLead).toSorted((a, b) => (a.endTime < b.endTime ? -1 : 1));
  return {
    mission: name,
    given: given.slice(0, mostShown).map(({ plan, ids }) => ({ plan, ids: [...ids], lessons: ids.flatMap((id) => known.get(id) ?? []) })),
    left: leads.slice(0, mostShown).flatMap((lead) => lessonOf(lead) ?? []),
    episodes: episodes.length,
    unchecked: episodes.filter(({ verdict }) => verdict === 'Unchecked').length,
  };
}

function readRecall({ namespace, text, most }: RecallRequest): { readonly tenant: string; readonly text: string; readonly most: number } {
  const tenant = LabelName.safeParse(namespace).data;
  if (tenant === undefined) throw new ConnectError('namespace: is not a name of a namespace', Code.InvalidArgument);
  if (text.trim() === '' || Buffer.byteLength(text) > mostTextBytes) throw new ConnectError(`text: needs 1 to ${mostTextBytes} bytes`, Code.InvalidArgument);
  if (most < 1 || most > mostLessons) throw new ConnectError(`most: needs 1 to ${mostLessons}`, Code.InvalidArgument);
  return { tenant, text, most };
}

/** What the store says may name hosts and files: it goes to the log, not to the caller. */
async function asked<T>({ store, clock, onFault }: MemoryDeps, ms: number, ask: (store: NonNullable<MemoryDeps['store']>) => Promise<T>): Promise<T> {
  if (store === undefined) throw new ConnectError('there is no memory: this installation has no Chroma; set chromaUrl of the mirror to have one', Code.FailedPrecondition);
  let cancel = (): void => {};
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(ms, () => reject(new Error(`Chroma or the embedder did not answer within ${ms} ms`)));
  });
  try {
    return await Promise.race([ask(store), late]);
  } catch (error) {
    onFault(error);
    throw new ConnectError('the memory does not answer now; missions are not touched by that, try again in a moment', Code.Unavailable);
  } finally {
    cancel();
  }
}
