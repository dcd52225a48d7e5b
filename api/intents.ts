// What the built-in roles can be asked for. docs/reference/intents.md is made from these descriptions, and every mission is checked against them.
import { z } from 'zod';

const relativePath = z
  .string()
  .min(1)
  .max(255)
  .regex(/^(?!.*(^|\/)\.\.(\/|$))[A-Za-z0-9._@-]+(\/[A-Za-z0-9._@-]+)*$/, 'must be a relative path without ..');

const argv = z.array(z.string().min(1).max(1024)).min(1).max(64);

const timeoutSeconds = z.int().min(1).max(604_800).optional();

export const analyzeMeasures = ['languages', 'size', 'imports', 'complexity'] as const;

export const AnalyzeCode = z.strictObject({
  area: relativePath.optional().describe('Folder of the workspace to look at. Unset: all of it.'),
  measures: z.array(z.enum(analyzeMeasures)).min(1).max(analyzeMeasures.length).optional().describe('What to measure: languages, size (files and lines), imports (the import graph and its cycles), complexity. Unset: all four.'),
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

export const testFrameworks = ['auto', 'node', 'vitest', 'pytest', 'go'] as const;

export const RunTests = z.strictObject({
  framework: z.enum(testFrameworks).optional().describe('Test framework of the workspace. Default auto: detected by its files.'),
  command: argv.optional().describe('Program and arguments to run instead of the framework\'s own command; its report is still read.'),
  timeoutSeconds: timeoutSeconds.describe('Longest run time of the tests, in seconds. Unset: the task\'s activeDeadlineSeconds alone.'),
});
export type RunTests = z.infer<typeof RunTests>;

/** One thing a role can be asked for. */
export interface IntentDefinition {
  /** What the agent does, one sentence. */
  readonly description: string;
  readonly params: z.ZodType;
}

/** The intents of the built-in roles, by role and action. Roles that an image of yours provides check their own. */
export const intents = {
  Analyzer: {
    AnalyzeCode: { description: 'Measures source code without running it.', params: AnalyzeCode },
    CountPatterns: { description: 'Counts literal texts in the files.', params: CountPatterns },
    WriteReport: { description: 'Collects the inputs of the task into a Markdown report, kept as an artifact.', params: WriteReport },
  },
  Tester: {
    RunCommand: { description: 'Runs one program in the sandbox.', params: RunCommand },
    RunTests: { description: 'Runs the tests of the workspace in the sandbox and reads their report.', params: RunTests },
  },
} as const satisfies Record<string, Record<string, IntentDefinition>>;

export type BuiltInRole = keyof typeof intents;
