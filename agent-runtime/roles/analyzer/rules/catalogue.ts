// All rules over single files, in words: what the reports say about them.
import type { RuleText } from '#agent-runtime/roles/analyzer/finding.ts';
import { dependencyRuleTexts } from '#agent-runtime/roles/analyzer/dependencies/rules.ts';
import { secretRuleTexts } from '#agent-runtime/roles/analyzer/secrets/find-secrets.ts';
import { syntaxRuleTexts } from './families.ts';

/** The rules over syntax, secrets and dependencies. */
export const catalogue: readonly RuleText[] = [...syntaxRuleTexts, ...secretRuleTexts, ...dependencyRuleTexts];
