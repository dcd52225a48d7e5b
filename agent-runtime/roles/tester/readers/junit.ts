// JUnit XML, as many runners write it. Test cases are counted one by one: the sums in its attributes are anybody's.
import { classOfError, classOfLoad } from './classify.ts';
import { framesIn } from './frames.ts';
import { type Failure, type FailureKind, failureOf, firstLine, maxFailures, type Reader, reading, type Reading } from './reading.ts';
import { type XmlToken, xmlTokens } from './xml.ts';

const keptText = 16_384;

/** Reads a report on stdout. */
export const junit: Reader = ({ stdout }) => {
  const start = stdout.search(/^<(?:\?xml|testsuites?)[\s>]/m);
  return start === -1 ? undefined : readJunit(stdout.slice(start, stdout.lastIndexOf('>') + 1));
};

interface Bad {
  readonly element: 'failure' | 'error';
  readonly type: string;
  readonly message: string;
  text: string;
}

interface Case {
  readonly attributes: ReadonlyMap<string, string>;
  isSkipped: boolean;
  bad: Bad | undefined;
}

/** The end of a case always follows its beginning; the type does not know. */
const noCase: Case = { attributes: new Map(), isSkipped: false, bad: undefined };

/** Reads a text that is nothing but the report; undefined when it is not well formed or has no suite. */
export function readJunit(xml: string): Reading | undefined {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const failures: Failure[] = [];
  let root: string | undefined;
  let current: Case | undefined;
  for (const token of xmlTokens(xml)) {
    if (token.kind === 'broken') return undefined;
    root ??= openedBy(token);
    current = caseBegunBy(token) ?? current;
    takePart(current, token);
    if (!isCaseEnd(token)) continue;
    counts[endingOf(current)] += 1;
    if (failures.length < maxFailures) failures.push(...failuresIn(current));
    current = undefined;
  }
  return /^testsuites?$/.test(root ?? '') ? reading(counts, failures) : undefined;
}

function openedBy(token: XmlToken): string | undefined {
  return token.kind === 'open' ? token.name : undefined;
}

function isCaseEnd(token: XmlToken): boolean {
  return token.kind === 'close' && token.name === 'testcase';
}

function caseBegunBy(token: XmlToken): Case | undefined {
  return token.kind === 'open' && token.name === 'testcase' ? { attributes: token.attributes, isSkipped: false, bad: undefined } : undefined;
}

function endingOf({ bad, isSkipped }: Case = noCase): 'failed' | 'skipped' | 'passed' {
  if (bad !== undefined) return 'failed';
  return isSkipped ? 'skipped' : 'passed';
}

/** Parts of a case; what the test printed is none that matters. */
function takePart(current: Case | undefined, token: XmlToken): void {
  if (current === undefined) return;
  if (token.kind === 'text' && current.bad !== undefined) current.bad.text = `${current.bad.text}${token.text}`.slice(0, keptText);
  if (token.kind !== 'open') return;
  current.isSkipped ||= token.name === 'skipped';
  current.bad ??= badOf(token.name, token.attributes);
}

function badOf(element: string, attributes: ReadonlyMap<string, string>): Bad | undefined {
  if (element !== 'failure' && element !== 'error') return undefined;
  return { element, type: attributes.get('type') ?? '', message: attributes.get('message') ?? '', text: '' };
}

function failuresIn({ attributes, bad }: Case = noCase): readonly Failure[] {
  if (bad === undefined) return [];
  const places = framesIn(bad.text);
  // Python prints the innermost call last.
  const frames = isPython(bad.text) ? places.toReversed() : places;
  const place = frames.length === 0 ? { file: attributes.get('file'), line: Number(attributes.get('line')) || undefined } : {};
  return [failureOf(kindOf(bad), saidBy(bad), { test: nameOf(attributes), frames, ...place })];
}

function nameOf(attributes: Case['attributes']): string {
  const [name = '', group = ''] = [attributes.get('name'), attributes.get('classname')];
  return group === '' || name.startsWith(group) ? name : `${group} > ${name}`;
}

/** Messages that say no more than the element itself. */
const empty: ReadonlySet<string> = new Set(['', 'Failed', 'collection failure']);

function saidBy({ message, text }: Bad): string {
  const words = empty.has(message) ? wordsOf(text) : message;
  return words === '' ? message : words;
}

/** The error in a body of text: pytest marks it, node puts it behind `cause:`. */
function wordsOf(text: string): string {
  return /^E {2,}(\w*(?:Error|Exception)\b.*)$/m.exec(text)?.[1] ?? /\bcause: (.*)$/m.exec(text)?.[1] ?? text;
}

function isPython(text: string): boolean {
  return /^E {2,}/m.test(text);
}

function kindOf(bad: Bad): FailureKind {
  const { element, type, message, text } = bad;
  if (/^collection failure$|suite failed to run/.test(message)) return classOfLoad(isPython(text) ? (text.match(/^E {2,}.*$/gm) ?? []).join('\n') : text);
  const kinds = new Set(type.includes('imeout') ? ['timeout'] : [type, message, wordsOf(text)].map(classOfError));
  if (kinds.has('crash')) return 'crash';
  if (kinds.has('timeout')) return 'timeout';
  return element === 'failure' && (kinds.has('assertion') || !namesError(bad)) ? 'assertion' : 'error';
}

/** A failure is a failed assertion by definition, unless it names another error. */
function namesError({ type, message, text }: Bad): boolean {
  return /(?:Error|Exception)\b/.test([type, firstLine(message), firstLine(wordsOf(text))].join(' '));
}
