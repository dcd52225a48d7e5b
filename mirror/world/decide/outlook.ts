// What the world says to one of the agents in it: the others, and what they have changed.
import { type Outlook, outlookLimits, type World, type WorldTask } from '#api/world.ts';

/** Whose view it is, and of which files. */
export interface Standpoint {
  /** UID of the asker's own task. */
  readonly task: string;
  /** Folder without a slash at its end; empty for all files. */
  readonly folder: string;
}

/** The world of a mission as one of its agents is told it, bounded. */
export function outlookOf({ mission, tasks, agents, files, filesLeftOut }: World, { task: own, folder }: Standpoint): Outlook {
  const doing = new Map(agents.map((agent) => [agent.task, agent.doing]));
  const names = new Map(tasks.map(({ uid, facts }) => [uid, facts.task]));
  const rank = (task: WorldTask): number => (doing.has(task.uid) ? 0 : (ranks[task.facts.result ?? ''] ?? ranks['Skipped'] ?? 0));
  const listed = tasks.toSorted((a, b) => rank(a) - rank(b)).slice(0, outlookLimits.tasks);
  const others = files.filter(({ task, path }) => task !== own && (folder === '' || path.startsWith(`${folder}/`)));
  return {
    goals: (mission?.goals ?? []).map(({ name, state }) => ({ name, state })),
    tasks: listed.map(({ uid, facts: { task, type, action, state } }) => {
      const at = doing.get(uid);
      return { task, type, action, state, isOwn: uid === own, ...(at === undefined ? {} : { doing: at }) };
    }),
    tasksLeftOut: tasks.length - listed.length,
    files: others.slice(0, outlookLimits.files).map(({ path, hash, task }) => ({ path, task: names.get(task) ?? task, isDeleted: hash === undefined })),
    filesLeftOut: filesLeftOut + Math.max(0, others.length - outlookLimits.files),
  };
}

/** By result; those that wait have none. */
const ranks: Readonly<Record<string, number>> = { Failed: 1, '': 2, Succeeded: 3, Skipped: 4, Cancelled: 4 };
