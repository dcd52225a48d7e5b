// The event of an object that is gone. It takes no more than a mirror remembers of an object over a restart.
import { belongingTo, type CloudEvent, schemaOf, typeOf } from '#api/events/envelope.ts';

/** What is remembered of an object that was told of. */
export interface Known {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly mission?: { readonly name: string; readonly uid: string };
  /** How far it had come. */
  readonly stage: string;
}

export type GoneName = 'mission.deleted' | 'task.deleted' | 'pool.deleted';

const plurals = { 'mission.deleted': 'missions', 'task.deleted': 'tasks', 'pool.deleted': 'agentpools' } as const satisfies Readonly<Record<GoneName, string>>;

/** The object is gone; its id is the same whoever notices. */
export function goneEvent(what: GoneName, { namespace, name, uid, resourceVersion, mission }: Known, { time, era }: { readonly time: string; readonly era: string }): CloudEvent {
  return {
    specversion: '1.0',
    id: [uid, 'deleted', ...(era === '' ? [] : [era])].join('.'),
    source: '/mirror',
    type: typeOf(what),
    subject: `${plurals[what]}/${name}`,
    time,
    datacontenttype: 'application/json',
    dataschema: schemaOf(what),
    tenant: namespace,
    ...belongingTo(mission, uid),
    data: { name, uid, resourceVersion, ...(mission === undefined ? {} : { mission }) },
  };
}
