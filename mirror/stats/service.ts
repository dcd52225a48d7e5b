// StatsService: who asks, whether they may, what is asked. The namespace of the request is the tenant of the question.
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { Authenticator } from '#api/access.ts';
import { type StatsAnswer, type StatsName, statsNames, StatsParameters, statsTemplate } from '#api/stats.ts';
import { formatTime } from '#api/time.ts';
import { group } from '#api/v1alpha1/kinds.ts';
import { LabelName } from '#api/v1alpha1/schema.ts';
import type { Clock } from '#platform/clock.ts';
import { requireAccess } from '#platform/rpc/auth.ts';
import type { StatsRequest, StatsService } from '#platform/rpc/generated/coditect/v1alpha1/stats_pb.ts';
import { buildQuestion } from './decide/query.ts';
import type { AskStats } from './queries.ts';

export interface StatsDeps {
  readonly authenticator: Authenticator;
  readonly clock: Pick<Clock, 'now'>;
  readonly database: string;
  /** Undefined where no ClickHouse is configured. */
  readonly ask: AskStats | undefined;
  /** Told of errors that callers learn nothing about. */
  readonly onFault: (error: unknown) => void;
}

const mostParameterBytes = 4096;

/** The service. Whether somebody may ask is decided before anything else is told, also whether there is such a question. */
export function createStatsService(deps: StatsDeps): ServiceImpl<typeof StatsService> {
  return {
    stats: async (request, context) => ({ answerJson: JSON.stringify(await answer(deps, request, context)) }),
  };
}

async function answer(deps: StatsDeps, request: StatsRequest, context: HandlerContext): Promise<StatsAnswer> {
  const tenant = tenantFrom(request.namespace);
  const parameters = parametersFrom(request.parametersJson);
  const { mission } = parameters;
  await requireAccess(deps.authenticator, context, { verb: mission === undefined ? 'list' : 'get', group, resource: 'missions', namespace: tenant, ...(mission === undefined ? {} : { name: mission }) });
  const template = statsTemplate(request.template);
  if (template === undefined) throw new ConnectError(`template: there is none of that name; choose one of ${statsNames.join(', ')}`, Code.InvalidArgument);
  if (deps.ask === undefined) throw new ConnectError('stats are off: this installation has no ClickHouse; set clickhouseUrl of the mirror to turn them on', Code.FailedPrecondition);
  const built = buildQuestion(request.template as StatsName, parameters, { tenant, database: deps.database, now: deps.clock.now() });
  if (built.kind === 'fault') throw new ConnectError(`parameters_json.${built.field}: ${built.fault}`, Code.InvalidArgument);
  const rows = await asked(deps, () => deps.ask?.(built.question, context.signal));
  const units = new Map([...template.by, ...template.columns].map(({ name, unit }) => [name, unit]));
  return { template: request.template, columns: built.question.columns.map((name) => ({ name, unit: units.get(name) ?? 'text' })), rows: rows.map((row) => [...row]), from: formatTime(built.from), until: formatTime(built.until) };
}

/** What the server says may name tables and hosts: it goes to the log, not to the caller. */
async function asked<T>({ onFault }: StatsDeps, ask: () => Promise<T> | undefined): Promise<T> {
  try {
    return (await ask()) as T;
  } catch (error) {
    onFault(error);
    throw new ConnectError('stats cannot be told now: ClickHouse does not answer; missions are not touched by that, try again in a moment', Code.Unavailable);
  }
}

function tenantFrom(namespace: string): string {
  const { success } = LabelName.safeParse(namespace);
  if (!success) throw new ConnectError('namespace: is not a name of a namespace', Code.InvalidArgument);
  return namespace;
}

function parametersFrom(json: string): StatsParameters {
  if (Buffer.byteLength(json) > mostParameterBytes) throw new ConnectError(`parameters_json: more than ${mostParameterBytes} bytes`, Code.InvalidArgument);
  const { data, error } = StatsParameters.safeParse(json === '' ? {} : parsed(json));
  const issue = error?.issues[0];
  if (issue !== undefined || data === undefined) throw new ConnectError(`parameters_json${issue === undefined || issue.path.length === 0 ? '' : `.${issue.path.join('.')}`}: ${issue?.message ?? 'is not valid'}`.slice(0, 512), Code.InvalidArgument);
  return data;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    throw new ConnectError('parameters_json: is not JSON', Code.InvalidArgument);
  }
}
