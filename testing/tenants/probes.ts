// What somebody of team-a tries in order to hear of team-b. Data only: the suites say what must come of it.
import { canaries } from './world.ts';

const theirs = canaries['team-b'];

/** Namespaces that are not one's own, and texts that some parser might take for one. */
export const namespaces: readonly string[] = [
  'team-b', 'TEAM-B', 'Team-B', ' team-b', 'team-b ', 'team-b\n', 'team-b\u0000', 'team-b/', '/team-b', './team-b', '../team-b', 'team-a/../team-b', 'team-a\u0000team-b', 'team-a,team-b', 'team-a team-b', 'team-a\nteam-b', 'team-b.task', 'team-b.>', 'team-a.>', 'team-*', '*', '>', '%2a',
  'team%2Db', 'team-a%2F..%2Fteam-b', '', '.', '..', '__proto__', 'constructor', "team-a' OR tenant='team-b", '{team-b}', '${tenant}', 'team-\u200bb', 'team\u2010b', 'tеam-b', 'kube-system', 'default', 'a'.repeat(300),
];

/** Names of missions, asked for in one's own namespace. */
export const names: readonly string[] = [theirs, `team-b/${theirs}`, `../team-b/${theirs}`, `uid-${theirs}`, `${theirs}\u0000`, `${theirs}-task`, '*', '>', '', '%', `x' OR name='${theirs}`, `${theirs}?namespace=team-b`, `${theirs}#`, '..', '__proto__'];

/** Ways to say who one is, for the namespace team-b. */
export const headers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'no token': {},
  'an empty token': { authorization: 'Bearer ' },
  'a token that nobody gave out': { authorization: 'Bearer made-up' },
  'another scheme': { authorization: 'Basic dGVhbS1iOng=' },
  'the token of the other without a scheme': { authorization: 'token-of-team-b' },
  'two tokens': { authorization: 'Bearer token-of-team-a, Bearer token-of-team-b' },
  'a token with a line break in words': { authorization: 'Bearer token-of-team-a%0d%0aauthorization: Bearer token-of-team-b' },
  'a name that is claimed': { authorization: 'Bearer token-of-team-a', 'impersonate-user': 'team-b' },
  'a group that is claimed': { authorization: 'Bearer token-of-team-a', 'impersonate-group': 'system:masters' },
  'what a proxy would say': { authorization: 'Bearer token-of-team-a', 'x-remote-user': 'team-b', 'x-forwarded-user': 'team-b' },
  'a token in another header': { 'x-authorization': 'Bearer token-of-team-b', cookie: 'token=token-of-team-b' },
};

/** Parameters of a question to statistics, in one's own namespace. */
export const parameters: readonly string[] = [
  '{"tenant":"team-b"}', '{"namespace":"team-b"}', '{"param_tenant":"team-b"}', '{"h.tenant":"team-b"}', '{"where":"1=1"}', '{"database":"system"}', '{"by":"tenant"}', `{"mission":"${theirs}"}`, `{"mission":"x' OR tenant='team-b"}`, `{"mission":["${theirs}"]}`, '{"mission":{"$ne":""}}',
  `{"agent":"${theirs}"}`, `{"model":"${theirs}"}`, '{"__proto__":{"tenant":"team-b"}}', '[]', 'null', '{', `{"mission":"a","mission":"${theirs}"}`, '{"limit":-1}', '{"from":"{tenant:String}"}',
];

/** Filters of a replay of one's own mission. */
export const filters: Readonly<Record<string, object>> = {
  'a task of the other': { task: `${theirs}-task` },
  'an agent of the other': { agent: theirs },
  'all families': { types: ['mission', 'plan', 'task', 'pool', 'violation', 'agent', 'approval'] },
  'a subject for a type': { types: ['*'] },
  'a subject of the other for a type': { types: ['coditect.events.team-b.task'] },
  'a path for a task': { task: '../team-b' },
  'a wildcard for an agent': { agent: '>' },
  'from the beginning of time': { from: '1970-01-01T00:00:00Z' },
};
