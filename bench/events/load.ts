// Events like those of running missions, made beforehand: making them is not what is measured.
import { type CloudEvent, schemaOf, typeOf } from '#api/events/envelope.ts';

const tenants = 8;
const uidOf = (number: number): string => `0f8fad5b-d9cb-469f-a165-${String(number).padStart(12, '0')}`;

/** The `number`th change of a task, about 1 KB as JSON, of one of eight tenants. */
function changeOf(number: number): CloudEvent<'task.changed'> {
  const [task, agent, mission] = [`build-${number % 50}`, `coders-${number % 8}`, { name: 'fix-the-build', uid: uidOf(7) }];
  const message = `Attempt ${1 + (number % 3)} runs on ${agent}.`;
  return {
    specversion: '1.0', id: `${uidOf(number % 50)}.${number}`, source: '/mirror', type: typeOf('task.changed'), subject: `tasks/${task}`, time: '2026-01-01T00:00:00Z',
    datacontenttype: 'application/json', dataschema: schemaOf('task.changed'), tenant: `team-${number % tenants}`, mission: mission.name, missionuid: mission.uid,
    data: {
      name: task, uid: uidOf(number % 50), generation: 1, resourceVersion: String(number), base: String(number - 1), mission,
      status: { conditions: [{ type: 'Succeeded', status: 'Unknown', reason: 'Running', message, lastTransitionTime: '2026-01-01T00:00:00Z' }], attempt: 1 + (number % 3) },
      facts: {
        task, type: 'Coder', action: '', role: '', run: 1, attempt: 1 + (number % 3), pool: 'coders', agent, state: 'Running', reason: '', startTime: '2026-01-01T00:00:00Z',
        boundary: 'process', isMemoized: false, violations: 0, dependsOn: ['analyze'],
      },
    },
  };
}

/** So many events, from a number on. */
export function makeEvents(from: number, many: number): readonly CloudEvent[] {
  return Array.from({ length: many }, (_, index) => changeOf(from + index));
}
