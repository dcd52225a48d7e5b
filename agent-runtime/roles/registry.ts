// The roles this runtime has, by role and action. A custom role is an image whose main.ts hands in its own table.
import type { BuiltInRole, intents } from '#api/intents.ts';
import type { Intent } from '#api/v1alpha1/task.ts';
import type { Action, Bound } from './action.ts';
import { analyzeCode } from './analyzer/analyze-code.ts';
import { countPatterns } from './analyzer/count-patterns.ts';
import { explainCode } from './analyzer/explain-code.ts';
import { writeReport } from './analyzer/write-report.ts';
import { applyPatch } from './coder/apply-patch.ts';
import { formatCode } from './coder/format-code.ts';
import { pushCommit } from './coder/push-commit.ts';
import { rewriteCode } from './coder/rewrite-code.ts';
import { runCode } from './coder/run-code.ts';
import { writeCode } from './coder/write-code.ts';
import { judgeWork } from './tester/judge-work.ts';
import { runCommand } from './tester/run-command.ts';
import { runTests } from './tester/run-tests.ts';
import { writeTests } from './tester/write-tests.ts';
import { verifyArtifact } from './verifier/verify-artifact.ts';
import { verifyCommand } from './verifier/verify-command.ts';

/** Actions by role and name. */
export type Roles = Readonly<Record<string, Readonly<Record<string, Action>>>>;

/** What comes with the runtime; the type holds it to the catalogue of intents. */
export const builtInRoles = {
  Analyzer: { AnalyzeCode: analyzeCode, CountPatterns: countPatterns, WriteReport: writeReport, ExplainCode: explainCode },
  Coder: { ApplyPatch: applyPatch, RewriteCode: rewriteCode, FormatCode: formatCode, RunCode: runCode, WriteCode: writeCode, PushCommit: pushCommit },
  Tester: { RunCommand: runCommand, RunTests: runTests, WriteTests: writeTests, VerifyCommand: verifyCommand, VerifyArtifact: verifyArtifact, JudgeWork: judgeWork },
} as const satisfies { [R in BuiltInRole]: Record<keyof (typeof intents)[R], Action> };

/** The action that an intent asks of a role, with its parameters, or why there is none. */
export function bindAction(roles: Roles, role: string, intent: Intent): Bound {
  const actions = Object.hasOwn(roles, role) ? roles[role] : undefined;
  if (actions === undefined) return { kind: 'refused', message: `this agent has no role ${role}; it has ${Object.keys(roles).join(', ')}` };
  const found = Object.hasOwn(actions, intent.action) ? actions[intent.action] : undefined;
  if (found === undefined) return { kind: 'refused', message: `${role} does not know ${intent.action}; it knows ${Object.keys(actions).join(', ')}` };
  return found(intent.params ?? {});
}
