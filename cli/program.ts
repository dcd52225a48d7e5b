// The commands and their words. Each loads its own code when it is called, so that help and mistakes answer at once.
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Surroundings } from './commands/open.ts';
import type { ReachOptions, Session } from './commands/session.ts';
import { exitCodes, Refusal } from './failure.ts';
import { addLearned } from './learned.ts';
import { addPage } from './page.ts';
import { addPast } from './past.ts';
import { type Act, type Add, isJson, json, parseDuration } from './words.ts';
import { defined } from './world/defined.ts';

/** What the program needs of the process around it. */
export interface Host {
  readonly session: (reach: ReachOptions) => Session;
  readonly surroundings: Surroundings;
  readonly write: (text: string) => void;
  readonly complain: (text: string) => void;
}

/** Runs one command line (without node and script) and gives its exit code. Rejects with what the command threw. */
export async function runProgram(words: readonly string[], host: Host): Promise<number> {
  let code: number = exitCodes.ok;
  const program = buildProgram(host, (result) => (code = result));
  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.trouble;
  }
  return code;
}

function buildProgram(host: Host, done: (code: number) => void): Command {
  const program = new Command('kubectl mission')
    .description('Runs and watches missions of autonomous agents.')
    .exitOverride()
    .configureOutput({ writeOut: host.write, writeErr: host.write, outputError: (text) => host.complain(`${text.trim().replaceAll(/\s+/g, ' ')} ; next: kubectl mission --help\n`) })
    .showHelpAfterError(false)
    .addHelpText('after', '\nExit codes: 0 succeeded, 1 the mission failed, 2 timeout, wrong usage or no connection.\nExamples:\n  kubectl mission run -f mission.yaml --follow\n  kubectl mission wait examine --timeout 10m && echo proven\n  kubectl mission why examine');
  const add: Add = (parent, usage, description) => reachable(parent.command(usage).description(description).exitOverride());
  const act: Act = async (command, run) => done(await run(host.session(reachOf(command))));
  watching(program, add, act);
  reading(program, add, act);
  addPast(program, add, act);
  addLearned(program, add, act);
  addPage(program, add, act);
  planning(program, add, act);
  approving(program, add, act);
  steering(program, add, act);
  onThisMachine(program, host, done);
  return program;
}

function reachable(command: Command): Command {
  return command
    .option('-n, --namespace <name>', 'namespace of the mission; the context\'s unless told')
    .option('--kubeconfig <file>', 'kubeconfig to use')
    .option('--context <name>', 'context of the kubeconfig to use')
    .option('--operator-namespace <name>', 'namespace of the installation', 'coditect-system');
}

function reachOf(command: Command): ReachOptions {
  return command.opts<ReachOptions>();
}

function watching(program: Command, add: Add, act: Act): void {
  add(program, 'run', 'Apply a mission file; a mission that has ended runs again.')
    .requiredOption('-f, --filename <file>', 'YAML file with a Mission, or - for standard input')
    .option('--follow', 'show the mission until it has ended; the exit code tells its outcome', false)
    .addOption(json())
    .addHelpText('after', '\nExamples:\n  kubectl mission run -f mission.yaml --follow\n  cat mission.yaml | kubectl mission run -f - -n team-a')
    .action(async (options: { filename: string; follow: boolean; output?: string }, command: Command) => {
      const { runCommand } = await import('./commands/run.ts');
      await act(command, (session) => runCommand(session, { file: options.filename, follow: options.follow, json: isJson(options) }));
    });
  add(program, 'tree <mission>', 'Show a mission live until it has ended, then goals, evidence and artifacts.')
    .option('--once', 'show it as it is now and end', false)
    .addOption(json())
    .addHelpText('after', '\nExamples:\n  kubectl mission tree examine\n  kubectl mission tree examine --once\n  kubectl mission tree examine -o json | jq .tasks')
    .action(async (mission: string, options: { once: boolean; output?: string }, command: Command) => {
      const { treeCommand } = await import('./commands/tree.ts');
      await act(command, (session) => treeCommand(session, mission, { once: options.once, json: isJson(options) }));
    });
  add(program, 'wait <mission>', 'Wait until a mission has ended: 0 succeeded, 1 failed, 2 timeout or no connection.')
    .option('--timeout <duration>', 'longest time to wait, for example 90s, 10m, 2h', parseDuration)
    .addOption(json())
    .addHelpText('after', '\nExamples:\n  kubectl mission wait examine --timeout 10m\n  kubectl mission wait examine -o json')
    .action(async (mission: string, options: { timeout?: number; output?: string }, command: Command) => {
      const { waitCommand } = await import('./commands/wait.ts');
      await act(command, (session) => waitCommand(session, mission, { json: isJson(options), ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout }) }));
    });
}

