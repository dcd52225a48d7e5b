// What the built-in roles can be asked for. docs/reference/intents.md is made from these descriptions, and every mission is checked against them.
import { z } from 'zod';
import { JsonObject } from './v1alpha1/json.ts';
import { LabelName } from './v1alpha1/schema.ts';

const relativePath = z
  .string()
  .min(1)
  .max(255)
  .regex(/^(?!.*(^|\/)\.\.(\/|$))[A-Za-z0-9._@-]+(\/[A-Za-z0-9._@-]+)*$/, 'must be a relative path without ..');

const argv = z.array(z.string().min(1).max(1024)).min(1).max(64);

const timeoutSeconds = z.int().min(1).max(604_800).optional();

export const analyzeMeasures = ['languages', 'size', 'imports', 'complexity', 'duplicates', 'rules', 'secrets', 'dependencies'] as const;

export const AnalyzeCode = z.strictObject({
  area: relativePath.optional().describe('Folder of the workspace to look at. Unset: all of it.'),
  measures: z.array(z.enum(analyzeMeasures)).min(1).max(analyzeMeasures.length).optional().describe('What to measure: languages, size (files and lines), imports (the import graph and its cycles), complexity (functions with many branches), duplicates (blocks that occur twice), rules (common faults by syntax), secrets, dependencies (manifests). Unset: all.'),
});
export type AnalyzeCode = z.infer<typeof AnalyzeCode>;

export const CountPatterns = z.strictObject({
  area: relativePath.optional().describe('Folder of the workspace to look at. Unset: all of it.'),
  patterns: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(63).regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'must be letters, digits and underscores').describe('Name of the count in the results.'),
        text: z.string().min(1).max(256).describe('Literal text to count, case sensitive; no pattern characters.'),
      }),
    )
    .min(1)
    .max(16)
    .describe('Texts to count in the files, at most 16.'),
});
export type CountPatterns = z.infer<typeof CountPatterns>;

export const WriteReport = z.strictObject({
  title: z.string().min(1).max(200).describe('Heading of the Markdown report that collects the inputs of the task.'),
});
export type WriteReport = z.infer<typeof WriteReport>;

export const RunCommand = z.strictObject({
  command: argv.describe('Program and arguments, at most 64. No shell looks at them.'),
  expectExitCode: z.int().min(0).max(255).optional().describe('Exit code that means success. Default 0.'),
  timeoutSeconds: timeoutSeconds.describe('Longest run time of the command, in seconds. Unset: the task\'s activeDeadlineSeconds alone.'),
});
export type RunCommand = z.infer<typeof RunCommand>;

export const testFrameworks = ['auto', 'vitest', 'jest', 'node', 'mocha', 'pytest', 'go', 'cargo'] as const;

export const RunTests = z.strictObject({
  framework: z.enum(testFrameworks).optional().describe('Test framework of the workspace. Default auto: detected by its files.'),
  command: argv.optional().describe('Program and arguments to run instead of the framework\'s own command; its report is still read.'),
  report: relativePath.optional().describe('File that the tests write their report to, JUnit XML or TAP. Unset: the report is read from what they print.'),
  timeoutSeconds: timeoutSeconds.describe('Longest run time of the tests, in seconds. Unset: the task\'s activeDeadlineSeconds alone.'),
});
export type RunTests = z.infer<typeof RunTests>;

const protect = z.array(relativePath).max(32).optional();

export const VerifyCommand = z.strictObject({
  command: argv.describe('Program and arguments, at most 64. No shell looks at them.'),
  expectExitCode: z.int().min(0).max(255).optional().describe('Exit code that means success. Default 0.'),
  protect: protect.describe('Files and folders that are taken from the base revision before the command runs, whatever the checked tasks made of them. Unset: every argument of the command that names a file there.'),
  timeoutSeconds: timeoutSeconds.describe('Longest run time of the command, in seconds. Unset: the task\'s activeDeadlineSeconds alone.'),
});
export type VerifyCommand = z.infer<typeof VerifyCommand>;

