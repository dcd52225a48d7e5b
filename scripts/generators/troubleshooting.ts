// docs/troubleshooting.md from the tables of reasons: one entry for each reason that a user can meet.
import { conditionTables, type ReasonText } from '#api/conditions.ts';
import { goalReasons } from '#domain/goals/reasons.ts';
import { alertSection } from './alerts.ts';
import { generatedFrom, type GeneratedFile } from './output.ts';

const intro = `# Troubleshooting

What each reason means and what to do about it. \`kubectl describe\` shows conditions with their reasons; \`kubectl mission why NAME\` says what a task waits
for; \`kubectl mission logs NAME TASK\` prints its log.
`;

/** The page, with one section for each kind, one for goals and one for alerts. */
export function troubleshootingFiles(): GeneratedFile[] {
  const kinds = Object.entries(conditionTables).map(([kind, conditions]) => {
    const sections = Object.entries(conditions).map(([type, reasons]) => `### ${type}\n\n${entries(reasons)}`);
    return `## ${kind}\n\n${sections.join('\n')}`;
  });
  const text = `<!-- ${generatedFrom('api/conditions.ts and domain/goals/reasons.ts')} -->\n${intro}\n${kinds.join('\n')}\n## Goals (status.goals)\n\n${entries(goalReasons)}\n${alertSection()}`;
  return [{ path: 'docs/troubleshooting.md', text }];
}

function entries(reasons: Readonly<Record<string, ReasonText>>): string {
  return Object.entries(reasons)
    .map(([reason, { means, next }]) => `- **${reason}**: ${means}${next === '' ? '' : ` *${next}*`}\n`)
    .join('');
}
