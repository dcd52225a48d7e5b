// The door of replay: a request becomes checked values here, or INVALID_ARGUMENT that names the field.
import { Code, ConnectError } from '@connectrpc/connect';
import type { z } from 'zod';
import { type HistorySource, historySources } from '#api/archive.ts';
import type { EventName, Family } from '#api/events/catalogue.ts';
import { type Instant, parseTime } from '#api/time.ts';
import { LabelName, ObjectName } from '#api/v1alpha1/schema.ts';
import { familiesFor, namesFrom, type Wanted } from '#domain/replay/filter.ts';
import type { ReplayRequest } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';

/** What somebody asks for. */
export interface Asked {
  readonly namespace: string;
  readonly name: string;
  readonly wanted: Wanted;
  /** Families that have to be read. */
  readonly families: readonly Family[];
  readonly follow: boolean;
  readonly source: HistorySource;
}

const mostTypes = 32;

/** Reads a request; throws a ConnectError for what is not valid. */
export function readRequest(request: ReplayRequest): Asked {
  const { mission, types, task, agent, follow } = request;
  const namespace = matching(LabelName, mission?.namespace ?? '', 'mission.namespace');
  const name = matching(ObjectName, mission?.name ?? '', 'mission.name');
  const wanted = {
    ...timesOf(request),
    ...(task === '' ? {} : { task: matching(ObjectName, task, 'task') }),
    ...(agent === '' ? {} : { agent: matching(ObjectName, agent, 'agent') }),
    ...namesOf(types),
  };
  return { namespace, name, wanted, families: familiesFor(wanted), follow, source: sourceOf(request) };
}

function sourceOf({ source: text, follow }: Pick<ReplayRequest, 'source' | 'follow'>): HistorySource {
  const source = historySources.find((one) => one === (text === '' ? 'auto' : text));
  if (source === undefined) throw invalid('source', `must be one of ${historySources.join(', ')}`);
  if (source === 'archive' && follow) throw invalid('source', 'the archive ends where the log goes on: follow needs auto or log');
  return source;
}

function timesOf({ from: fromText, until: untilText, follow }: Pick<ReplayRequest, 'from' | 'until' | 'follow'>): Pick<Wanted, 'from' | 'until'> {
  const from = timeFrom(fromText, 'from');
  const until = timeFrom(untilText, 'until');
  if (follow && until !== undefined) throw invalid('until', 'has no meaning together with follow: leave one of them out');
  if (from !== undefined && until !== undefined && until < from) throw invalid('until', 'is before from');
  return { ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) };
}

function namesOf(types: readonly string[]): { readonly names?: ReadonlySet<EventName> } {
  if (types.length > mostTypes) throw invalid('types', `${types.length} of them, the limit is ${mostTypes}`);
  const meant = namesFrom(types);
  if (meant.kind === 'unknown') throw invalid('types', `"${meant.text.slice(0, 100)}" is neither the name of an event nor a family of them`);
  return types.length === 0 ? {} : { names: meant.names };
}

function timeFrom(text: string, field: string): Instant | undefined {
  if (text === '') return undefined;
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text) ? parseTime(text) : undefined;
  if (at === undefined) throw invalid(field, 'must be a time such as 2026-01-31T12:00:00Z');
  return at;
}

function matching(schema: z.ZodType<string>, text: string, field: string): string {
  const issue = schema.safeParse(text).error?.issues[0];
  if (issue !== undefined) throw invalid(field, issue.message.slice(0, 512));
  return text;
}

function invalid(field: string, reason: string): ConnectError {
  return new ConnectError(`${field}: ${reason}`, Code.InvalidArgument);
}
