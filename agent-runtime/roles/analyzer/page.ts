// The page for people: what is worth knowing first, then what was found, then what was counted.
import { cell } from '#agent-runtime/roles/markdown.ts';
import type { Analysis } from './analysis.ts';
import { type Highlight, highlightsOf } from './highlights.ts';
import type { Skipped } from './survey.ts';

const reasons: Readonly<Record<Skipped, string>> = { vendored: 'copied from elsewhere', generated: 'written by tools', data: 'too large or no text', unread: 'too much for the parser' };

/** The page of an analysis of `where`; `sections` follow its head. */
export function pageOf(where: string, analysis: Analysis, sections: readonly string[]): string {
  const highlights = highlightsOf(analysis);
  const head = [`# Analysis of ${cell(where)}`, scopeText(analysis)];
  const known = highlights.length === 0 ? [] : ['## Worth knowing', highlights.map(listItem).join('\n')];
  return `${[...head, ...known, ...sections].join('\n\n')}\n`;
}

function listItem({ title, text, place, next }: Highlight, at: number): string {
  return `${at + 1}. **${cell(title)}.** ${cell(text)} (${cell(`${place.path}:${place.line}`)}) Next: ${cell(next)}`;
}

/** How much was read, and what was not. */
function scopeText({ files, findings }: Analysis): string {
  const counts = new Map<Skipped, number>();
  for (const { skipped } of files) if (skipped !== undefined) counts.set(skipped, (counts.get(skipped) ?? 0) + 1);
  const left = [...counts].map(([reason, count]) => `${count} ${reasons[reason]}`);
  const leftText = left.length === 0 ? '' : ` Source files that were not looked into: ${left.join(', ')}.`;
  return `${files.length} files, ${files.reduce((sum, { lines }) => sum + lines, 0)} lines, ${findings.length} findings.${leftText}`;
}
