// The same missions with real models, as far as the money goes: LIVE=1 MAX_USD=5 with ANTHROPIC_API_KEY, and ANTHROPIC_BASE_URL for another provider.
import { microUsdOf } from '#domain/cost/money.ts';
import { type Arm, competent, everything, naive } from './arms.ts';
import type { Certificates } from './certificates.ts';
import type { CorpusMission } from './corpus/missions.ts';
import { costRows, figuresOf, leverTable } from './figures.ts';
import { type Measured, oneRound } from './measure.ts';
import type { Ended } from './mission.ts';
import { openOffice, type Provider } from './office.ts';
import { TestRuns } from './test-runs.ts';

/** Whether models are asked, and with whose money. */
export type LiveSettings = { readonly kind: 'off' } | { readonly kind: 'refused'; readonly message: string } | { readonly kind: 'live'; readonly provider: Provider; readonly maxUsd: string };

const anthropicUrl = 'https://api.anthropic.com';

/** Reads the environment. */
export function liveSettings({ LIVE, MAX_USD, ANTHROPIC_API_KEY: key = '', ANTHROPIC_BASE_URL: url = anthropicUrl }: Readonly<Record<string, string | undefined>>): LiveSettings {
  if (LIVE === undefined || LIVE === '' || LIVE === '0') return { kind: 'off' };
  if (key === '') return { kind: 'refused', message: 'LIVE=1 asks real models and needs a key; set ANTHROPIC_API_KEY, or leave LIVE out to run the simulation' };
  const maxUsd = usdOf(MAX_USD);
  if (maxUsd === undefined) return { kind: 'refused', message: 'LIVE=1 spends money and needs a limit; set MAX_USD to whole dollars or to an amount such as 2.50' };
  return { kind: 'live', provider: { url, key }, maxUsd };
}

function usdOf(text = ''): string | undefined {
  const [, whole, cents = '00'] = /^([0-9]{1,6})(?:\.([0-9]{2}))?$/.exec(text) ?? [];
  return whole === undefined || Number(whole) + Number(cents) === 0 ? undefined : `${whole}.${cents}`;
}

/** Missions of a sample: two of each repository. */
const eachRepository = 2;

const measuredArms: readonly Arm[] = [naive, competent, everything];

/** Measures a sample over the real way; an arm may spend its share of the money, and a mission that finds none left has failed. */
export async function measureLive({ provider, maxUsd }: LiveSettings & { readonly kind: 'live' }, missions: readonly CorpusMission[], people: Certificates, say: (line: string) => void) {
  const sample = sampleOf(missions);
  const shareUsd = (microUsdOf(maxUsd) / 1_000_000 / measuredArms.length).toFixed(2);
  const measured: Measured[] = [];
  for (const arm of measuredArms) {
    say(`${arm.name}: ${sample.length} missions, at most ${shareUsd} USD`);
    measured.push(await measureOne(arm, sample, { people, provider, maxUsd: shareUsd }));
  }
  say(`\nLevers (live: ${provider.url})\n`);
  say(leverTable(measured));
  const [first, second, third] = measured;
  const of = (from: Measured | undefined, round: number) => figuresOf(from?.rounds[round] ?? []);
  const rows = costRows({ naive: of(first, 0), competent: of(second, 0), everything: of(third, 0), repeated: of(third, 1) }, { source: 'live', command: 'LIVE=1 MAX_USD=5 make bench-cost' });
  return { rows, failed: measured.flatMap(({ rounds }) => rounds.flat()).filter(({ isProven }) => !isProven) };
}

async function measureOne(arm: Arm, sample: readonly CorpusMission[], where: { readonly people: Certificates; readonly provider: Provider; readonly maxUsd: string }): Promise<Measured> {
  const office = await openOffice({ ...where, reuse: arm.levers.reuse });
  const testRuns = [new TestRuns(), ...(arm === everything ? [new TestRuns()] : [])];
  const rounds: Ended[][] = [];
  try {
    for (const [index, runs] of testRuns.entries()) rounds.push(await oneRound(sample, { office, arm, testRuns: runs, round: index + 1 }));
  } finally {
    await office.close();
  }
  return { measurement: { arm, skill: { errorRate: 0 }, rounds: testRuns }, rounds };
}

function sampleOf(missions: readonly CorpusMission[]): readonly CorpusMission[] {
  const byRepository = Map.groupBy(missions, ({ name }) => name.replace(/-\d+$/, ''));
  return [...byRepository.values()].flatMap((all) => all.slice(0, eachRepository));
}
