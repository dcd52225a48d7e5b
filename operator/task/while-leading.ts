// A deposed leader does nothing: asked before each message that orders or acknowledges something.
import type { Agents } from './agents-port.ts';
import { hasReason } from './writer.ts';

/** The same agents, to whom nothing is sent once `fence` throws NotLeader. */
export function whileLeading(agents: Agents, fence: () => void): Agents {
  const leads = (): boolean => {
    try {
      fence();
      return true;
    } catch (error) {
      if (!hasReason(error, 'NotLeader')) throw error;
      return false;
    }
  };
  return {
    view: (agentUid) => agents.view(agentUid),
    assign: (agentUid, order) => leads() && agents.assign(agentUid, order),
    abort: (agentUid, attempt, reason) => leads() && agents.abort(agentUid, attempt, reason),
    confirm: (agentUid, attempt) => leads() && agents.confirm(agentUid, attempt),
    reissue: (agentUid, attempt, newEpoch, grants) => leads() && agents.reissue(agentUid, attempt, newEpoch, grants),
  };
}
