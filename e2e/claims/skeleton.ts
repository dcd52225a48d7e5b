// What the operator claims today.
import type { Claim } from './claim.ts';

const story = (words: string) => `node e2e/main.ts '${words}'`;

export const claims: readonly Claim[] = [
  { claim: 'One command builds a Kubernetes, installs the operator and runs a mission on this repository to its end.', command: 'make demo', needs: [], limitSeconds: 600 },
  { claim: 'It works from a clone that only its owner can read.', command: story('only its owner'), needs: [], limitSeconds: 360 },
  { claim: 'The demo mission ends with all goals met within 30 s of its creation.', command: story('demo mission'), needs: [], limitSeconds: 180 },
  { claim: 'kubectl alone is enough: apply twice is a no-op, get and describe tell the story, wait returns.', command: story('kubectl is enough'), needs: [], limitSeconds: 180 },
  { claim: 'kubectl explain knows every field.', command: story('explain'), needs: [], limitSeconds: 120 },
  { claim: 'Bad objects are refused with field and reason within 2 s, and nothing is created.', command: story('bad objects'), needs: [], limitSeconds: 300 },
  { claim: 'A mission deleted in mid-flight leaves no task, process or artifact within 60 s.', command: story('deleted in mid-flight'), needs: [], limitSeconds: 240 },
  { claim: 'kill -9 of operator or agent at any moment: missions end right, no outcome is doubled.', command: story('kill -9'), needs: ['time'], limitSeconds: 900 },
  { claim: 'The API server away for 20 s: the mission ends right.', command: story('API server stopped'), needs: [], limitSeconds: 300 },
  { claim: 'A short task costs at most 2.2 API writes, the demo mission takes at most 30 s, and requests are at least 15 times as fast as with the stock client.', command: 'make bench', needs: [], limitSeconds: 600 },
  { claim: 'Every rule of the code base holds: types, lint, borders, generated files.', command: 'make check', needs: [], limitSeconds: 300 },
  { claim: 'All tests pass, at least 85 % of lines covered.', command: 'make test', needs: [], limitSeconds: 600 },
];
