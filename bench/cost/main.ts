// What missions cost with and without each lever, over the corpus of bench/cost/corpus: node bench/cost/main.ts; LIVE=1 MAX_USD=5 asks real models.
import { isClaimMissed, keepRows, rowTable, type Targets } from '#bench/report.ts';
import { makeCertificates } from './certificates.ts';
import { readMissions } from './corpus/missions.ts';
import { liveSettings, measureLive } from './live.ts';
import { measureSimulated } from './simulated.ts';

const targets: Targets = {
  cost_ratio_corpus: { limit: 10, sense: 'at least', isClaimed: true },
  cost_ratio_repeated: { limit: 25, sense: 'at least', isClaimed: true },
  pass_count_ratio: { limit: 1, sense: 'at least', isClaimed: true },
};

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const live = liveSettings(process.env);
if (live.kind === 'refused') {
  process.stderr.write(`${live.message}\n`);
  process.exitCode = 2;
} else {
  const [missions, people] = await Promise.all([readMissions(), makeCertificates()]);
  const { rows, failed } = live.kind === 'live' ? await measureLive(live, missions, people, say) : await measureSimulated(missions, people, say);
  await keepRows(rows);
  if (failed.length > 0) say(`\nNot proven:\n${[...new Set(failed.map(({ mission, why }) => `${mission.name} (${mission.kind}): ${why ?? ''}`))].join('\n')}`);
  say(`\n${rowTable(rows, targets)}`);
  if (live.kind === 'off') say('\nAll figures are simulated: scripts answered, not models. bench/README.md says what that can tell.');
  if (isClaimMissed(rows, targets)) process.exitCode = 1;
}