export const VerifyArtifact = z.strictObject({
  input: LabelName.describe('Input of the task that names the artifact (field `artifacts.<name>`).'),
  schema: JsonObject.optional().describe('JSON Schema (draft 2020-12) that the artifact must satisfy.'),
  expression: z.string().min(1).max(1024).optional().describe('CEL expression over `json`, the parsed artifact, that must be true.'),
});
export type VerifyArtifact = z.infer<typeof VerifyArtifact>;

export const ApplyPatch = z.strictObject({
  patch: z.string().min(1).max(3500).optional().describe('Unified diff as git writes it. Exactly one of patch and file.'),
  file: relativePath.optional().describe('File of the workspace that holds the diff.'),
});
export type ApplyPatch = z.infer<typeof ApplyPatch>;

export const codeLanguages = ['typescript', 'tsx', 'javascript', 'python', 'go', 'rust'] as const;

export const RewriteCode = z.strictObject({
  language: z.enum(codeLanguages).describe('Language of the files to rewrite.'),
  area: relativePath.optional().describe('Folder of the workspace to rewrite. Unset: all of it.'),
  rewrites: z
    .array(
      z.strictObject({
        pattern: z.string().min(1).max(512).describe('Code to find, with $NAME for one node and $$$NAMES for any number (ast-grep).'),
        rewrite: z.string().max(512).describe('Code to put there; the same names stand for what was found.'),
      }),
    )
    .min(1)
    .max(8)
    .describe('Rewrites, carried out one after the other.'),
  atLeast: z.int().min(0).max(100_000).optional().describe('Fewer replacements than this are a failure. Default 1.'),
});
export type RewriteCode = z.infer<typeof RewriteCode>;

export const FormatCode = z.strictObject({
  command: argv.optional().describe('Program and arguments of the formatter. Unset: the one that the workspace uses.'),
  timeoutSeconds: timeoutSeconds.describe('Longest run time, in seconds. Unset: the task\'s activeDeadlineSeconds alone.'),
});
export type FormatCode = z.infer<typeof FormatCode>;

export const RunCode = z.strictObject({
  source: z.string().min(1).max(3500).optional().describe('JavaScript, the body of an async function of `input` that may call readFile, writeFile and listFiles. Exactly one of source and file.'),
  file: relativePath.optional().describe('File of the workspace that holds it.'),
  input: JsonObject.optional().describe('What the code finds as `input`, besides the inputs of the task.'),
  timeoutSeconds: timeoutSeconds.describe('Longest run time, in seconds. Default 30.'),
  memoryMiB: z.int().min(4).max(256).optional().describe('Most memory of the code, in MiB. Default 64.'),
});
export type RunCode = z.infer<typeof RunCode>;

