// Answers people who ask for the world of a mission. Whoever may not read it hears the same as about a mission that is not there, and is recorded.
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import type { AccessRequest, Authenticator } from '#api/access.ts';
import { group } from '#api/v1alpha1/kinds.ts';
import { callingUser, requireAccess } from '#platform/rpc/auth.ts';
import type { HistoryService } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Truth } from '../ports.ts';
import { createReads, type ReadOptions } from './reads.ts';
import type { WorldModel } from './world.ts';

export interface AnswerOptions extends Pick<ReadOptions, 'world' | 'audit'> {
  readonly truth: Pick<Truth, 'missions'>;
  readonly authenticator: Pick<Authenticator, 'allowed'>;
}

/** The handler of HistoryService.World. */
export function createWorldAnswer({ world, audit, truth, authenticator }: AnswerOptions): ServiceImpl<typeof HistoryService>['world'] {
  return async ({ mission }, context) => {
    const { namespace = '', name = '' } = mission ?? {};
    const user = callingUser(context);
    const permits = async (): Promise<boolean> => {
      for (const right of rightsFor(namespace, name)) if (!(await authenticator.allowed(user, right))) return false;
      return true;
    };
    const uid = truth.missions().find(({ metadata }) => metadata.namespace === namespace && metadata.name === name)?.metadata.uid ?? '';
    const read = await createReads({ world, audit, permits }).snapshot({ name: user.username, component: 'history' }, { tenant: namespace, uid });
    if (read.kind === 'refused') throw new ConnectError(`there is no mission ${name} in namespace ${namespace} that ${user.username} may read; check both names, or ask for a Role that allows it`, Code.NotFound);
    return { worldJson: JSON.stringify(read.value), stalenessMs: read.stalenessMs };
  };
}

export interface RebuildOptions {
  readonly world: Pick<WorldModel, 'rebuild'>;
  readonly authenticator: Authenticator;
  readonly log: Log;
}

/** The handler of HistoryService.RebuildWorlds. */
export function createRebuildAnswer({ world, authenticator, log }: RebuildOptions): ServiceImpl<typeof HistoryService>['rebuildWorlds'] {
  return async (_, context) => {
    const record = (granted: boolean) => log.info('the worlds are to be rebuilt', { audit: 'world.rebuild', asker: callingUser(context).username, granted });
    await requireAccess(authenticator, context, { verb: 'update', group, resource: 'missions', namespace: '' }).catch((error: unknown) => {
      record(false);
      throw error;
    });
    record(true);
    const { missions, entities, tookMs, fault } = await world.rebuild(context.signal);
    if (fault !== undefined) throw new ConnectError(`${missions} worlds were written anew, but not all: ${fault}`, Code.Unavailable);
    return { missions, entities, tookMs };
  };
}

/** The world shows what missions and their tasks say. */
function rightsFor(namespace: string, name: string): readonly AccessRequest[] {
  return [{ verb: 'get', group, resource: 'missions', namespace, name }, { verb: 'get', group, resource: 'tasks', namespace }];
}
