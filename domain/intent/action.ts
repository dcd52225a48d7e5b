// The concrete tool call that an intent becomes. Made by parametrize() before anything runs, from what is known of the workspace.
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { ExpectedState } from '#domain/consistency/state.ts';

export const packageManagers = ['npm', 'pnpm', 'yarn', 'bun'] as const;
export type PackageManager = (typeof packageManagers)[number];

export const frameworks = ['vitest', 'jest', 'node', 'mocha', 'pytest', 'go', 'cargo'] as const;
/** A test framework that is known by name. */
export type Framework = (typeof frameworks)[number];

/** What is known of a workspace before an action runs, measured from its files alone. */
export interface WorkspaceFacts {
  /** Languages by number of files, most first, as the Analyzer names them. */
  readonly languages: readonly string[];
  /** Test frameworks that its manifests and configurations speak of, likeliest first. */
  readonly frameworks: readonly Framework[];
  readonly packageManager?: PackageManager;
  /** Scripts of package.json. */
  readonly scripts: Readonly<Record<string, string>>;
  /** Formatters that its manifests and configurations speak of, likeliest first. */
  readonly formatters: readonly string[];
  /** Packages that lie in node_modules/.bin of the workspace. */
  readonly binaries: readonly string[];
  /** Targets of its Makefile. */
  readonly makeTargets?: readonly string[];
  /** Folder that Python must import from and that no configuration names. */
  readonly pythonPath?: string;
}

/** What a tool is called with. */
export type ToolCall =
  | { readonly tool: 'process'; readonly command: readonly string[]; readonly program: string; readonly timeoutSeconds?: number }
  | { readonly tool: 'analyzer' | 'patch' | 'rewriter' | 'quickjs' | 'model' | 'git' | 'report' | 'verifier' }
  /** An action of a role that is not built in; its name in lower case. */
  | { readonly tool: 'custom'; readonly name: string };

/** A bound action: what runs, how long it should take, what should be there afterwards. */
export interface PlannedAction {
  readonly call: ToolCall;
  /** Validated parameters of the intent, completed from the context. */
  readonly params: JsonObject;
  /** The framework that was chosen, for actions that run tests. */
  readonly framework?: Framework;
  /** Median of past runs, in seconds; absent when there were none. */
  readonly expectedSeconds?: number;
  readonly expected: ExpectedState;
}
