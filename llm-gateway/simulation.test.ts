// Two thousand missions at once, a provider that loses answers and storms, and a gateway that dies: nobody spends more than was allowed, with all rules at once.
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Account, llmHeaders, type Usage } from '#api/llm.ts';
import { microUsdOf } from '#domain/cost/money.ts';
import { createLlmClient, type LlmAnswer, type LlmClient } from '#platform/anthropic/client.ts';
import { seeded } from '#testing/seeded.ts';
import { answerCostMicroUsd, fails, hangsUp, type Play, well } from './fake-provider.ts';
import { account, makePeople, missionObject, type People, question, startWorld, type World } from './testing.ts';

const missions = 2000;
const callsEach = 3;
const crashes = 3;
const atOnce = 64;
const maxCostUsd = '0.05';

let people: People;
let world: World;
/** What all missions with a pool may spend together: far less than they ask for. */
const poolMaxUsd = '0.50';

beforeAll(async () => {
  people = await makePeople();
  world = await startWorld(people, { pool: { budget: { maxCostUsd: poolMaxUsd, periodSeconds: 86_400 } } });
});
afterAll(() => world.close());

const cheapest = 'claude-haiku-4-5';
/** What the fake's answer costs, by the model that was asked. */
const cheapCostMicroUsd = 10 + 20 * 5;
const isThrifty = (number: number) => number % 10 < 3;
const waits = (number: number) => number % 10 === 3;
const isPooled = (number: number) => number % 10 === 4;
/** A third of the missions takes a cheaper model after the first answer, a tenth waits for money, a tenth shares a pool. */
const specOf = (number: number) => ({
  budget: { maxCostUsd, ...(isThrifty(number) ? { cheaperFromPercent: 1 } : {}), ...(waits(number) ? { onExceeded: 'Suspend' } : {}) },
  ...(isThrifty(number) ? { modelPolicy: { tiers: [cheapest] } } : {}),
});
const accountOf = (number: number): Account => ({ ...account, mission: `m-${number}`, missionUid: `uid-${number}`, ...(isPooled(number) ? { pool: 'p', poolNamespace: 'team-p' } : {}) });
/** Costs that a mission has when no answer of it was lost. */
const certainCosts = new Set([0, 1, 2, 3].flatMap((full) => [0, 1, 2, 3].map((cheap) => full * answerCostMicroUsd + cheap * cheapCostMicroUsd)));
// All ask the same: an answer that is shared would spend nobody's budget.
const headersOf = (of: Account) => ({ [llmHeaders.account]: Buffer.from(JSON.stringify(of)).toString('base64url'), [llmHeaders.cache]: 'no-store' });
const usageOf = async (number: number) => JSON.parse((await world.ask({ method: 'GET', path: `/v1/usage/uid-${number}` })).text) as Usage;

function dial(): LlmClient {
  const { caBundle: ca, certificate: cert, key } = people.operator;
  return createLlmClient({ baseUrl: `https://127.0.0.1:${world.port()}`, tls: { ca, cert, key, servername: 'coditect-llm-gateway.sys.svc' } });
}

test('a simulation of 2,000 missions never spends more than their budgets, whatever is lost on the way', { timeout: 180_000 }, async () => {
  const seed = Number(process.env['SEED'] ?? 41);
  console.log(`SEED=${seed}`);
  const random = seeded(seed);
  const billed = { answers: 0, lost: 0, microUsd: 0 };
  const bill = () => (billed.microUsd += world.provider.requests.at(-1)?.body.includes(cheapest) === true ? cheapCostMicroUsd : answerCostMicroUsd);
  const plays: readonly (readonly [number, Play])[] = [
    [0.06, (response) => (billed.lost++, hangsUp(response))],
    [0.12, fails(529, 'overloaded_error')],
    [0.16, fails(429, 'rate_limit_error', { 'retry-after': '0' })],
    [1, (response) => (billed.answers++, bill(), well(response))],
  ];
  const play: Play = (response) => (plays.find(([share]) => drawn() < share)?.[1] ?? well)(response);
  let last = 0;
  const drawn = () => last;
  const script = { shift: () => ((last = random()), play) };
  Object.assign(world.provider.script, script);
  for (let number = 0; number < missions; number += 1) world.cluster.put({ ...missionObject(specOf(number)), metadata: { namespace: 'team-a', name: `m-${number}`, uid: `uid-${number}` } });

  const answers: LlmAnswer[] = [];
  const overspent: number[] = [];
  const wanted = Array.from({ length: missions * callsEach }, (_, index) => index % missions);
  let client = dial();
  const caller = async () => {
    for (let number = wanted.pop(); number !== undefined; number = wanted.pop()) {
      const answer = await client.complete(question, { headers: headersOf(accountOf(number)) });
      answers.push(answer);
      // Whoever finds nobody asks again: what became of the call before is for the gateway to know.
      if (answer.kind === 'later' && answer.message.startsWith('Connection error')) {
        wanted.unshift(number);
        await setTimeout(20);
      }
      if (random() > 0.02) continue;
      const now = await usageOf(number).catch(() => undefined);
      if (now !== undefined && now.settled.costMicroUsd + now.reservedMicroUsd > microUsdOf(maxCostUsd)) overspent.push(number);
    }
  };
  const killer = async () => {
    for (let crash = 1; crash <= crashes; crash += 1) {
      await expect.poll(() => wanted.length, { timeout: 120_000, interval: 20 }).toBeLessThan((missions * callsEach * (crashes - crash + 1)) / (crashes + 1));
      await world.crash();
      client = dial();
    }
  };
  await Promise.all([...Array.from({ length: atOnce }, caller), killer()]);

  // Two thousand handshakes at once would take longer than a handshake may.
  const usages: Usage[] = [];
  while (usages.length < missions) usages.push(...(await Promise.all(Array.from({ length: atOnce }, (_, index) => usageOf(Math.min(usages.length + index, missions - 1))))));
  usages.length = missions;
  const spent = usages.reduce((sum, { settled }) => sum + settled.costMicroUsd, 0);
  console.log(`${answers.filter(({ kind }) => kind === 'answered').length} answered of ${answers.length}; provider: ${billed.answers} answers, ${billed.lost} lost; spent ${spent} micro-USD`);
  expect(overspent).toEqual([]);
  expect(usages.filter(({ settled, reservedMicroUsd }) => settled.costMicroUsd > microUsdOf(maxCostUsd) || reservedMicroUsd !== 0)).toEqual([]);
  // What was answered is in the books to the micro-dollar; what was lost, or open at a crash, is in them at the most it can have cost.
  expect(spent).toBeGreaterThanOrEqual(billed.microUsd);
  const certain = usages.filter(({ settled }) => certainCosts.has(settled.costMicroUsd));
  expect(certain.length).toBeGreaterThan(missions * 0.7);
  expect(billed.answers).toBeGreaterThan(missions * callsEach * 0.75);
  const ofPool = usages.filter((_, number) => isPooled(number)).reduce((sum, { settled }) => sum + settled.costMicroUsd, 0);
  expect(ofPool).toBeLessThanOrEqual(microUsdOf(poolMaxUsd));
  expect(answers.some((answer) => answer.kind === 'refused' && answer.message.includes('the pool team-p/p has'))).toBe(true);
  expect(answers.some((answer) => answer.kind === 'later' && answer.retryAfterMs === 10_000)).toBe(true);
  const downgraded = usages.map(({ downgradedCalls = 0 }) => downgradedCalls);
  expect(downgraded.filter((count, number) => count > 0 && !isThrifty(number))).toEqual([]);
  expect(downgraded.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(missions * 0.05);
});
