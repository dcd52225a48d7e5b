// Lets missions run by themselves, alone and with a fault each, and counts those that got there: node bench/autonomy/main.ts [--unaided] [part of a run's name]
// The cluster, the operator, the agents and the gateway are real; the model is a script, so the figures are simulated. It knows each mend and errs by a rate:
// what is measured is what the operator makes of a model that is often wrong. With --unaided it has to find the mend, and that is measured too.
import { isClaimMissed, keepRows, rowTable, type Targets } from '#bench/report.ts';
import type { BenchRow } from '#bench/row.ts';
import { agentsReady } from '#bench/mission.ts';
import { readMissions } from '#bench/cost/corpus/missions.ts';
import { startModelServer } from '#testing/llm/server.ts';
import { createWorld } from '#testing/world.ts';
import { faults } from './faults.ts';
import { openFront } from './front.ts';
import { agentsOfLane, crewOfLane } from './missions.ts';
import { type Errors, scriptedModel } from './model.ts';
import { openRepository } from './repository.ts';
import { carryOut, type Site, type Trial } from './run.ts';
import { shareOf, type Verdict } from './score.ts';
import { verdictTables } from './tables.ts';

/** Missions that run at a time, each lane with a namespace and agents of its own, so that a killed agent is that of one mission. */
const lanes = 4;
/** Faults that each mission meets, in a run of its own for each. */
const faultsOfEach = 2;

const targets: Targets = {
  autonomy_share: { limit: 0.95, sense: 'at least', isClaimed: true },
  recovery_share: { limit: 0.9, sense: 'at least', isClaimed: true },
  unaided_autonomy_share: { limit: 0.95, sense: 'at least', isClaimed: false },
  unaided_recovery_share: { limit: 0.9, sense: 'at least', isClaimed: false },
};

const [isUnaided, [wanted]] = [process.argv.includes('--unaided'), process.argv.slice(2).filter((word) => word !== '--unaided')];
/** Who has to find the mend is wrong often enough without being told to. */
const errors: Errors = isUnaided ? { errorRate: 0.1, boastRate: 0 } : { errorRate: 0.25, boastRate: 0.5 };

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const missions = (await readMissions()).filter(({ isHeldOut }) => isHeldOut);
const alone: readonly Trial[] = missions.map((mission) => ({ run: { name: `${mission.name}-alone`, mission } }));
/** Faults are dealt in turns, so that each of them meets missions of all kinds. */
const disturbed: readonly Trial[] = missions.flatMap((mission, index) => {
  const dealt = Array.from({ length: faultsOfEach }, (_, turn) => (index * faultsOfEach + turn) % faults.length);
  return faults.filter((_, at) => dealt.includes(at)).map((fault) => ({ run: { name: `${mission.name}-${fault.name.replaceAll(' ', '-')}`, mission }, fault }));
});

const trials = [...alone, ...disturbed].filter(({ run }) => wanted === undefined || run.name.includes(wanted));
if (trials.length === 0) {
  say(`no run is called ${wanted}; there are: ${[...alone, ...disturbed].map(({ run }) => run.name).join(' ')}`);
  process.exit(2);
}
const asked = new Map(trials.map(({ run, fault }) => [run.name, { script: fault?.script, mend: isUnaided ? undefined : run.mission.mend }]));
const models = await startModelServer({ policy: scriptedModel(errors, (mission) => asked.get(mission)) });
const front = await openFront(models.url);
const world = await createWorld(`autonomy-${process.pid}`, { say, leaseSeconds: 12, upstreamUrl: front.url });
const repository = await openRepository(missions);
const close = () => Promise.all([world.close(), front.close(), models.close(), repository.close()]);
const stop = (): void => void close().finally(() => process.exit(130));
process.once('SIGINT', stop).once('SIGTERM', stop);
const verdicts: Verdict[] = [];
try {
  verdicts.push(...(await runAll({ world, front, repository })));
} finally {
  await close();
}

verdictTables(verdicts, errors).forEach((text) => process.stdout.write(`${text}\n\n`));
// A part of the runs is a look at something, not a measurement.
if (wanted === undefined) await keep();
if (verdicts.some(({ isVoid }) => isVoid === true)) process.exitCode = 1;

async function keep(): Promise<void> {
  const [disturbedOnes, others] = [verdicts.filter(({ fault }) => fault !== undefined), verdicts.filter(({ fault }) => fault === undefined)];
  /** A share of 1 is the best there is, on any machine. */
  const row = (id: string, value: number): BenchRow => ({ id, value, unit: 'share', floor: 1, ratio: value, command: isUnaided ? 'node bench/autonomy/main.ts --unaided' : 'make bench-autonomy', source: 'simulated' });
  const prefix = isUnaided ? 'unaided_' : '';
  const rows = [row(`${prefix}autonomy_share`, shareOf(others)), row(`${prefix}recovery_share`, shareOf(disturbedOnes))];
  await keepRows(rows);
  process.stdout.write(`${rowTable(rows, targets)}\n`);
  if (isClaimMissed(rows, targets)) process.exitCode = 1;
}

/** Lanes take the next trial as soon as they are free. */
async function runAll(site: Site): Promise<readonly Verdict[]> {
  const left = trials.values();
  const done: Verdict[] = [];
  const lane = async (index: number): Promise<void> => {
    const namespace = `lane-${index}`;
    await site.world.namespace(namespace, crewOfLane);
    await agentsReady(site.world, namespace, agentsOfLane);
    for (const trial of left) {
      const verdict = await carryOut(trial, site, namespace);
      done.push(verdict);
      say(`${done.length}/${trials.length}  ${verdict.isMade ? 'made' : 'NOT '}  ${verdict.mission}  ${verdict.fault ?? 'left alone'}  ${verdict.seconds} s  ${verdict.words}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, trials.length) }, (_, index) => lane(index)));
  return done;
}