function reading(program: Command, add: Add, act: Act): void {
  add(program, 'logs <mission> [task]', 'Print the log of a task, or of all tasks of a mission.')
    .option('--follow', 'go on until the task, or the mission, has ended', false)
    .addHelpText('after', '\nExamples:\n  kubectl mission logs examine survey\n  kubectl mission logs examine --follow')
    .action(async (mission: string, task: string | undefined, options: { follow: boolean }, command: Command) => {
      const { logsCommand } = await import('./commands/logs.ts');
      await act(command, (session) => logsCommand(session, mission, { follow: options.follow, ...(task === undefined ? {} : { task }) }));
    });
  add(program, 'why <mission> [task]', 'Say what a mission or a task waits for, or why it failed, and what to do.')
    .addOption(json())
    .addHelpText('after', '\nExamples:\n  kubectl mission why examine\n  kubectl mission why examine survey')
    .action(async (mission: string, task: string | undefined, options: { output?: string }, command: Command) => {
      const { whyCommand } = await import('./commands/why.ts');
      await act(command, (session) => whyCommand(session, mission, { json: isJson(options), ...(task === undefined ? {} : { task }) }));
    });
  const artifacts = program.command('artifacts').description('List and fetch what tasks produced.').exitOverride();
  add(artifacts, 'list <mission>', 'List the artifacts of a mission.')
    .addOption(json())
    .addHelpText('after', '\nExample:\n  kubectl mission artifacts list examine')
    .action(async (mission: string, options: { output?: string }, command: Command) => {
      const { listArtifacts } = await import('./commands/artifacts.ts');
      await act(command, (session) => listArtifacts(session, mission, { json: isJson(options) }));
    });
  add(artifacts, 'get <mission> [task] [artifact]', 'Print an artifact, write it to a file, or apply changed files to the checkout you are in.')
    .option('-o, --output <file>', 'file to write')
    .option('--apply', 'apply the files that the mission changed to the current checkout, without committing them', false)
    .addHelpText('after', '\nExamples:\n  kubectl mission artifacts get examine report report.md\n  kubectl mission artifacts get examine report report.md -o report.md\n  kubectl mission artifacts get tidy --apply')
    .action(async (...[mission, task, name, options, command]: [string, string | undefined, string | undefined, GetOptions, Command]) => {
      await act(command, (session) => getOrApply(session, mission, { task, name, options }));
    });
}

interface GetOptions {
  readonly output?: string;
  readonly apply: boolean;
}

async function getOrApply(session: Session, mission: string, { task, name, options: { output, apply } }: { readonly task: string | undefined; readonly name: string | undefined; readonly options: GetOptions }): Promise<number> {
  if (apply) {
    if (name !== undefined || output !== undefined) throw new Refusal('get artifacts with --apply: it takes no artifact and no file, only the mission and perhaps a task', `kubectl mission artifacts get ${mission} --apply`);
    const { applyOutput } = await import('./commands/apply-output.ts');
    return applyOutput(session, mission, { folder: process.cwd(), ...(task === undefined ? {} : { task }) });
  }
  if (task === undefined || name === undefined) throw new Refusal(`get an artifact of mission ${mission}: name the task and the artifact, or --apply`, `kubectl mission artifacts list ${mission}`);
  const { getArtifact } = await import('./commands/artifacts.ts');
  return getArtifact(session, mission, { task, name, ...(output === undefined ? {} : { file: output }) });
}

function planning(program: Command, add: Add, act: Act): void {
  add(program, 'plan', 'Show the plan that a planner makes of a mission file. Creates nothing, but the model is asked and paid.')
    .requiredOption('-f, --filename <file>', 'YAML file with a Mission that sets spec.planner, or - for standard input')
    .addOption(json())
    .addHelpText('after', '\nExit codes: 0 a valid plan, 1 no valid plan came of it, 2 it could not be asked.\nExamples:\n  kubectl mission plan -f mission.yaml\n  kubectl mission plan -f mission.yaml -o json | jq .tasks')
    .action(async (options: { filename: string; output?: string }, command: Command) => {
      const { planCommand } = await import('./commands/plan.ts');
      await act(command, (session) => planCommand(session, { file: options.filename, json: isJson(options) }));
    });
  add(program, 'plans <mission>', 'List the plans that a planner made for a mission, what they cost, and why some were rejected.')
    .addOption(json())
    .addHelpText('after', '\nExamples:\n  kubectl mission plans examine\n  kubectl mission plans examine -o json')
    .action(async (mission: string, options: { output?: string }, command: Command) => {
      const { plansCommand } = await import('./commands/plans.ts');
      await act(command, (session) => plansCommand(session, mission, { json: isJson(options) }));
    });
  const revision = (text: string) => {
    if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('expected the number of a revision, for example 2');
    return Number(text);
  };
  add(program, 'plan-diff <mission>', 'Show what differs between two accepted plans of a mission.')
    .argument('[from]', 'revision to start from; the accepted one before the other unless told', revision)
    .argument('[to]', 'revision to compare with; the newest accepted one unless told', revision)
    .addOption(json())
    .addHelpText('after', '\nExamples:\n  kubectl mission plan-diff examine\n  kubectl mission plan-diff examine 1 3')
    .action(async (...[mission, from, to, options, command]: [string, number | undefined, number | undefined, { output?: string }, Command]) => {
      const { planDiffCommand } = await import('./commands/plans.ts');
      await act(command, (session) => planDiffCommand(session, mission, { json: isJson(options), ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }));
    });
}

