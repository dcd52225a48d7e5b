// What the mirror makes of versions, and what a replay makes of events, belong together: the status that comes out is the one that went in.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CloudEvent } from '#api/events/envelope.ts';
import { formatTimeMs } from '#api/time.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { Timeline } from '#domain/replay/timeline.ts';
import { t0 } from '#domain/replay/testing.ts';
import { goneEvent } from '#mirror/changes/decide/gone.ts';
import type { Seen } from '#mirror/changes/decide/sight.ts';
import { taskEvents, taskStage } from '#mirror/changes/decide/task.ts';
import { aTask } from '#testing/builders/task.ts';

const base = aTask('t');
/** Stages of a task, in any order that a test wants. */
const stages = [base.build(), base.accepted().build(), base.running().build(), base.running().status({ attempt: 2 }).build(), base.ended('Failed').status({ violations: [{ kind: 'TestFailed', message: 'm' }] }).build(), base.ended('Succeeded').build()];

const anyLife = fc.array(fc.record({ stage: fc.nat(stages.length - 1), isRestart: fc.boolean(), isSeen: fc.boolean() }), { minLength: 1, maxLength: 10 });

function versionsOf(life: readonly { readonly stage: number }[]): readonly Seen<Task>[] {
  return life.map(({ stage }, index) => {
    const task = stages[stage] ?? base.build();
    return { ...task, metadata: { ...task.metadata, resourceVersion: String(95 + index) }, writtenTime: formatTimeMs(t0 + index * 1000) };
  });
}

test('a replay folds to the status of each version that was told, whatever was skipped, told again or mixed up', () => {
  fc.assert(fc.property(anyLife, fc.infiniteStream(fc.nat()), (life, random) => {
    const events: CloudEvent[] = [];
    let before: Seen<Task> | undefined;
    let told: string | undefined;
    const seen: Seen<Task>[] = [];
    versionsOf(life).forEach((now, index) => {
      if (index > 0 && life[index]?.isSeen === false) return;
      // A mirror that starts again knows how far it told, and not what.
      const known = life[index]?.isRestart === true ? undefined : before;
      events.push(...taskEvents({ before: known, now, told, era: '' }));
      [before, told] = [now, taskStage(now)];
      seen.push(now);
    });
    const again = [...events, ...events.filter((_, index) => index % 2 === 0)].map((event) => ({ event, key: random.next().value })).toSorted((a, b) => a.key - b.key).map(({ event }) => event);
    const timeline = new Timeline(again);
    expect(timeline.goTo(timeline.length)).toEqual([]);
    const { uid } = base.build().metadata;
    for (let count = 1; count <= timeline.length; count++) {
      timeline.goTo(count);
      const picture = timeline.picture().tasks.get(uid);
      expect(picture?.status).toEqual(seen.find(({ metadata }) => metadata.resourceVersion === picture?.resourceVersion)?.status);
    }
    expect(timeline.picture().tasks.get(uid)).toMatchObject({ isKnown: true, spec: before?.spec, resourceVersion: before?.metadata.resourceVersion });
  }));
});

test('a task that is gone is gone at the end, whatever was seen of it last', () => {
  const [first, second] = versionsOf([{ stage: 0 }, { stage: 2 }]) as [Seen<Task>, Seen<Task>];
  const events = [...taskEvents({ now: first, era: '' }), ...taskEvents({ before: first, now: second, told: 'waits', era: '' })];
  const { namespace, name, uid, resourceVersion } = first.metadata;
  const gone = goneEvent('task.deleted', { namespace, name, uid, resourceVersion, stage: 'waits' }, { time: first.writtenTime, era: '' });
  const timeline = new Timeline([gone, ...events]);
  timeline.goTo(timeline.length);
  expect(timeline.picture().tasks.size).toBe(0);
});
