// Events of pods (events.k8s.io/v1). Told once, best effort: nobody depends on them.
import { randomBytes } from 'node:crypto';
import type { ApiClient } from '../api-client.ts';
import type { Pod } from './pod.ts';

export type TellEvent = (pod: Pod, event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly action: string; readonly note: string }) => void;

const longestNote = 1024;

/** A teller in the name of this node. */
export function eventTeller(client: ApiClient, nodeName: string, now: () => number): TellEvent {
  return (pod, { type, reason, action, note }) => {
    const { name, namespace, uid, resourceVersion } = pod.metadata;
    const event = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: `${name.slice(0, 230)}.${randomBytes(8).toString('hex')}`, namespace },
      eventTime: new Date(now()).toISOString().replace('Z', '000Z'),
      reportingController: 'coditect.ai/process-node',
      reportingInstance: nodeName,
      regarding: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid, resourceVersion },
      type,
      reason,
      action,
      note: note.length > longestNote ? `${note.slice(0, longestNote - 1)}…` : note,
    };
    client.send({ method: 'POST', path: `/apis/events.k8s.io/v1/namespaces/${namespace}/events`, body: event }).catch(() => {});
  };
}
