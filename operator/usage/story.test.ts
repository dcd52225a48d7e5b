// What a mission costs, from the gateway to its status, in a whole installation over the API server double.
import { afterEach, expect, test } from 'vitest';
import { aMission, type MissionBuilder } from '#testing/builders/mission.ts';
import { aPool } from '#testing/builders/pool.ts';
import { type Simulation, startSimulation, until } from '#testing/simulate/cluster.ts';
import { aCodingMission, ScriptedGateway, tells } from './testing.ts';

const open: Simulation[] = [];
afterEach(async () => {
  for (const simulation of open.splice(0)) await simulation.stop();
});

/** A simulation that leads and in which this mission has ended. */
async function ended(mission: MissionBuilder, usage?: ScriptedGateway): Promise<Simulation> {
  const simulation = await startSimulation({ seed: 1, script: () => ({ ms: 5, result: 'Succeeded' }), ...(usage === undefined ? {} : { usage }) });
  open.push(simulation);
  simulation.put(aPool().of('Analyzer', 'Coder').build());
  await simulation.lead();
  simulation.put(mission.build());
  await until('the mission has ended', () => simulation.mission()?.status?.completionTime !== undefined);
  return simulation;
}

test('the cost of a mission is in its status soon after its end, and its orders let agents spend', async () => {
  const gateway = new ScriptedGateway(tells(12_300));
  const simulation = await ended(aCodingMission(), gateway);
  await until('its cost is told', () => simulation.mission()?.status?.usage !== undefined);
  expect(simulation.mission()?.status?.usage).toMatchObject({ costUsd: '0.0123', calls: 1, reservedUsd: '0.00', settledTime: expect.any(String) });
  expect([simulation.orders.map(({ llmGrant }) => llmGrant), gateway.asked.length]).toEqual([['grant'], 1]);
});

test('the next leader asks about what ended shortly before and is not settled, and writes once; the one after it does neither', async () => {
  const gateway = new ScriptedGateway(tells(12_300, 50), tells(12_300));
  const simulation = await ended(aCodingMission(), gateway);
  await until('its cost is told', () => simulation.mission()?.status?.usage !== undefined);
  expect(simulation.mission()?.status?.usage).not.toHaveProperty('settledTime');
  await simulation.crash();
  const writes = simulation.writes('missions').length;
  await simulation.lead();
  await until('its cost is settled', () => simulation.mission()?.status?.usage?.settledTime !== undefined);
  await simulation.crash();
  const told = simulation.mission()?.status;
  await simulation.lead();
  simulation.put(aMission('n').withTask('a').build());
  await until('another mission has ended', () => simulation.mission('n')?.status?.completionTime !== undefined);
  expect([simulation.writes('missions').filter(({ key }) => key === 'team-a/m').length, gateway.asked.length, simulation.mission()?.status]).toEqual([writes + 1, 2, told]);
});

test('without a gateway, or for a mission that calls no model, nothing is asked and nobody may spend', async () => {
  const gateway = new ScriptedGateway(tells(12_300));
  const [without, idle] = [await ended(aCodingMission()), await ended(aMission().withTask('a'), gateway)];
  expect(idle.orders.map(({ llmGrant }) => llmGrant)).toEqual(['']);
  expect([without.orders.map(({ llmGrant }) => llmGrant), without.mission()?.status?.usage]).toEqual([[''], undefined]);
  expect([gateway.asked, idle.mission()?.status?.usage]).toEqual([[], undefined]);
});
