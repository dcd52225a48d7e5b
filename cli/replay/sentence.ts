// One event as one sentence, for people. Pure.
import { nameOf, type CloudEvent } from '#api/events/envelope.ts';
import type { EventName } from '#api/events/catalogue.ts';
import type { MissionFacts, PoolFacts, TaskFacts } from '#api/events/change.ts';
import type { ThoughtEvent } from '#api/events/thought.ts';
import { agentOf } from '#domain/replay/filter.ts';
import { plain } from '../terminal/text.ts';

/** `task build started on crew-x7k2p`; texts of others come without their control characters. */
export function sentence(event: CloudEvent, taskName: (uid: string) => string | undefined): string {
  const { data, type } = event;
  const name = nameOf(type) ?? 'mission.changed';
  if ('epoch' in data) return `${plain(agentOf(event) ?? '')} on ${taskName(data.taskUid) ?? nameIn(event)}: ${thoughtText(data)}`;
  if ('facts' in data) return plain(changeText(name, data.name, data.facts));
  if ('task' in data) return plain(`task ${taskName(data.task.uid) ?? data.task.name} differs: ${data.kind}: ${data.message}`);
  return plain(`${recordTexts[name] ?? name} ${taskName(data.uid) ?? data.name}`);
}

const recordTexts: Readonly<Partial<Record<EventName, string>>> = { 'plan.made': 'a plan was made:', 'approval.given': 'somebody answered:', 'mission.deleted': 'gone: mission', 'task.deleted': 'gone: task', 'pool.deleted': 'gone: pool' };

function nameIn({ subject }: CloudEvent): string {
  return plain(subject.slice(subject.indexOf('/') + 1));
}

function changeText(name: EventName, object: string, facts: MissionFacts | TaskFacts | PoolFacts): string {
  if ('task' in facts) return `task ${facts.task} ${taskText(name, facts)}`;
  if ('goalsMet' in facts) return `mission ${object} ${missionText(name, facts)}`;
  return `pool ${object} ${facts.state}: ${facts.ready} ready, ${facts.busy} busy, ${facts.queued} queued`;
}

function taskText(name: EventName, { state, attempt, agent, result, reason }: TaskFacts): string {
  const where = agent === '' ? '' : ` on ${agent}`;
  const which = attempt > 1 ? `, attempt ${attempt}` : '';
  if (name === 'task.created') return 'created';
  if (name === 'task.started') return `started${where}${which}`;
  if (result !== undefined) return `${result}${result === 'Succeeded' ? '' : `: ${reason}`}${where}${which}`;
  return `${state === '' ? 'changed' : state}${where}${which}`;
}

function missionText(name: EventName, { run, state, goals, goalsMet, tasks, tasksDone }: MissionFacts): string {
  const counts = `${tasksDone}/${tasks} tasks, goals ${goalsMet}/${goals}`;
  if (name === 'mission.created') return 'created';
  if (name === 'mission.started') return `started${run > 1 ? `, run ${run}` : ''}`;
  return `${name === 'mission.ended' ? 'ended: ' : ''}${state === '' ? 'changed' : state}: ${counts}`;
}

/** What an agent tells, without its name. */
export function thoughtText(thought: ThoughtEvent): string {
  switch (thought.type) {
    case 'agent.think':
      return `turn ${thought.turn}, thought, ${counted(thought.calls, 'call')}`;
    case 'agent.act':
      return `turn ${thought.turn}, ${plain(thought.tool)} ${thought.outcome}`;
    case 'agent.learn':
      return `turn ${thought.turn}, ${thought.filesChanged ? 'files changed' : 'no file changed'}${thought.end === undefined ? '' : `, ${thought.end}`}`;
    case 'agent.files':
      return `${counted(thought.changed, 'file')} changed`;
  }
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
