// The runner of attempts under test: a repository to clone, blobs in memory, real commands, and code that is a function of the test.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { blobUri, type BlobAddress } from '#api/blobs.ts';
import type { ThoughtEvent } from '#api/events/thought.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { TaskSpec } from '#api/v1alpha1/task.ts';
import type { WorkspaceFacts } from '#domain/intent/action.ts';
import { systemClock } from '#platform/clock.ts';
import { newUuid, systemRandom } from '#platform/ids.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { createTaskLog } from '#agent-runtime/log.ts';
import type { LanguageModels } from '#agent-runtime/llm/model.ts';
import { createMcp, type OpenAttemptTools } from '#agent-runtime/mcp/tools.ts';
import type { Order } from '#agent-runtime/order.ts';
import type { BlobContent, BlobStore } from '#agent-runtime/ports.ts';
import { builtInRoles, type Roles } from '#agent-runtime/roles/registry.ts';
import type { Source } from '#agent-runtime/workspace/workspace.ts';
import { openWorkspaces } from '#agent-runtime/workspace/workspaces.ts';
import { inspectTree } from '#sandbox/copy-out.ts';
import { copyTree } from '#sandbox/copy-tree.ts';
import { bareJail } from '#sandbox/jail/bare.ts';
import type { CodeAction, RunResult, Sandbox } from '#sandbox/port.ts';
import { createProcessSandbox } from '#sandbox/process/index.ts';
import type { Live, StopReason } from './live.ts';
import type { AttemptResult } from './result.ts';
import { createRunTask, type RunTask, type RunTaskDeps } from './run-task.ts';

