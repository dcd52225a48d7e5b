// Which findings come first: what is most likely wrong, in code that runs, before what is a matter of taste.
import type { Finding, FindingLevel } from '#agent-runtime/roles/analyzer/finding.ts';

const weights: Readonly<Record<FindingLevel, number>> = { error: 0, warning: 2, note: 4 };
const asideFromProduct = /(^|\/)(tests?|__tests__|testing|testdata|fixtures|examples?|docs?)\/|[._-](test|spec)\.[^/]*$|(^|\/)(test_[^/]*|conftest\.py)$/;

/** Findings by weight: errors first, and inside each level those outside tests and examples; otherwise in the order given. */
export function mostSevereFirst(findings: readonly Finding[]): readonly Finding[] {
  return findings.map((finding) => ({ finding, weight: weightOf(finding) })).toSorted((a, b) => a.weight - b.weight).map(({ finding }) => finding);
}

function weightOf({ level, place }: Finding): number {
  return weights[level] + (asideFromProduct.test(place.path) ? 1 : 0);
}
