// Decides a goal whose check is a command, by what an independent verifier measured when it ran it.
import type { CommandCheck, GoalProof } from '#api/v1alpha1/mission.ts';
import { plainText } from '#domain/conditions.ts';
import { describeOrigin } from './evidence.ts';
import type { TaskFact } from './facts.ts';
import type { Verdict, World } from './verdict.ts';
import { distrust, proofOf, verificationOf, verifierFailed } from './verification.ts';

const limits = { command: 256, shownCommand: 80, outputTail: 512, lastWords: 200 } as const;

/** The verdict of a command. */
export function judgeCommand(goal: string, check: CommandCheck, world: World): Verdict {
  const what = plainText(check.command.join(' '), limits.shownCommand);
  const verification = verificationOf(goal, what, world);
  if (verification.kind === 'open') return verification.verdict;
  const { verifier } = verification;
  const exitCode = exitCodeOf(verifier);
  const proof = proofOf(verifier, foundBy(verifier, check));
  if (exitCode === undefined) return verifierFailed(verifier, what, proof);
  const doubt = distrust(verifier, world);
  const evidence = (...remarks: readonly string[]) => [...remarks, `${what} ended with ${describeExit(exitCode, check)}${verifier.agent === undefined ? '' : ` on agent ${verifier.agent}`}${describeOrigin(verifier)}`, ...restored(verifier)].join('; ');
  if (doubt !== undefined) return { state: 'Unmet', reason: 'UnverifiedEvidence', evidence: evidence(doubt), ...proof };
  const passed = verifier.outcome === 'Succeeded' && exitCode === check.expectExitCode;
  if (passed) return { state: 'Met', reason: 'CommandPassed', evidence: evidence(), ...proof };
  return { state: 'Unmet', reason: 'CommandFailed', evidence: `${evidence()}${lastWords(verifier)}`, ...proof };
}

function exitCodeOf({ observed }: TaskFact): number | undefined {
  const { exitCode } = observed;
  return typeof exitCode === 'number' && exitCode >= 0 && exitCode <= 255 ? exitCode : undefined;
}

function describeExit(exitCode: number, { expectExitCode }: CommandCheck): string {
  return exitCode === expectExitCode ? String(exitCode) : `${exitCode}, not ${expectExitCode}`;
}

/** `2 protected files differed and were restored: test/add.test.ts,test/sub.test.ts` */
function restored({ observed }: TaskFact): string[] {
  const count = observed['protectedChanged'];
  if (typeof count !== 'number' || count === 0) return [];
  const files = observed['restored'];
  return [`${count === 1 ? '1 protected file differed and was' : `${count} protected files differed and were`} restored${typeof files === 'string' && files !== '' ? `: ${files}` : ''}`];
}

function tailOf({ observed }: TaskFact, limit: number): string {
  const tail = observed['outputTail'];
  return typeof tail === 'string' ? plainText(tail.trim(), Number.POSITIVE_INFINITY).slice(-limit) : '';
}

function lastWords(verifier: TaskFact): string {
  const words = tailOf(verifier, limits.lastWords);
  return words === '' ? '' : `; it last said: ${words}`;
}

function foundBy(verifier: TaskFact, { command }: CommandCheck): Omit<GoalProof, 'task' | 'agent'> {
  const exitCode = exitCodeOf(verifier);
  const outputTail = tailOf(verifier, limits.outputTail);
  return {
    ...(verifier.workspace === undefined ? {} : { tree: verifier.workspace.treeBefore }),
    command: plainText(command.join(' '), limits.command),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(outputTail === '' ? {} : { outputTail }),
  };
}