const path = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`;
const noFacts: WorkspaceFacts = { languages: [], frameworks: [], scripts: {}, formatters: [], binaries: [] };

/** Owner of all blobs of these tests. */
export const owner = { namespaceUid: 'ns', ownerUid: 'owner' };

/** Does what a code action would, in its folder. */
export type Code = (folder: string, action: CodeAction) => Promise<Partial<RunResult>>;

/** What came of an attempt, with its texts. */
export type Performed = AttemptResult & { readonly textOf: (artifact: string) => string | undefined; readonly live: string };

class MemoryBlobs implements BlobStore {
  readonly blobs = new Map<string, Uint8Array>();

  async put(_: string, address: BlobAddress, content: BlobContent): Promise<void> {
    this.blobs.set(blobUri(address), content.kind === 'bytes' ? content.bytes : await readFile(content.path));
  }

  async get(_: string, address: BlobAddress, file: string): Promise<'found' | 'missing'> {
    const found = this.blobs.get(blobUri(address));
    if (found !== undefined) await writeFile(file, found);
    return found === undefined ? 'missing' : 'found';
  }
}

/** What a test has at hand; made anew for each test. */
export class RunnerUnderTest {
  readonly #roles: Roles;
  scratch = '';
  /** The repository that tasks clone; its first commit has `a.txt`. */
  remote = '';
  blobs = new MemoryBlobs();
  /** What code actions do. */
  code: Code = () => Promise.resolve({ value: 'null' });
  facts = noFacts;
  /** Set where facts are to be gathered from the files. */
  gatherFacts: RunTaskDeps['gatherFacts'] = () => Promise.resolve(this.facts);
  /** What models answer, for attempts with a grant. */
  llm: LanguageModels = { under: () => ({ ask: () => Promise.reject(new Error('the test has no model')) }) };
  llmGrant = '';
  /** How far the clock of attempts is ahead of the real one, in milliseconds. */
  aheadMs = 0;
  /** Servers of the Model Context Protocol; none unless a test has some. */
  mcp: OpenAttemptTools = createMcp({ servers: [], open: () => Promise.reject(new Error('the test has no server')), holdsCredentials: false });
  /** What was told of thinking. */
  readonly thoughts: ThoughtEvent[] = [];
  readonly sandboxes: { process?: Sandbox; wasm?: Sandbox } = {};
  #runTask: RunTask | undefined;

  private constructor(roles: Roles) {
    this.#roles = roles;
  }

  /** Each test of the file begins with fresh parts, with the built-in roles and `roles`. */
  static inEachTest(roles: Roles = {}): RunnerUnderTest {
    const t = new RunnerUnderTest(roles);
    beforeEach(() => t.#open());
    afterEach(async () => {
      await t.sandboxes.process?.shutdown();
      await rm(t.scratch, { recursive: true, force: true });
    });
    return t;
  }

  readonly runTask: RunTask = (order, live) => this.#runTask?.(order, live) ?? Promise.reject(new Error('the test has not begun'));
  readonly git = (...args: string[]): string => execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: this.remote }).toString().trim();

  /** Commits files to the repository. */
  readonly commit = async (files: Readonly<Record<string, string>>): Promise<string> => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(this.remote, name)), { recursive: true });
      await writeFile(join(this.remote, name), text);
    }
    this.git('add', '-A');
    this.git('commit', '--quiet', '-m', Object.keys(files).join());
    return this.git('rev-parse', 'HEAD');
  };

  readonly source = (more: Partial<Extract<Source, { kind: 'git' }>> = {}): Source => ({ kind: 'git', url: `file://${this.remote}`, ref: 'HEAD', ...more });

  readonly orderFor = (type: string, action: string, params: JsonObject, more: Partial<Order> & { readonly sideEffects?: TaskSpec['sideEffects']; readonly policies?: Pick<TaskSpec, 'modelPolicy' | 'toolPolicy'> } = {}): Order => {
    const { sideEffects = 'None', policies = {}, ...order } = more;
    return { taskUid: 't', task: 'ns/t', attempt: 1, spec: TaskSpec.parse({ type, intent: { action, params }, sideEffects, ...policies }), inputs: {}, source: this.source(), ...owner, deadlineSeconds: 60, ...order };
  };

  readonly shell = (script: string, more: Partial<Order> = {}): Order => this.orderFor('Tester', 'RunCommand', { command: ['sh', '-c', script] }, more);

  /** What a task needs to start from the files that `first` left. */
  readonly after = (first: Performed, more: Partial<Extract<Source, { kind: 'git' }>> = {}): Pick<Order, 'source' | 'bundle'> => {
    const blob = first.artifacts.find(({ name }) => name === 'output.bundle') ?? { uri: '', sha256: '' };
    return { source: this.source({ commit: first.commit ?? '', ...more }), bundle: { blob, commit: first.outputCommit ?? '' } };
  };

  readonly perform = async (order: Order, stop?: (abort: (reason: StopReason) => void) => void, more: Partial<Live> = {}): Promise<Performed> => {
    const stopping = new AbortController();
    const log = createTaskLog(systemClock);
    const live: Uint8Array[] = [];
    log.follow((_, data) => void live.push(data));
    stop?.((reason) => stopping.abort(reason));
    const result = await this.runTask(order, { signal: stopping.signal, log, epoch: () => ({ term: 1, counter: 1 }), grant: () => 'grant', llmGrant: () => this.llmGrant, progress: () => {}, ...more });
    log.flush();
    const textOf = (name: string) => {
      const uri = result.artifacts.find((artifact) => artifact.name === name)?.uri;
      return uri === undefined ? undefined : Buffer.from(this.blobs.blobs.get(uri) ?? []).toString();
    };
    return { ...result, textOf, live: Buffer.concat(live).toString() };
  };

  /** Worktrees and sandboxes that were not removed. */
  readonly leftOver = async (): Promise<string[][]> => [await readdir(join(this.scratch, 'work', 'tasks')), await readdir(join(this.scratch, 'process')).catch(() => []), await readdir(join(this.scratch, 'code'))];

  async #open(): Promise<void> {
    this.scratch = await mkdtemp(join(tmpdir(), 'run-task-'));
    this.remote = join(this.scratch, 'remote');
    await Promise.all([mkdir(this.remote), mkdir(join(this.scratch, 'code'))]);
    this.git('init', '--quiet', '--initial-branch=main');
    await this.commit({ 'a.txt': 'a\n' });
    this.blobs = new MemoryBlobs();
    this.thoughts.length = 0;
    this.aheadMs = 0;
    const sandboxes = { process: createProcessSandbox({ workFolder: join(this.scratch, 'process'), jail: bareJail('it is not what is tested', systemClock), clock: systemClock, log: silentLog, path }), wasm: this.#codeSandbox() };
    Object.assign(this.sandboxes, sandboxes);
    const workspaces = await openWorkspaces({ workFolder: join(this.scratch, 'work'), mirrorBytes: 2 ** 30, path, log: silentLog, gitSecretsFolder: join(this.scratch, 'secrets'), protocols: ['file'] });
    this.#runTask = createRunTask({ roles: { ...builtInRoles, ...this.#roles }, workspaces, sandboxes, gatherFacts: (folder, signal) => this.gatherFacts(folder, signal), llm: { under: (grant, signal) => this.llm.under(grant, signal) }, mcp: (attempt) => this.mcp(attempt), publishThought: (event) => void this.thoughts.push(event), blobs: this.blobs, clock: { ...systemClock, monotonic: () => systemClock.monotonic() + this.aheadMs }, random: systemRandom, log: silentLog });
  }

  #codeSandbox(): Sandbox {
    return {
      name: 'wasm',
      probe: () => Promise.resolve({ boundary: 'full', reasons: [] }),
      prepare: async (copyIn) => {
        const folder = join(this.scratch, 'code', newUuid());
        await mkdir(folder);
        if (copyIn !== undefined) await copyTree(copyIn, folder);
        return {
          folder,
          run: async (action) => {
            if (action.kind !== 'code') throw new Error('the code sandbox was handed a command');
            return { ending: 'completed', stdout: '', stderr: '', durationMs: 1, boundary: 'full', ...(await this.code(folder, action)) };
          },
          inspect: (caps) => inspectTree(folder, caps),
          dispose: () => rm(folder, { recursive: true, force: true }),
        };
      },
      shutdown: () => Promise.resolve(),
    };
  }
}
