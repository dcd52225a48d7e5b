// A bound on findings: what is repeated without end is said once, with its number.
import type { Finding } from '#agent-runtime/roles/analyzer/finding.ts';

/** Findings of one rule that are listed for one file. */
const maxPerRule = 50;

/** The first findings of each rule in one file; the last that is kept says how many more there are. */
export function atMost(findings: readonly Finding[]): Finding[] {
  const counts = new Map<string, number>();
  for (const { rule } of findings) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  const seen = new Map<string, number>();
  return findings.flatMap((finding) => {
    const place = (seen.get(finding.rule) ?? 0) + 1;
    seen.set(finding.rule, place);
    const more = (counts.get(finding.rule) ?? 0) - maxPerRule;
    if (place > maxPerRule) return [];
    return place < maxPerRule || more <= 0 ? [finding] : [{ ...finding, message: `${finding.message} (${more} more in this file are not listed)` }];
  });
}
