import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AgentPoolSpec } from '#api/v1alpha1/agentpool.ts';
import { firstUnservable, type PoolNeed, type PoolOffer, poolCouldServe } from './match.ts';
import { parseQuantity } from './quantities.ts';

describe('parseQuantity', () => {
  const cases: Record<string, number | undefined> = {
    '1': 1000, '0': 0, '500m': 500, '1.5': 1500, '0.001': 1, '1.25': 1250, '1k': 1_000_000, '1Ki': 1_024_000, '1.5Gi': 1.5 * 2 ** 30 * 1000, '2Ti': 2 ** 41 * 1000, '3T': 3e15, '4M': 4e9, '5G': 5e12, '6Mi': 6 * 2 ** 20 * 1000,
    '1.5m': 2, '': undefined, '-1': undefined, '1e3': undefined, '1.2345': undefined, '0x10': undefined, '1 Gi': undefined, Gi: undefined, '.5': undefined,
  };
  test.each(Object.entries(cases))('%j', (text, want) => expect(parseQuantity(text)).toBe(want));

  test('more of the same unit is never less', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(1_000_000), fc.constantFrom('', 'm', 'k', 'Ki', 'Gi'), (a, b, suffix) => {
        expect((parseQuantity(`${a}${suffix}`) ?? -1) <= (parseQuantity(`${b}${suffix}`) ?? -1)).toBe(a <= b);
      }),
    );
  });
});

const pool = (name: string, spec: object = {}, metadata: object = {}): PoolOffer => ({ metadata: { name, namespace: 'team-a', ...metadata }, spec: AgentPoolSpec.parse({ agentTypes: ['Analyzer'], template: { image: 'i' }, ...spec }) });
const need = (more: Partial<PoolNeed> = {}): PoolNeed => ({ type: 'Analyzer', capabilities: [], namespace: 'team-a', ...more });
const cpu = (amount: string) => ({ template: { image: 'i', resources: { cpu: amount } } });

describe('poolCouldServe', () => {
  const cases: Record<string, { pool: PoolOffer; need: PoolNeed; want: string }> = {
    'a pool serves its own namespace': { pool: pool('p'), need: need(), want: 'match' },
    'a pool serves namespaces it allows': { pool: pool('p', { allowedNamespaces: ['team-b'] }), need: need({ namespace: 'team-b' }), want: 'match' },
    'a pool serves no other namespace': { pool: pool('p'), need: need({ namespace: 'team-b' }), want: 'does not allow namespace team-b' },
    'a selector must match all of its labels': { pool: pool('p', {}, { labels: { tier: 'fast' } }), need: need({ poolSelector: { matchLabels: { tier: 'fast', zone: 'x' } } }), want: 'has no label zone=x' },
    'a selector that matches does not harm': { pool: pool('p', {}, { labels: { tier: 'fast', more: 'y' } }), need: need({ poolSelector: { matchLabels: { tier: 'fast' } } }), want: 'match' },
    'the role must be there': { pool: pool('p', { agentTypes: ['Tester', 'Coder'] }), need: need(), want: 'roles Tester, Coder' },
    'all capabilities must be there': { pool: pool('p', { capabilities: ['python'] }), need: need({ capabilities: ['go', 'python', 'jdk'] }), want: 'lacks go, jdk' },
    'capabilities beyond those do not harm': { pool: pool('p', { capabilities: ['go', 'python'] }), need: need({ capabilities: ['go'] }), want: 'match' },
    'a slot may offer just enough': { pool: pool('p', { slotsPerAgent: 7, ...cpu('700m') }), need: need({ resources: { cpu: '100m' } }), want: 'match' },
    'slots share the agent': { pool: pool('p', { slotsPerAgent: 3, ...cpu('1') }), need: need({ resources: { cpu: '334m' } }), want: 'offers 1 cpu for 3 slots' },
    'memory counts too, by its default': { pool: pool('p'), need: need({ resources: { memory: '513Mi' } }), want: 'offers 512Mi memory for its slot' },
    'a pool that may never grow serves nothing': { pool: pool('p', { scaling: { maxReplicas: 0 } }), need: need(), want: 'maxReplicas is 0' },
    'a pool scaled from outside may': { pool: pool('p', { scaling: { mode: 'External', maxReplicas: 0 } }), need: need(), want: 'match' },
    'a paused pool still could': { pool: pool('p', { operatingMode: 'Pause' }), need: need(), want: 'match' },
    'so could a draining one': { pool: pool('p', { operatingMode: 'Drain' }), need: need(), want: 'match' },
  };
  test.each(Object.entries(cases))('%s', (_, { pool: offer, need: wanted, want }) => {
    const match = poolCouldServe(offer, wanted);
    expect(match.kind === 'match' ? 'match' : match.reason).toBe(want);
  });
});

describe('firstUnservable', () => {
  const at = (index: number, more: Partial<PoolNeed> = {}) => ({ ...need(more), field: `tasks[${index}]` });
  const coder = { type: 'Coder', capabilities: ['python', 'git'] };
  const cases: Record<string, { needs: ReturnType<typeof at>[]; pools: PoolOffer[]; want: string | undefined }> = {
    'nothing is wrong without tasks': { needs: [], pools: [], want: undefined },
    'nothing is wrong when each task has a pool': { needs: [at(0), at(1, { type: 'Tester' })], pools: [pool('a'), pool('t', { agentTypes: ['Tester'] })], want: undefined },
    'the first task without one is named, with what was seen': { needs: [at(0), at(1, coder), at(2, coder)], pools: [pool('analyzers')], want: '1 tasks[1] needs role Coder with python and git; pools seen: team-a/analyzers (roles Analyzer)' },
    'pools of others are not named': { needs: [at(0)], pools: [pool('secret', {}, { namespace: 'team-b' })], want: '0 tasks[0] needs role Analyzer; namespace team-a may use no pool' },
    'many pools are counted': { needs: [at(0, { type: 'Tester' })], pools: Array.from({ length: 7 }, (_, index) => pool(`p${index}`)), want: '0 tasks[0] needs role Tester; pools seen: team-a/p0 (roles Analyzer), team-a/p1 (roles Analyzer), team-a/p2 (roles Analyzer), team-a/p3 (roles Analyzer), team-a/p4 (roles Analyzer) and 2 more' },
    'amounts are told': { needs: [at(0, { resources: { cpu: '4', memory: '2Gi' } })], pools: [pool('a')], want: '0 tasks[0] needs role Analyzer, 4 cpu per slot, 2Gi memory per slot; pools seen: team-a/a (offers 500m cpu for its slot)' },
  };
  test.each(Object.entries(cases))('%s', (_, { needs, pools, want }) => {
    const found = firstUnservable(needs, pools);
    expect(found && `${found.index} ${found.message}`).toBe(want);
  });
});
