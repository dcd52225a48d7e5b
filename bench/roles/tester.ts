// Scores the Tester: recorded outputs are read by readRun, and repositories of the corpus are tested for real where their tool is at hand.
import type { RecordedRun } from '#testing/corpus/outputs.ts';
import type { Repository } from '#testing/corpus/repositories.ts';
import { isRunnable, readLive } from './live.ts';
import { type Judgement, judgeReading, type Reading } from './reading.ts';
import { share } from './score.ts';

/** What the Tester did over all runs. */
export interface TesterScore {
  /** Share of the runs whose counts are exact. */
  readonly countsExact: number;
  /** Share of the classes, of runs and of single failures, that are right. */
  readonly classAccuracy: number;
  /** Rows for a table: framework, runs, exact counts, right classes. */
  readonly table: readonly (readonly string[])[];
  readonly misses: readonly string[];
  /** Why repositories were not tested for real. */
  readonly skipped: readonly string[];
}

interface Judged {
  readonly framework: string;
  readonly judgement: Judgement;
}

/** The Tester's own reader of finished runs. */
export type ReadRun = (run: Pick<RecordedRun, 'framework' | 'stdout' | 'stderr' | 'exitCode' | 'ending' | 'report'>) => Reading;

/** Reads all recorded runs. */
export function judgeRecorded(runs: readonly RecordedRun[], readRun: ReadRun): readonly Judged[] {
  return runs.map((run) => {
    const { framework, counts, failureClass, failures } = run;
    return { framework, judgement: judgeReading(`outputs/${run.name}`, { counts, failureClass, failures }, readRun(run)) };
  });
}

/** Tests all repositories whose tool is on this host, one after the other. */
export async function judgeLive(repositories: readonly Repository[], env: Readonly<Record<string, string | undefined>>): Promise<{ readonly judged: readonly Judged[]; readonly skipped: readonly string[] }> {
  const judged: Judged[] = [];
  const skipped: string[] = [];
  for (const repository of repositories) {
    const { name, tests } = repository;
    if (!(await isRunnable(tests.framework, env))) {
      skipped.push(`SKIPPED the tests of ${name}: ${tests.framework} is not on this host; what it printed elsewhere is among the recorded outputs`);
      continue;
    }
    const { framework, ...reading } = await readLive(repository, env);
    const judgement = judgeReading(`repos/${name}`, { ...tests, counts: tests }, reading);
    const misses = framework === tests.framework ? judgement.misses : [`repos/${name}: the framework is ${tests.framework}, taken for ${framework ?? 'none'}`, ...judgement.misses];
    judged.push({ framework: `${tests.framework} (live)`, judgement: { ...judgement, misses } });
  }
  return { judged, skipped };
}

/** Sums judgements up. */
export function scoreTester(judged: readonly Judged[], skipped: readonly string[]): TesterScore {
  const byFramework = [...Map.groupBy(judged, ({ framework }) => framework)].toSorted(([a], [b]) => a.localeCompare(b));
  const all = totals(judged);
  return {
    countsExact: share(all.exact, all.counted),
    classAccuracy: share(all.right, all.classes),
    table: [...byFramework.map(([framework, some]) => row(framework, totals(some))), row('all', all)],
    misses: judged.flatMap(({ judgement }) => judgement.misses),
    skipped,
  };
}

function totals(judged: readonly Judged[]) {
  const sum = (of: (judgement: Judgement) => number) => judged.reduce((total, { judgement }) => total + of(judgement), 0);
  return {
    runs: judged.length,
    counted: sum(({ areCountsExact }) => (areCountsExact === undefined ? 0 : 1)),
    exact: sum(({ areCountsExact }) => (areCountsExact === true ? 1 : 0)),
    classes: sum(({ classes }) => classes),
    right: sum(({ classesRight }) => classesRight),
  };
}

function row(framework: string, { runs, counted, exact, classes, right }: ReturnType<typeof totals>): readonly string[] {
  return [framework, String(runs), `${exact}/${counted}`, `${right}/${classes}`];
}
