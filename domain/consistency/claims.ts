// What a script or model claims, held against what was measured. Only claims that can be checked are: words for success, and counts of tests.
import type { Json, JsonObject } from '#api/v1alpha1/json.ts';
import type { ActualState } from './state.ts';

const successNames = ['success', 'succeeded', 'successful', 'passed', 'ok', 'allPassed', 'testsPassed'] as const;
const resultNames = ['result', 'outcome', 'status', 'verdict'] as const;
const successWords: ReadonlySet<string> = new Set(['success', 'succeeded', 'successful', 'passed', 'pass', 'ok']);
const countNames = ['passed', 'failed'] as const;

/** Sentences about claims that the measured state does not bear out; `against` is what was measured against a success, if anything was. */
export function contradictedClaims(claimed: JsonObject, { tests }: ActualState, against: string | undefined): string[] {
  const success = against === undefined ? undefined : claimOfSuccess(claimed);
  const sentences = success === undefined ? [] : [`expected evidence of the claim ${success}, found ${against}`];
  for (const name of countNames) {
    const claim = ownValue(claimed, name);
    if (typeof claim === 'number' && claim !== tests?.[name]) sentences.push(`expected evidence of the claim ${name} ${claim}, found ${tests === undefined ? 'no count of tests' : tests[name]}`);
  }
  return sentences;
}

function claimOfSuccess(claimed: JsonObject): string | undefined {
  const flag = successNames.find((name) => ownValue(claimed, name) === true);
  return flag ?? resultNames.map((name) => wordOfSuccess(name, ownValue(claimed, name))).find((claim) => claim !== undefined);
}

function wordOfSuccess(name: string, value: Json | undefined): string | undefined {
  return typeof value === 'string' && successWords.has(value.toLowerCase()) ? `${name} ${value}` : undefined;
}

function ownValue(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
