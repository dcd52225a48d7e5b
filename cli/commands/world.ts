// `world`: what is known of a mission right now, by the mirror; and the order to write all of it anew.
import type { World, WorldAgent } from '#api/world.ts';
import { exitCodes } from '../failure.ts';
import { styleOf } from '../terminal/style.ts';
import { line } from '../terminal/terminal.ts';
import { columns, duration, plain } from '../terminal/text.ts';
import type { Picture } from '../access/world.ts';
import { lazily, type Session, withCluster } from './session.ts';

/** Files that are shown to people; data has all. */
const shownFiles = 40;
const shownHash = 10;

/** Prints the world of a mission. */
export function worldCommand(session: Session, mission: string, { json }: { readonly json: boolean }): Promise<number> {
  return withCluster(session, async (cluster) => {
    const worlds = lazily(() => session.openWorlds(cluster));
    try {
      const picture = await (await worlds.get()).read(mission, session.signal);
      if (json) line(session.terminal, JSON.stringify({ ...picture.world, stalenessMs: picture.stalenessMs }));
      else print(session, picture);
      return exitCodes.ok;
    } finally {
      await worlds.close();
    }
  });
}

/** Has the worlds of all missions written anew, and says what was written. */
export function rebuildWorldsCommand(session: Session): Promise<number> {
  return withCluster(session, async (cluster) => {
    const worlds = await session.openWorlds(cluster);
    try {
      const { missions, entities, tookMs } = await worlds.rebuild(session.signal);
      line(session.terminal, `the worlds of ${missions} missions were written anew: ${entities} missions and tasks in ${duration(tookMs)}`);
      return exitCodes.ok;
    } finally {
      await worlds.close();
    }
  });
}

function print({ terminal }: Session, { world, stalenessMs }: Picture): void {
  const style = styleOf(terminal);
  const section = (header: readonly string[], rows: readonly (readonly string[])[]) => {
    if (rows.length === 0) return;
    const [title = '', ...lines] = columns([header, ...rows.map((row) => row.map((cell) => plain(cell)))]);
    for (const text of ['', style.paint('strong', title), ...lines]) line(terminal, text);
  };
  line(terminal, headline(world));
  section(['TASK', 'STATE', 'ATTEMPT', 'AGENT', 'DOING'], tasksOf(world));
  section(['VIOLATION OF', 'KIND', 'WHAT'], world.tasks.flatMap(({ facts, violations }) => violations.map(({ kind, message }) => [facts.task, kind, message])));
  section(['FILE', 'TASK', 'HASH'], filesOf(world));
  section(['LOCK', 'HOLDER', 'UNTIL'], world.locks.map(({ name, holder, until }) => [name, holder, until]));
  const left = world.filesLeftOut + Math.max(0, world.files.length - shownFiles);
  if (left > 0) terminal.note(`${left} changed files are not shown${world.files.length > shownFiles ? ' ; next: -o json has more' : ''}`);
  terminal.note(stalenessMs === 0 ? 'This is a copy; decisions are on the API server.' : `This is a copy, up to ${duration(stalenessMs)} old; decisions are on the API server.`);
}

function headline({ mission, uid }: World): string {
  if (mission === undefined) return `mission with uid ${uid}: only what agents told is known`;
  const { name, facts } = mission;
  return `${name}: ${plain(facts.state) || 'Pending'}, ${facts.tasksDone} of ${facts.tasks} tasks done, ${facts.goalsMet} of ${facts.goals} goals met`;
}

function tasksOf({ tasks, agents }: World): readonly (readonly string[])[] {
  const busy = new Map(agents.map((agent) => [agent.task, agent]));
  return tasks.map(({ uid, facts }) => [facts.task, facts.state || 'Pending', String(facts.attempt), facts.agent || '-', doing(busy.get(uid))]);
}

function doing(agent: WorldAgent | undefined): string {
  if (agent === undefined) return '-';
  const detail = agent.doing === 'act' ? agent.tool : agent.doing === 'think' ? agent.model : undefined;
  return [agent.doing, detail, agent.turn > 0 ? `(turn ${agent.turn})` : undefined].filter((word) => word !== undefined).join(' ');
}

function filesOf({ files, tasks }: World): readonly (readonly string[])[] {
  const names = new Map(tasks.map(({ uid, facts }) => [uid, facts.task]));
  return files.slice(0, shownFiles).map(({ path, task, hash }) => [path, names.get(task) ?? task, hash === undefined ? 'deleted' : hash.slice(0, shownHash)]);
}
