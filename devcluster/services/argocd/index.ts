// The door of Argo CD for tests and demos: a real one, built from its Go module, beside a cluster of this machine.
export { ensureArgo, findArgo, whyNoArgo } from './build.ts';
export { argoAccounts, argoNamespace } from './objects.ts';
export { type Argo, startArgo } from './server.ts';
