import { expect, test } from 'vitest';
import { type AgentState, type LifecycleFacts, stateOf } from './lifecycle.ts';

const fresh: LifecycleFacts = { met: false, held: 0, draining: false, ended: 'no' };
const cases: Record<string, { facts: Partial<LifecycleFacts>; want: AgentState }> = {
  'before any leader answered it is starting': { facts: {}, want: 'STARTING' },
  'connected and without work it is idle': { facts: { met: true }, want: 'IDLE' },
  'with an attempt it is busy': { facts: { met: true, held: 1 }, want: 'BUSY' },
  'draining shows before busy': { facts: { met: true, held: 1, draining: true }, want: 'DRAINING' },
  'a drained agent has stopped': { facts: { met: true, draining: true, ended: 'drained' }, want: 'STOPPED' },
  'an emergency is a failure, whatever it held': { facts: { met: true, held: 1, ended: 'emergency' }, want: 'FAILED' },
};
test.each(Object.entries(cases))('%s', (_, { facts, want }) => expect(stateOf({ ...fresh, ...facts })).toBe(want));
