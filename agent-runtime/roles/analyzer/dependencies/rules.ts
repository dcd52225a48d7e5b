// What the findings about dependencies mean.
import type { RuleText } from '#agent-runtime/roles/analyzer/finding.ts';

/** The rules over manifests. */
export const dependencyRuleTexts: readonly RuleText[] = [
  { id: 'dependency-unpinned', means: 'Dependencies may come in any later version, and no lock file holds them.', next: 'Give an upper bound (^, ~, <), or commit a lock file.' },
  { id: 'dependency-no-lock', means: 'No lock file lies beside the manifest or above it, so two installations may differ.', next: 'Commit the lock file that the package manager writes.' },
  { id: 'dependency-git-url', means: 'A dependency comes from an address or a branch, so it may change without a new version.', next: 'Use a released version, or name the full commit id.' },
];
