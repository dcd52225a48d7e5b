// What an action is expected to leave behind, and what it did leave behind. Both are measured by the runtime, never told by a model.

/** Recorded before an action runs. A part that is absent is not expected to be anything. */
export interface ExpectedState {
  /** Exit code of its command. */
  readonly exitCode?: number;
  /** `unchanged`: not one file may differ. `changed`: at least one must. */
  readonly files?: 'unchanged' | 'changed';
  /** With `changed`: the paths that may differ, and must. */
  readonly paths?: readonly string[];
  /** Names of artifacts it makes. */
  readonly artifacts?: readonly string[];
  /** Set when its tests must pass. */
  readonly tests?: 'pass';
  /** Set when the program behind it must be installed. */
  readonly program?: string;
  /** Set when a model is asked what it thinks of files: nothing runs, so nothing that runs could bear its words out. */
  readonly claims?: 'opinion';
  /** Longest run time, in seconds. */
  readonly withinSeconds?: number;
}

/** How a run of tests failed, by its gravest failure. */
export const failureClasses = ['none', 'assertion', 'error', 'noTests', 'compileError', 'timeout', 'crash', 'missingTool'] as const;
export type FailureClass = (typeof failureClasses)[number];

/** Measured after an action ran. */
export interface ActualState {
  /** Set when a command or code ran to its end in a sandbox. */
  readonly executed?: boolean;
  /** Absent when no command ran or a signal ended it. */
  readonly exitCode?: number;
  /** Why its command did not end by itself, or did not start. */
  readonly cut?: 'timeout' | 'outOfMemory' | 'outputCap' | 'denied' | 'missingTool' | 'aborted';
  /** Paths that differ from the start, sorted. */
  readonly changedPaths: readonly string[];
  /** Names of artifacts it made. */
  readonly artifacts: readonly string[];
  readonly tests?: { readonly passed: number; readonly failed: number; readonly failureClass: FailureClass };
  /** Run time, in seconds. */
  readonly seconds: number;
  /** True when a script or model claims results. */
  readonly claimsResults: boolean;
}
