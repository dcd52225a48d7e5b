// The attributes that tie an event to its mission, in the words of others.
import { expect, test } from 'vitest';
import { belongingTo } from './envelope.ts';

const mission = { name: 'm', uid: '0f8fad5b-d9cb-469f-a165-70867728950e' };

test('an event of a mission is part of the trace of the mission, as W3C trace context has it', () => {
  const { traceparent = '', ...named } = belongingTo(mission, '7c9e6679-7425-40de-944b-e07fc1f90ae7');
  expect(named).toEqual({ mission: 'm', missionuid: mission.uid });
  expect(traceparent).toBe('00-0f8fad5bd9cb469fa16570867728950e-7c9e6679742540de-00');
  expect(traceparent).toMatch(/^[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/);
});

test('an event without a mission is part of no trace', () => expect(belongingTo(undefined, mission.uid)).toEqual({}));

test('a uid that is no UUID makes no trace', () => expect(belongingTo({ name: 'm', uid: 'u-1' }, mission.uid)).toEqual({ mission: 'm', missionuid: 'u-1' }));
