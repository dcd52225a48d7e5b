// Passwords in quotes: a name that speaks of a secret, and a literal behind it that looks like one. What is left alone matters as much as what is found.
import { entropy, isMonotonous } from './entropy.ts';

/** A literal that is assigned to the name of a secret; `start` and `end` enclose what is between the quotes. */
export interface NamedLiteral {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

const minLength = 8;
const minEntropy = 3;
const minHump = 3;

const secretName = /password|passwd|secret|token|api[_-]?key|access[_-]?key/gi;
/** Behind the word: the rest of the name, what closes it, a type, the sign of assignment, the literal. Bounded everywhere. */
const assigned = /([\w-]{0,48})["'`]?\]?\??[ \t]{0,40}(?::[ \t]{0,8}[&\w'<>[\]|. ]{1,48}?[ \t]{0,8}=|:=|=>|[:=])[ \t]{0,40}(?:[bBrRuU]{1,2})?(["'`])((?:\\[^\r\n]|(?!\2)[^\\\r\n]){8,512})\2(?![ \t]{0,8}[+%])/y;

/** Names that speak about a secret without holding it. */
const aboutSecret = /^i[sz]|^less$|(?:names?|types?|ur[il]s?|paths?|files?|filename|fields?|labels?|headers?|prefix|suffix|pattern|regexp?|format|class|selector|messages?|errors?|title|text|hints?|help|description|endpoint|refs?|env|var|variable|algorithm|issuer|audience|scopes?|kind|policy|cookie|strength|status|state|length|rules?|placeholder|columns?|param|parameter|event|action|command)$/i;

const placeholder = /example|sample|change[-_]?(?:me|it|this)|placeholder|redacted|dummy|replace|insert|x{4,}|\*{3,}|\.{3,}|^(?:test|fake|mock|demo|foo|your|my|some|default)(?![a-z0-9]{20})|[-_](?:here|goes[-_]?here)$/i;
/** Filled in later: a template, a shell variable, an interpolation. */
const filledIn = /^\$\w+$|\$[{(]|\{[\w.|-]*\}|\{\{|^<.*>$|^%[\w-]+%$/;
const path = /^(?:~|\.{1,2})?\/|^[A-Za-z]:\\|^[a-z0-9_.@-]+(?:\/[a-z0-9_.:@*-]+)+$/;
const url = /^[a-z][a-z0-9+.-]{0,20}:\/\//i;
const urlWithPassword = /^[a-z][a-z0-9+.-]{0,20}:\/\/[^/@:]{0,100}:[^/@]{3,100}@/i;
/** Words joined by signs, and names of variables. */
const joinedWords = /^[a-z]+(?:[-_.:][a-z]+)*$|^[A-Z]+(?:_[A-Z0-9]+)*$|^[A-Z][a-z]+(?:[-_. ][A-Za-z]+)*$/;
const wordOfForms = /pass|token|secret|key|auth|field|input|user|name|reset|new|current|confirm|require|valid|label|hidden|form|bearer|session|access|refresh/;

/** Words with spaces and foreign letters are for people to read. */
const forPeople = /[\s\u0080-\uffff]/;
const notSecret = [forPeople, placeholder, filledIn, path];

/** The literals of a text that are assigned to names of secrets and look like secrets. */
export function* namedSecrets(text: string): Generator<NamedLiteral> {
  for (const name of text.matchAll(secretName)) {
    assigned.lastIndex = name.index + name[0].length;
    const found = assigned.exec(text);
    if (found === null) continue;
    const [whole, rest = '', , value = ''] = found;
    if (aboutSecret.test(rest) || !looksSecret(value, /passw/i.test(name[0]))) continue;
    const end = found.index + whole.length - 1;
    yield { value, start: end - value.length, end };
  }
}

function looksSecret(value: string, isPassword: boolean): boolean {
  if (value.length < minLength || notSecret.some((pattern) => pattern.test(value))) return false;
  if (entropy(value) < minEntropy || isMonotonous(value)) return false;
  return url.test(value) ? urlWithPassword.test(value) : isPassword ? isNoLabel(value) : isIssued(value);
}

/** A password may be words; those of a form or a message are none. */
function isNoLabel(value: string): boolean {
  return !joinedWords.test(value) || (/^[a-z]/.test(value) && !wordOfForms.test(value));
}

/** Other secrets are made by machines, of few kinds of characters and no words. */
function isIssued(value: string): boolean {
  return /^[\w+/=.~:!@#$%^&*-]+$/.test(value) && !joinedWords.test(value) && (/\d/.test(value) || !isCamelCase(value));
}

function isCamelCase(value: string): boolean {
  const humps = value.match(/[A-Za-z][a-z]*/g) ?? [];
  return /^[A-Za-z]+$/.test(value) && value.length / Math.max(1, humps.length) >= minHump;
}
