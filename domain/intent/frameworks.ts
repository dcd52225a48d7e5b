// How each test framework is run so that its report has exact counts and places. The report is a file wherever it can be
// one that is no change of the workspace (in node_modules, in TMPDIR), for tests can print what they like.
import type { Framework, WorkspaceFacts } from './action.ts';
import { programCommand } from './package-managers.ts';

const nodeReport = 'node_modules/.coditect/report.json';
const pythonReport = 'coditect-report.xml';

/** Whose report is wanted: `file` and `output` are ours, `own` leaves reporting to the workspace. */
export type Reporting = 'file' | 'output' | 'own';

interface Recipe {
  /** Languages that its tests are written in, as the Analyzer names them. */
  readonly languages: readonly string[];
  /** Set when it runs only below this manifest. */
  readonly manifest?: string;
  /** Its report where that is a file: below the working folder or the temporary one. */
  readonly reportFile?: string;
  /** Options that make the report. */
  readonly reporters: (reporting: Reporting) => readonly string[];
  /** The whole command; `args` are those of the workspace. */
  readonly command: (facts: WorkspaceFacts, reporters: readonly string[], args: readonly string[]) => string[];
}

const script = ['JavaScript', 'TypeScript'] as const;

const none = () => [];

/** The frameworks by name. */
export const recipes: Readonly<Record<Framework, Recipe>> = {
  vitest: {
    languages: script,
    reportFile: nodeReport,
    // Its JSON report goes to a file of its own choice unless told; without a safe place its words are read.
    reporters: (reporting) => ({ file: ['--reporter=default', '--reporter=json', `--outputFile.json=${nodeReport}`], output: ['--reporter=default'], own: [] })[reporting],
    command: ({ packageManager }, reporters, args) => programCommand(packageManager, 'vitest', ['run', ...without(args, { words: ['run', 'watch', 'dev', '--run', '--watch', '-w'], options: replaced(reporters, ['--reporter', '--outputFile']) }), ...reporters]),
  },
  jest: {
    languages: script,
    reportFile: nodeReport,
    reporters: (reporting) => ({ file: ['--json', `--outputFile=${nodeReport}`], output: ['--json'], own: [] })[reporting],
    // --ci: a snapshot that is missing is not written.
    command: ({ packageManager }, reporters, args) => programCommand(packageManager, 'jest', [...without(args, { words: ['--ci', '--watch', '--watchAll', ...replaced(reporters, ['--json'])], options: replaced(reporters, ['--outputFile']) }), '--ci', ...reporters]),
  },
  mocha: {
    languages: script,
    reportFile: nodeReport,
    reporters: (reporting) => ({ file: ['--reporter', 'json', '--reporter-option', `output=${nodeReport}`], output: ['--reporter', 'json'], own: [] })[reporting],
    command: ({ packageManager }, reporters, args) => programCommand(packageManager, 'mocha', [...without(args, { words: ['--watch', '-w'], options: replaced(reporters, ['--reporter', '-R', '--reporter-option', '--reporter-options', '-O']) }), ...reporters]),
  },
  node: {
    languages: script,
    // TAP for us; what people read goes to the log by stderr.
    reporters: (reporting) => (reporting === 'own' ? [] : ['--test-reporter=spec', '--test-reporter-destination=stderr', '--test-reporter=tap', '--test-reporter-destination=stdout']),
    command: (_, reporters, args) => ['node', '--test', ...reporters, ...without(args, { words: ['--watch'], options: replaced(reporters, ['--test-reporter', '--test-reporter-destination']) })],
  },
  pytest: {
    languages: ['Python'],
    reportFile: pythonReport,
    // pytest itself puts the variable's value there; no shell is needed.
    reporters: (reporting) => (reporting === 'own' ? [] : ['-ra', '--tb=short', `--junitxml=$TMPDIR/${pythonReport}`]),
    // -B: no __pycache__ appears among the files.
    command: ({ pythonPath }, reporters) => ['python3', '-B', '-m', 'pytest', ...reporters, ...(pythonPath === undefined ? [] : ['-o', `pythonpath=${pythonPath}`])],
  },
  go: { languages: ['Go'], manifest: 'go.mod', reporters: none, command: () => ['go', 'test', '-json', './...'] },
  cargo: { languages: ['Rust'], manifest: 'Cargo.toml', reporters: none, command: () => ['cargo', 'test', '--workspace', '--no-fail-fast'] },
};

/** Options of the workspace that give way to ours, when we have any. */
function replaced(reporters: readonly string[], options: readonly string[]): readonly string[] {
  return reporters.length === 0 ? [] : options;
}

/** `args` without some words, and without some options and their values (`--name value`, `--name=value`, `--name.sub=value`). */
function without(args: readonly string[], { words, options }: { readonly words: readonly string[]; readonly options: readonly string[] }): readonly string[] {
  return args.filter((word, index) => !words.includes(word) && !isOption(word, options) && !options.includes(args[index - 1] ?? ''));
}

function isOption(word: string, options: readonly string[]): boolean {
  return options.some((option) => word === option || word.startsWith(`${option}=`) || word.startsWith(`${option}.`));
}
