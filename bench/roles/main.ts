// Scores the Analyzer and the Tester on testing/corpus, lists every miss with its place, and fails below the targets: node bench/roles/main.ts
import { readRun } from '#agent-runtime/roles/tester/read-run.ts';
import { isClaimMissed, keepRows, rowTable, type Targets, textTable } from '#bench/report.ts';
import type { BenchRow } from '#bench/row.ts';
import { readOutputs } from '#testing/corpus/outputs.ts';
import { readRepositories } from '#testing/corpus/repositories.ts';
import { scoreAnalyzer } from './analyzer.ts';
import { judgeLive, judgeRecorded, scoreTester } from './tester.ts';

const targets: Targets = {
  analyzer_recall: { limit: 0.9, sense: 'at least', isClaimed: true },
  analyzer_precision: { limit: 0.9, sense: 'at least', isClaimed: true },
  tester_counts_exact: { limit: 1, sense: 'at least', isClaimed: true },
  tester_class_accuracy: { limit: 0.95, sense: 'at least', isClaimed: true },
};

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const part = (title: string, table: string, misses: readonly string[]) => [`\n${title}\n`, table, ...(misses.length === 0 ? [] : ['', ...misses])].forEach(say);

const repositories = await readRepositories();
const analyzer = await scoreAnalyzer(repositories);
part('Analyzer: seeded faults', textTable(['rule', 'seeded', 'found', 'surplus', 'recall', 'precision'], analyzer.table), analyzer.misses);

const { TMPDIR: _, FORCE_COLOR: __, ...env } = process.env;
const live = await judgeLive(repositories, env);
const tester = scoreTester([...judgeRecorded(await readOutputs(), readRun), ...live.judged], live.skipped);
part('Tester: runs of tests', textTable(['framework', 'runs', 'counts', 'classes'], tester.table), [...tester.skipped, ...tester.misses]);

/** A share of 1 is the best there is, on any machine. */
const row = (id: string, value: number): BenchRow => ({ id, value, unit: 'share', floor: 1, ratio: value, command: 'make bench-roles' });
const rows = [
  row('analyzer_recall', analyzer.recall),
  row('analyzer_precision', analyzer.precision),
  row('tester_counts_exact', tester.countsExact),
  row('tester_class_accuracy', tester.classAccuracy),
];
await keepRows(rows);
say(`\n${rowTable(rows, targets)}`);
if (isClaimMissed(rows, targets)) process.exitCode = 1;
