import { expect, test } from 'vitest';
import { conditionTables } from '#api/conditions.ts';
import { goalReasons } from '#domain/goals/reasons.ts';
import { troubleshootingFiles } from './troubleshooting.ts';

const [page] = troubleshootingFiles();

test.each(Object.entries(conditionTables))('every reason of %s has an entry', (_, conditions) => {
  for (const reasons of Object.values(conditions)) {
    for (const reason of Object.keys(reasons)) expect(page?.text).toContain(`**${reason}**`);
  }
});

test('every reason of a goal has an entry', () => {
  for (const reason of Object.keys(goalReasons)) expect(page?.text).toContain(`**${reason}**`);
});

test('a reason that says something is wrong says what to do', () => {
  const wrong = ['NoPlanner', 'InvalidGraph', 'NoMatchingPool', 'ActionFailed', 'AgentLost', 'QuotaExceeded'];
  for (const reason of wrong) expect(page?.text).toMatch(new RegExp(`\\*\\*${reason}\\*\\*: [^\\n]+\\*[^\\n]+\\*`));
});
