// `suspend`, `resume`, `stop`, `cancel`: the user's wish, written into the spec; the operator carries it out.
import { missions } from '#api/v1alpha1/kinds.ts';
import type { Mission, MissionSpec } from '#api/v1alpha1/mission.ts';
import { exitCodes } from '../failure.ts';
import { isKubeError } from '#platform/kube/error.ts';
import { line } from '../terminal/terminal.ts';
import { conditionOf } from '#domain/mission/view.ts';
import { noMission, withCluster, type Session } from './session.ts';

export const modeCommands = {
  suspend: { mode: 'Suspend', says: 'nothing new starts; running tasks finish' },
  resume: { mode: 'Run', says: 'waiting tasks may start' },
  stop: { mode: 'Stop', says: 'nothing new starts, running tasks finish, the rest is cancelled' },
  cancel: { mode: 'Cancel', says: 'running tasks are aborted, the rest is cancelled' },
} as const satisfies Record<string, { readonly mode: MissionSpec['operatingMode']; readonly says: string }>;

export type ModeCommand = keyof typeof modeCommands;

/** Sets a mission's operatingMode and says what follows from it. */
export function modeCommand(session: Session, command: ModeCommand, name: string): Promise<number> {
  return withCluster(session, async (cluster) => {
    const { client, namespace } = cluster;
    const { mode, says } = modeCommands[command];
    try {
      const mission = await client.mergePatch<Mission>(missions, { namespace, name }, { spec: { operatingMode: mode } });
      const verdict = conditionOf(mission.status, 'Succeeded')?.status ?? 'Unknown';
      line(session.terminal, `mission ${name} ${mode}: ${verdict === 'Unknown' ? says : 'it has already ended; this holds for its next run'}`);
    } catch (cause) {
      if (isKubeError(cause, 'NotFound')) throw noMission(name, cluster);
      throw cause;
    }
    return exitCodes.ok;
  });
}
