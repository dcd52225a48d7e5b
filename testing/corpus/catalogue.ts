// The rules that the corpus has faults for, and what a line with such a fault must show: it keeps marks from drifting to the wrong lines.

/** Groups in which scores are told. */
export const ruleGroups = ['cycles', 'duplicates', 'complexity', 'secrets', 'rules'] as const;
export type RuleGroup = (typeof ruleGroups)[number];

/** Text that stands on a marked line, by rule. */
export const evidence: Readonly<Record<string, RegExp>> = {
  'js-eval': /\beval\(|new Function\(/,
  'js-empty-catch': /\bcatch\b/,
  'js-loose-equality': /[^=!]==[^=]|!=[^=]/,
  'js-var': /\bvar\b/,
  'js-debugger': /\bdebugger\b/,
  'js-async-foreach': /\.forEach\(async\b/,
  'js-self-compare': /(\w+) (?:[!=]==?|[<>]=?) \1\b/,
  'js-parse-int-radix': /\bparseInt\([^,]*\)/,
  'js-shell-command': /\bexec(?:Sync)?\((?:`|'[^']*' \+|$)/,
  'js-inner-html': /\.(?:inner|outer)HTML = |document\.write\(/,
  'js-constant-condition': /\bif \((?:true|false|0|1)\)/,
  'js-throw-literal': /\bthrow ['"`\d]/,
  'js-tls-off': /rejectUnauthorized: false|NODE_TLS_REJECT_UNAUTHORIZED(?:'\])? = '0'/,
  'py-bare-except': /\bexcept:$/,
  'py-swallowed-exception': /\bexcept [\w(]/,
  'py-mutable-default': /\bdef .*=\s*(?:\[|\{|(?:list|dict|set)\()/,
  'py-eval': /\b(?:eval|exec)\((?!")/,
  'py-none-equality': /[!=]= None/,
  'py-assert-tuple': /\bassert \(.*,.*\)/,
  'py-shell-true': /shell=True|os\.system\(/,
  'py-yaml-load': /yaml\.load\(\w+\)/,
  'py-tls-off': /verify=False/,
  'py-star-import': /\bimport \*/,
  'go-empty-error-branch': /if \w*[eE]rr != nil \{$/,
  'go-defer-in-loop': /\bdefer\b/,
  'go-sql-format': /\.(?:Query|QueryRow|Exec)(?:Context)?\(.*(?:fmt\.Sprintf\(|" \+ \w)/,
  'go-tls-off': /InsecureSkipVerify: true/,
  'go-shell-command': /exec\.Command\("(?:\/bin\/)?(?:ba)?sh", "-c", .*\+/,
  'go-weak-hash': /\b(?:md5|sha1)\.(?:New|Sum)\(/,
  'go-panic': /\bpanic\(/,
  'rs-unwrap': /\.unwrap\(\)/,
  'rs-empty-expect': /\.expect\(""\)/,
  'rs-unsafe': /\bunsafe\b/,
  'rs-todo': /\b(?:todo|unimplemented)!\(/,
  'rs-dbg': /\bdbg!\(/,
  'rs-panic': /\bpanic!\(/,
  'rs-transmute': /\btransmute\b/,
  'rs-ignored-result': /\blet _ = .*\)/,
  'import-cycle': /\bimport\b|\brequire\(|^export \* from|^export \{/,
  'duplicate-block': /\S/,
  'complex-function': /\b(?:function|def|func|fn)\b/,
  'secret-aws-key': /<secret:aws/,
  'secret-github-token': /<secret:github/,
  'secret-private-key': /<secret:(?:private|rsa)-key/,
  'secret-slack-token': /<secret:slack/,
  'secret-google-key': /<secret:google/,
  'secret-stripe-key': /<secret:stripe/,
  'secret-npm-token': /<secret:npm/,
  'secret-jwt': /<secret:jwt/,
  'secret-password': /<secret:password/,
};

const structure: Readonly<Record<string, RuleGroup>> = { 'import-cycle': 'cycles', 'duplicate-block': 'duplicates', 'complex-function': 'complexity' };

/** The group that a rule is scored in. */
export function groupOf(rule: string): RuleGroup {
  return structure[rule] ?? (rule.startsWith('secret-') ? 'secrets' : 'rules');
}
