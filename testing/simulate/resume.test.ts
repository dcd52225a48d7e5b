// What an agent kept of its work, from its message through a whole term of the operator to the order of the next agent.
import { afterEach, expect, test } from 'vitest';
import { aMission } from '#testing/builders/mission.ts';
import { aPool } from '#testing/builders/pool.ts';
import type { Script } from './agent.ts';
import { type Simulation, startSimulation, until } from './cluster.ts';

const open: Simulation[] = [];
afterEach(async () => {
  for (const simulation of open.splice(0)) await simulation.stop();
});

/** The first attempt never ends by itself. */
const script: Script = (_, attempt) => (attempt === 1 ? { ms: 3_600_000, result: 'Succeeded', keepsTurns: 4 } : { ms: 5, result: 'Succeeded' });

test('the agent that follows a lost one is told where it stood', async () => {
  const simulation = await startSimulation({ seed: 1, script });
  open.push(simulation);
  simulation.put(aPool().max(1).build());
  await simulation.lead(true);
  simulation.put(aMission().withTask('a', { retryPolicy: { backoffSeconds: 0 } }).build());
  // Written a second after the start, so after the checkpoint has come.
  await until('it is seen to run', () => simulation.tasks()[0]?.status?.assignment !== undefined);
  simulation.restartAgent();
  await until('the mission has ended', () => simulation.mission()?.status?.completionTime !== undefined);
  expect(simulation.orders.map(({ attempt, checkpoint }) => [attempt, checkpoint?.turns])).toEqual([[1, undefined], [2, 4]]);
  expect(simulation.tasks()[0]?.status).toMatchObject({ outcome: { result: 'Succeeded' }, attempts: [{ attempt: 1, reason: 'AgentLost' }] });
  expect(simulation.violations).toEqual([]);
});