const decisionTexts = {
  approve: { decision: 'Approve', text: 'Approve what a mission asks people about: its plan, or the work of a goal. Shows it first.' },
  reject: { decision: 'Reject', text: 'Reject what a mission asks people about. One rejection is enough.' },
} as const;

interface DecisionWords {
  readonly goal?: string;
  readonly plan?: boolean;
  readonly comment?: string;
}

function approving(program: Command, add: Add, act: Act): void {
  for (const name of ['approve', 'reject'] as const) {
    const { decision, text } = decisionTexts[name];
    add(program, `${name} <mission>`, text)
      .option('--goal <goal>', 'the goal that is meant; needed when people are asked about several things')
      .addOption(new Option('--plan', 'the plan is meant').conflicts('goal'))
      .option('--comment <text>', 'why')
      .addHelpText('after', `\nExamples:\n  kubectl mission ${name} examine\n  kubectl mission ${name} examine --goal looks-good --comment "read it twice"`)
      .action(async (mission: string, { goal, plan, comment }: DecisionWords, command: Command) => {
        const { decisionCommand } = await import('./commands/approve.ts');
        await act(command, (session) => decisionCommand(session, mission, { decision, ...defined({ goal, plan, comment }) }));
      });
  }
  add(program, 'approvals <mission>', 'List what people are asked about a mission, and what they have said.')
    .addOption(json())
    .addHelpText('after', '\nExamples:\n  kubectl mission approvals examine\n  kubectl mission approvals examine -o json')
    .action(async (mission: string, options: { output?: string }, command: Command) => {
      const { approvalsCommand } = await import('./commands/approvals.ts');
      await act(command, (session) => approvalsCommand(session, mission, { json: isJson(options) }));
    });
}

const steeringTexts = {
  suspend: 'Start no further tasks until the mission is resumed.',
  resume: 'Let a suspended mission go on.',
  stop: 'Let running tasks finish, then end the mission.',
  cancel: 'Abort running tasks and end the mission.',
} as const;

function steering(program: Command, add: Add, act: Act): void {
  for (const name of ['suspend', 'resume', 'stop', 'cancel'] as const) {
    add(program, `${name} <mission>`, steeringTexts[name])
      .addHelpText('after', `\nExample:\n  kubectl mission ${name} examine`)
      .action(async (mission: string, _: object, command: Command) => {
        const { modeCommand } = await import('./commands/mode.ts');
        await act(command, (session) => modeCommand(session, name, mission));
      });
  }
}

function onThisMachine(program: Command, host: Host, done: (code: number) => void): void {
  const local = (name: string, description: string, help: string) => program.command(name).description(description).addHelpText('after', help).exitOverride();
  const demoHelp = '\nEnvironment:\n  REPO=<path or url>  repository to examine (this checkout)\n  KEEP=1              leave the cluster up\n  TRUST=1             as --trust\n  CLUSTER=current     use the cluster of the current kubectl context\nExamples:\n  make demo\n  make demo REPO=~/src/project KEEP=1';
  local('demo', 'Start a cluster on this machine, run a mission on a repository, show it and clean up.', demoHelp)
    .option('--trust', 'run the code of REPO also where no full sandbox boundary can be had', false)
    .action(async ({ trust }: { readonly trust: boolean }) => {
      const { demoCommand } = await import('./demo/demo.ts');
      done(await demoCommand(host.surroundings, { trust }));
    });
  local('shell', 'Open a shell in which kubectl and kubectl mission reach the demo cluster.', '\nExample:\n  make shell').action(async () => {
    const { shellCommand } = await import('./demo/shell.ts');
    done(await shellCommand(host.surroundings));
  });
}
