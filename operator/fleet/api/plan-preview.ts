// Plan: what a planner would make of a mission, asked and paid for as for a real one, and kept by nobody.
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect';
import type { Authenticator } from '#api/access.ts';
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import { missions } from '#api/v1alpha1/kinds.ts';
import type { Mission, MissionSpec } from '#api/v1alpha1/mission.ts';
import { errorTypes } from '#api/llm.ts';
import { formatTime } from '#api/time.ts';
import { askingOf, offersOf } from '#domain/planning/offers.ts';
import { graphLimits } from '#domain/graph/fault.ts';
import { type Clock, delay } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import { newUuid } from '#platform/ids.ts';
import { namespaces } from '#platform/kube/resources.ts';
import type { KubeClient, KubeObject, Store } from '#platform/kube/types.ts';
import type { PlanRequest, PlanResponse } from '#platform/rpc/generated/coditect/v1alpha1/orchestrator_pb.ts';
import type { PlanDraft, Planner, PlannerQuestion, PlanOutcome, Round } from '../../planner/planner.ts';
import { mayCreate } from './door.ts';
import { previewedSpec } from './mission-request.ts';
import { namespaceFrom } from './parse.ts';

/** What a preview takes besides the caller's right to it. */
export interface PreviewParts {
  readonly planner: Planner;
  readonly pools: Pick<Store<AgentPool>, 'list'>;
}

export interface PreviewDeps {
  readonly client: Pick<KubeClient, 'get'>;
  readonly authenticator: Authenticator;
  /** Undefined where the installation has no LLM gateway. */
  readonly preview?: PreviewParts;
  readonly clock: Clock;
}

/** The wire's answer without what protobuf adds to it. */
type Preview = Omit<PlanResponse, '$typeName' | '$unknown' | 'estimate'> & { readonly estimate?: NonNullable<PlanDraft['estimate']> };

/** Plans previewed at once by one replica: each holds a call to the gateway for minutes. */
const mostAtOnce = 4;
/** Questions are repeated at most so often, and only once a round was paid for. */
const mostTries = 5;

/** Previews plans for callers who may create missions. */
export function createPreviewer(deps: PreviewDeps): (request: PlanRequest, context: HandlerContext) => Promise<Preview> {
  let underway = 0;
  return async (request, context) => {
    const namespace = namespaceFrom(request.namespace, 'namespace');
    await mayCreate(deps.authenticator, context, namespace);
    const spec = previewedSpec(request);
    if (deps.preview === undefined) throw new ConnectError('this installation has no LLM gateway, so nothing can be planned; install it, or write the task graph under spec.tasks', Code.FailedPrecondition);
    if (underway >= mostAtOnce) throw new ConnectError(`this replica previews ${mostAtOnce} plans already; ask again when one of them is done`, Code.ResourceExhausted);
    underway += 1;
    try {
      return previewOf(await asked(deps.preview, await questionOf(deps, namespace, spec), { clock: deps.clock, signal: context.signal }));
    } finally {
      underway -= 1;
    }
  };
}

/** The question of a mission that does not exist: the tenant pays, within the budget that the spec names. */
async function questionOf({ client, clock, preview }: PreviewDeps, namespace: string, spec: MissionSpec): Promise<PlannerQuestion> {
  const pools = preview?.pools.list() ?? [];
  if (offersOf(pools, askingOf(namespace, spec)).size === 0) throw new ConnectError(`no AgentPool serves missions of namespace ${namespace} with this poolSelector and workspace, so there is nothing to plan with; create one`, Code.FailedPrecondition);
  const found = await client.get<KubeObject>(namespaces, { namespace: '', name: namespace });
  if (found === undefined) throw new ConnectError(`namespace ${namespace} does not exist`, Code.NotFound);
  const uid = newUuid();
  const name = 'preview';
  const mission: Mission = { apiVersion: 'coditect.ai/v1alpha1', kind: missions.kind, metadata: { name, namespace, uid, resourceVersion: '', generation: 1, creationTimestamp: formatTime(clock.now()) }, spec };
  const budget = spec.budget === undefined ? {} : { maxCostUsd: spec.budget.maxCostUsd };
  return { mission, pools, limits: { maxTasks: graphLimits.tasks }, account: { namespace, namespaceUid: found.metadata.uid, mission: name, missionUid: uid, purpose: 'preview', ...budget } };
}

interface Patience {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The plan, of either verdict. Before a round was paid for the caller may as well ask again; after that, what was paid would be lost. */
async function asked({ planner }: PreviewParts, question: PlannerQuestion, { clock, signal }: Patience): Promise<PlanDraft> {
  const paid: Round[] = [];
  for (let tries = 1; ; tries += 1) {
    const outcome = await outcomeOf(() => planner.plan(question, signal, paid));
    if (outcome.kind === 'made') return outcome.plan;
    if (outcome.kind === 'refused') throw refusal(outcome);
    if (paid.length === 0 || tries >= mostTries) throw new ConnectError(outcome.message, Code.Unavailable);
    // Aborted it ends at once, and the planner asks nobody after an abort.
    await delay(clock, outcome.retryAfterMs, signal);
  }
}

async function outcomeOf(ask: () => Promise<PlanOutcome>): Promise<PlanOutcome> {
  try {
    return await ask();
  } catch (error) {
    return { kind: 'later', retryAfterMs: 1000, message: messageOf(error) };
  }
}

function refusal({ type, message }: PlanOutcome & { readonly kind: 'refused' }): ConnectError {
  return new ConnectError(`${type}: ${message}`, type === errorTypes.budget ? Code.ResourceExhausted : Code.FailedPrecondition);
}

function previewOf({ verdict, tasks, faults, summary = '', model, rounds, usage, estimate }: PlanDraft): Preview {
  const { costUsd, inputTokens, outputTokens } = usage;
  return { verdict, tasksJson: JSON.stringify(tasks), faults: [...faults], summary, model, rounds, costUsd, inputTokens: BigInt(inputTokens), outputTokens: BigInt(outputTokens), ...(estimate === undefined ? {} : { estimate }) };
}
