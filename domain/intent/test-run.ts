// Which command runs the tests of a workspace: the user's, the framework's own, or the script that wraps it.
import type { RunTests } from '#api/intents.ts';
import type { Framework, WorkspaceFacts } from './action.ts';
import { type Fault, paramFault, type Program } from './binding.ts';
import { recipes, type Reporting } from './frameworks.ts';
import { scriptCommand } from './package-managers.ts';
import { frameworkOfCommand, readTestScript, type Script } from './scripts.ts';

/** A command that runs tests, and where its report will be. */
export interface TestRun extends Program {
  readonly kind: 'run';
  readonly framework: Framework | undefined;
  /** File below the working folder or the temporary one; undefined: the report is read from the output. */
  readonly report: string | undefined;
}

/** The run that `params` ask for in this workspace, or why there is none. */
export function testRun({ framework = 'auto', command, report }: RunTests, facts: WorkspaceFacts): TestRun | Fault {
  const named = framework === 'auto' ? undefined : framework;
  if (command !== undefined) return { kind: 'run', command, framework: named ?? frameworkOfCommand(command), report };
  if (named !== undefined) return contextFault(named, facts) ?? frameworkRun(named, facts, report);
  return recognisedRun(facts, report) ?? paramFault('framework', 'no test framework was recognised in the workspace; name it, or give intent.params.command');
}

/** A script that wraps more than a framework is how the workspace wants its tests to be run; a Makefile is the last resort. */
function recognisedRun(facts: WorkspaceFacts, report: string | undefined): TestRun | undefined {
  const script = readTestScript(facts.scripts);
  const likeliest = facts.frameworks[0] ?? (script.kind === 'direct' ? script.framework : undefined);
  if (script.kind === 'wrapper' && (likeliest === undefined || isOfNode(likeliest))) return wrapperRun(script.framework, facts, report);
  if (likeliest !== undefined) return frameworkRun(likeliest, facts, report);
  return facts.makeTargets?.includes('test') === true ? { kind: 'run', command: ['make', 'test'], framework: undefined, report } : undefined;
}

function frameworkRun(framework: Framework, facts: WorkspaceFacts, report: string | undefined): TestRun {
  const reporting = reportingOf(framework, facts, report);
  const { command, reporters } = recipes[framework];
  const args = argsFor(framework, readTestScript(facts.scripts));
  return { kind: 'run', command: command(facts, reporters(reporting), args), program: framework, framework, report: reportOf(framework, reporting) ?? report };
}

function wrapperRun(framework: Framework | undefined, facts: WorkspaceFacts, report: string | undefined): TestRun {
  if (framework === undefined) return { kind: 'run', command: scriptCommand(facts.packageManager, 'test'), framework, report };
  const reporting = reportingOf(framework, facts, report);
  const command = scriptCommand(facts.packageManager, 'test', recipes[framework].reporters(reporting));
  return { kind: 'run', command, framework, report: reportOf(framework, reporting) ?? report };
}

function reportingOf(framework: Framework, { binaries }: WorkspaceFacts, report: string | undefined): Reporting {
  if (report !== undefined) return 'own';
  return !isOfNode(framework) || binaries.includes(framework) ? 'file' : 'output';
}

function reportOf(framework: Framework, reporting: Reporting): string | undefined {
  return reporting === 'file' ? recipes[framework].reportFile : undefined;
}

function argsFor(framework: Framework, script: Script): readonly string[] {
  return script.kind === 'direct' && script.framework === framework ? script.args : [];
}

/** Why a framework that the user named cannot run here. */
function contextFault(framework: Framework, { frameworks, languages }: WorkspaceFacts): Fault | undefined {
  if (frameworks.includes(framework)) return undefined;
  const { manifest, languages: wanted } = recipes[framework];
  const next = frameworks.length === 0 ? 'name another framework, or give intent.params.command' : `leave it out to run ${frameworks[0]}, or give intent.params.command`;
  if (manifest !== undefined) return paramFault('framework', `${framework} needs a ${manifest} in the folder that the task works in, and there is none; set workspace.git.subPath to the folder that has it, ${next}`);
  if (languages.length === 0 || wanted.some((language) => languages.includes(language))) return undefined;
  return paramFault('framework', `${framework} runs ${wanted.join(' or ')}, and the workspace has only ${languages.slice(0, 5).join(', ')}; ${next}`);
}

function isOfNode(framework: Framework): boolean {
  return recipes[framework].languages.includes('JavaScript');
}
