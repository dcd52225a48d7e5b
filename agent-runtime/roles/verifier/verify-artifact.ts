// VerifyArtifact: reads a JSON artifact of another task and holds it against a schema and an expression. Nothing of it is executed.
import { VerifyArtifact } from '#api/intents.ts';
import type { Json } from '#api/v1alpha1/json.ts';
import { checkJsonExpression, describeExpressionFault } from '#domain/expression/check.ts';
import { plainText } from '#domain/conditions.ts';
import { action, failed, succeeded } from '#agent-runtime/roles/action.ts';
import { checkJson, type Document } from './check-json.ts';

const shownFault = 300;

/** Fails unless the artifact is JSON that satisfies both. */
export const verifyArtifact = action(VerifyArtifact, async ({ input, schema, expression }, { artifact: fetchArtifact }) => {
  const wrong = expression === undefined ? undefined : checkJsonExpression(expression);
  if (wrong !== undefined) return failed('ActionRefused', `intent.params.expression: ${describeExpressionFault(wrong)}`);
  const answer = await fetchArtifact(input);
  if (answer.kind === 'failed') return failed(answer.reason, answer.message);
  const { artifact: { name, sha256 }, bytes } = answer;
  const checked = checkJson(parsed(bytes), { schema, expression, isSmall: bytes.length <= smallBytes });
  if (checked.kind === 'refused') return failed('ActionRefused', checked.message);
  const { count, first } = checked;
  const measured = { sha256, sizeBytes: bytes.length, valid: first === undefined, faults: count };
  if (first === undefined) return succeeded(`${name} is as it should be`, { observed: measured });
  const firstFault = plainText(first, shownFault);
  return failed('ActionFailed', `${name}: ${firstFault}`, { observed: { ...measured, firstFault } });
});

/** Of larger artifacts only the first fault is looked for: each one that is kept costs more than the bytes it is about. */
const smallBytes = 256 * 1024;

function parsed(bytes: Uint8Array): Document {
  try {
    return { kind: 'json', value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Json };
  } catch (error) {
    return { kind: 'fault', fault: `is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}