export const PushCommit = z.strictObject({
  branch: z.string().min(1).max(200).regex(/^(?!.*(\.\.|\/\/|@\{))[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$/, 'must be a branch name').describe('Branch to push to; made when it is not there, never overwritten.'),
});
export type PushCommit = z.infer<typeof PushCommit>;

export const WriteCode = z.strictObject({
  instructions: z.string().min(1).max(4000).describe('What is to be written or mended, in words.'),
  model: z.string().min(1).max(128).regex(/^[A-Za-z0-9][A-Za-z0-9._:@-]*$/, 'must be the name of a model').optional().describe('Model that writes the code, and no other. Unset: those of modelPolicy.tiers, else the one that the installation names.'),
  maxTurns: z.int().min(1).max(100).optional().describe('Most answers of all models together before the task fails. Default 30.'),
  allowCommands: z.boolean().optional().describe('Lets the model run programs in the sandbox, without network. Default false: it runs the tests, and JavaScript of its own in the WebAssembly sandbox.'),
});
export type WriteCode = z.infer<typeof WriteCode>;

const model = z.string().min(1).max(128).regex(/^[A-Za-z0-9][A-Za-z0-9._:@-]*$/, 'must be the name of a model').optional();
const maxTurns = z.int().min(1).max(100).optional();

export const WriteTests = z.strictObject({
  instructions: z.string().min(1).max(4000).describe('What the tests are to prove, in words.'),
  model: model.describe('Model that writes the tests. Unset: the one that the installation names.'),
  maxTurns: maxTurns.describe('Most answers of the model before the task fails. Default 30.'),
});
export type WriteTests = z.infer<typeof WriteTests>;

export const ExplainCode = z.strictObject({
  question: z.string().min(1).max(2000).describe('What somebody wants to know about the code.'),
  area: relativePath.optional().describe('Folder of the workspace to look at. Unset: all of it.'),
  model: model.describe('Model that answers. Unset: the one that the installation names.'),
  maxTurns: maxTurns.describe('Most answers of the model before the task fails. Default 20.'),
});
export type ExplainCode = z.infer<typeof ExplainCode>;

const votes = z.int().min(1).max(5);

export const JudgeWork = z.strictObject({
  rubric: z.string().min(1).max(2048).describe('What is looked for, as sentences that are either true or not of the work.'),
  votes: votes.describe('Most times that a model is asked, each time anew.'),
  quorum: votes.describe('How many votes must be in favour. No further vote is asked for once this is reached or out of reach.'),
  model: model.describe('Model that judges. Unset: the one that the installation names.'),
});
export type JudgeWork = z.infer<typeof JudgeWork>;

/** One thing a role can be asked for. */
export interface IntentDefinition {
  /** What the agent does, one sentence. */
  readonly description: string;
  readonly params: z.ZodType;
  /** Set when changed files are what it is for. */
  readonly changesFiles?: true;
}

/** The intents of the built-in roles, by role and action. Roles that an image of yours provides check their own. */
export const intents = {
  Analyzer: {
    AnalyzeCode: { description: 'Measures source code without running it: SARIF and Markdown reports, and counts.', params: AnalyzeCode },
    CountPatterns: { description: 'Counts literal texts in the files.', params: CountPatterns },
    WriteReport: { description: 'Collects the inputs of the task into a Markdown report, kept as an artifact.', params: WriteReport },
    ExplainCode: { description: 'Lets a language model answer a question about the code, with findings whose places were checked; changes nothing; needs an LLM gateway.', params: ExplainCode },
  },
  Coder: {
    ApplyPatch: { description: 'Applies a diff to the files.', params: ApplyPatch, changesFiles: true },
    RewriteCode: { description: 'Rewrites code by its syntax.', params: RewriteCode, changesFiles: true },
    FormatCode: { description: 'Formats the files with the formatter that the workspace uses.', params: FormatCode, changesFiles: true },
    RunCode: { description: 'Runs JavaScript in the WebAssembly sandbox, over a copy of the files.', params: RunCode, changesFiles: true },
    WriteCode: { description: 'Lets a language model write code: it reads, edits and runs the tests until they pass; needs an LLM gateway.', params: WriteCode, changesFiles: true },
    PushCommit: { description: 'Pushes the files it starts from to a branch of the workspace\'s repository; needs sideEffects External.', params: PushCommit },
  },
  Tester: {
    RunCommand: { description: 'Runs one program in the sandbox.', params: RunCommand },
    RunTests: { description: 'Runs the tests of the workspace in the sandbox, reads their report and explains the failures.', params: RunTests },
    WriteTests: { description: 'Lets a language model write tests, and no other files, until all pass; needs an LLM gateway.', params: WriteTests, changesFiles: true },
    VerifyCommand: { description: 'Runs one program as the check of a goal: protected files come from the base revision, and nothing it changes is kept.', params: VerifyCommand },
    VerifyArtifact: { description: 'Checks a JSON artifact of another task by schema and expression.', params: VerifyArtifact },
    JudgeWork: { description: 'Lets a language model judge the files of other tasks by a rubric, as the check of a goal; needs an LLM gateway.', params: JudgeWork },
  },
} as const satisfies Record<string, Record<string, IntentDefinition>>;

export type BuiltInRole = keyof typeof intents;
