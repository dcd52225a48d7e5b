// Ends all processes of a run. The group catches what stayed in it; a variable of its environment marks what left it.
import { readdir, readFile } from 'node:fs/promises';

const rounds = 20;

/** Kills the process group `group` at once; harmless when it is gone. */
export function killGroup(group: number | undefined): void {
  if (group !== undefined) kill(-group);
}

/**
 * Kills every process whose first environment holds `marker` (`NAME=value`), until none is left. Processes are found in /proc;
 * without one, only the group is known. A process that replaced its environment at start and left its group escapes: the boundary says so.
 */
export async function killMarked(marker: string): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const found = await marked(marker);
    if (found.length === 0) return;
    found.forEach(kill);
  }
}

async function marked(marker: string): Promise<number[]> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const hits = await Promise.all(pids.map(async (pid) => pid !== process.pid && (await environment(pid)).includes(marker)));
  return pids.filter((_, index) => hits[index] === true);
}

/** Empty for a process that is gone, a zombie, or another user's. */
async function environment(pid: number): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return text.split('\0');
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself, or was never ours.
  }
}
