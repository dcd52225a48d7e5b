// The findings for people: what is most likely wrong first, each kind with what it means, what to do, and where to begin.
import type { Finding, RuleText } from '#agent-runtime/roles/analyzer/finding.ts';
import { cell, table } from '#agent-runtime/roles/markdown.ts';
import { mostSevereFirst } from './ranking.ts';

const rulesShown = 12;
const placesShown = 5;
const maxMessage = 200;
const maxPath = 160;

/** A section of Markdown about the findings, by rule; empty when there are none. */
export function toMarkdown({ findings, rules }: { readonly findings: readonly Finding[]; readonly rules: readonly RuleText[] }): string {
  if (findings.length === 0) return '';
  const texts = new Map(rules.map((rule) => [rule.id, rule]));
  const groups = [...Map.groupBy(mostSevereFirst(findings), ({ rule }) => rule)];
  const shown = groups.slice(0, rulesShown).map(([id, group]) => part(id, group, texts.get(id)));
  const rest = groups.slice(rulesShown);
  const others = rest.length === 0 ? [] : ['### Also found', table(['Rule', 'Findings', 'What to do'], rest.map(([id, group]) => [id, group.length, texts.get(id)?.next ?? '']))];
  return ['## Findings', `${counted(findings)}.`, ...shown, ...others].join('\n\n');
}

function part(id: string, group: readonly Finding[], text: RuleText | undefined): string {
  const [first] = group;
  const head = `### ${cell(id)}: ${counted(group)}`;
  const words = text === undefined ? [] : [`${cell(text.means)} ${cell(text.next)}`];
  const shortened = ({ message }: Finding) => (message.length > maxMessage ? `${message.slice(0, maxMessage)}…` : message);
  const rows = group.slice(0, placesShown).map((finding) => [placeText(finding), shortened(finding)]);
  const more = group.length - placesShown;
  return [head, ...words, ...(first === undefined ? [] : [table(['Place', 'Finding'], rows)]), ...(more > 0 ? [`And ${more} more; analysis.sarif lists them.`] : [])].join('\n\n');
}

function placeText({ place: { path, line } }: Finding): string {
  return `${path.length > maxPath ? `…${path.slice(-maxPath)}` : path}:${line}`;
}

/** Numbers by level: `2 errors, 1 note`. */
function counted(findings: readonly Finding[]): string {
  const levels = (['error', 'warning', 'note'] as const).map((level) => [level, findings.filter((finding) => finding.level === level).length] as const);
  return levels.filter(([, count]) => count > 0).map(([level, count]) => `${count} ${level}${count === 1 ? '' : 's'}`).join(', ');
}
