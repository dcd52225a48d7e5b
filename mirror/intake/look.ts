// An agent looks around in its mission: who else is at work, and which files were changed. It hears of no other mission, whatever it asks.
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import { agentUri } from '#api/identity.ts';
import type { MissionWorldService } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';
import { outlookOf } from '../world/decide/outlook.ts';
import { createReads, type ReadOptions } from '../world/reads.ts';
import { grantOf, type GrantPorts, taskOf } from './granted.ts';

export interface LookOptions extends GrantPorts, Pick<ReadOptions, 'world' | 'audit'> {}

const longestFolder = 255;

/** Handlers of the intake listener. */
export function createLookService({ world, audit, ...ports }: LookOptions): ServiceImpl<typeof MissionWorldService> {
  // The grant is the right: it names the task, and the task its mission.
  const reads = createReads({ world, audit, permits: () => Promise.resolve(true) });
  return {
    look: async ({ grant, folder }, context) => {
      const granted = grantOf(ports, grant, context);
      if (folder.length > longestFolder) throw new ConnectError(`folder: is longer than ${longestFolder}`, Code.InvalidArgument);
      const { metadata, spec } = await taskOf(ports, granted, context.signal);
      if (spec.missionRef === undefined) throw new ConnectError('the task belongs to no mission, so there is nobody beside it', Code.FailedPrecondition);
      const read = await reads.snapshot({ name: agentUri(granted.agent), component: 'agents' }, { tenant: metadata.namespace, uid: spec.missionRef.uid });
      if (read.kind === 'refused') throw new ConnectError('nothing is known of the mission now; try again in a moment', Code.Unavailable);
      return { outlookJson: JSON.stringify(outlookOf(read.value, { task: granted.taskUid, folder: folder.replace(/\/+$/, '') })), stalenessMs: read.stalenessMs };
    },
  };
}
