// `artifacts get --apply`: brings the files that a mission changed into the checkout one stands in, as changes that are not committed.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Task } from '#api/v1alpha1/task.ts';
import { messageOf } from '#platform/errors.ts';
import { exitCodes, Refusal } from '../failure.ts';
import { plain } from '../terminal/text.ts';
import { currentTasks, type MissionView } from '#domain/mission/view.ts';
import { readingMission, type Session } from './session.ts';

const run = promisify(execFile);
const maxPatchBytes = 64 * 1024 * 1024;

interface Output {
  readonly task: string;
  readonly bundle: NonNullable<NonNullable<Task['status']>['artifacts']>[number];
  /** Commit that the mission started from, and the one that it made. */
  readonly base: string;
  readonly commit: string;
}

/** Applies the output of `task`, or of the one task whose files are the mission's output, to the checkout in `folder`. */
export function applyOutput(session: Session, mission: string, { task, folder }: { readonly task?: string; readonly folder: string }): Promise<number> {
  return readingMission(session, mission, async ({ cluster, view }) => {
    const output = outputOf(view, task);
    await mustHave(output, folder);
    const blobs = await session.openBlobs(cluster);
    const scratch = await mkdtemp(join(tmpdir(), 'coditect-'));
    try {
      const bundle = join(scratch, 'output.bundle');
      await writeFile(bundle, await blobs.read(mission, output.bundle));
      const files = await apply(output, { bundle, patch: join(scratch, 'output.patch'), folder });
      session.terminal.note(`applied ${files.length} changed files of task ${output.task}; look at them with git diff HEAD:`);
      for (const file of files) session.terminal.note(`  ${plain(file)}`);
    } finally {
      await blobs.close();
      await rm(scratch, { recursive: true, force: true });
    }
    return exitCodes.ok;
  });
}

function outputOf(view: MissionView, wanted: string | undefined): Output {
  const { name } = view.mission.metadata;
  const outputs = [...currentTasks(view)].flatMap(([task, { status }]) => outputOfTask(task, status));
  const continued = new Set([...currentTasks(view).values()].filter(({ status }) => status?.workspace?.outputCommit !== undefined).map(({ spec }) => spec.workspaceFrom));
  const asked = wanted ?? view.mission.spec.outputs?.git?.from;
  const candidates = outputs.filter(({ task }) => (asked === undefined ? !continued.has(task) : task === asked));
  const [output, ...others] = candidates;
  if (output === undefined) throw new Refusal(`apply the output of mission ${name}: ${asked === undefined ? 'no task' : `task ${asked}`} has changed files`, `kubectl mission artifacts list ${name}`);
  if (others.length > 0) throw new Refusal(`apply the output of mission ${name}: tasks ${candidates.map(({ task }) => task).join(', ')} have each changed files`, `name one: kubectl mission artifacts get ${name} ${output.task} --apply`);
  const base = view.mission.status?.workspace?.commit;
  if (base === undefined) throw new Refusal(`apply the output of mission ${name}: its workspace is no git repository`, `kubectl mission artifacts get ${name} ${output.task} output.bundle -o output.bundle`);
  return { ...output, base };
}

function outputOfTask(task: string, status: Task['status']): Omit<Output, 'base'>[] {
  const bundle = status?.artifacts?.find(({ name }) => name === 'output.bundle');
  const commit = status?.workspace?.outputCommit;
  return bundle === undefined || commit === undefined ? [] : [{ task, bundle, commit }];
}

async function mustHave({ base }: Output, folder: string): Promise<void> {
  const top = await git(folder, ['rev-parse', '--show-toplevel']).catch(() => undefined);
  if (top === undefined) throw new Refusal(`apply to ${folder}: it is no git checkout`, 'go to a checkout of the repository that the mission worked on');
  const known = await git(folder, ['cat-file', '-e', `${base}^{commit}`]).catch(() => undefined);
  if (known === undefined) throw new Refusal(`apply to ${top}: it does not have commit ${base}, from which the mission started`, 'git fetch, or go to a checkout of the repository that the mission worked on');
}

/** Names of the changed files. Git refuses paths outside, links out, and files that have been changed since. */
async function apply({ base, commit }: Output, { bundle, patch, folder }: { readonly bundle: string; readonly patch: string; readonly folder: string }): Promise<string[]> {
  const top = await git(folder, ['rev-parse', '--show-toplevel']);
  // What others made is checked before it is taken in; it lies in no branch, so git removes it again in time.
  await git(top, ['-c', 'transfer.fsckObjects=true', 'fetch', '--quiet', '--no-tags', '--no-write-fetch-head', bundle, 'refs/coditect/output']);
  await git(top, ['diff', '--binary', '--no-color', '--no-ext-diff', '--no-textconv', `--output=${patch}`, base, commit]);
  try {
    await git(top, ['apply', '--3way', patch]);
  } catch (error) {
    throw new Refusal(`apply the mission's changes to ${top}: ${plain(firstLine(messageOf(error)))}`, 'commit or stash your own changes of these files, then repeat the command', { cause: error });
  }
  return (await git(top, ['diff', '--name-only', '-z', base, commit])).split('\0').filter((file) => file !== '');
}

async function git(folder: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run('git', ['-C', folder, ...args], { maxBuffer: maxPatchBytes });
  return stdout.trimEnd();
}

function firstLine(text: string): string {
  return text.split('\n').find((line) => line.startsWith('error:')) ?? text.split('\n')[0] ?? '';
}
