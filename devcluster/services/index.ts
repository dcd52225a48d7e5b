// The door of the stores: all kinds in one shape, for suites, demos and people who want them to run.
export { environmentOf } from './environment.ts';
export { type HeldStores, openStores } from './hold.ts';
export { localServices, serviceUser } from './local.ts';
export { type RunningService, type ServiceKind, serviceKinds, type ServiceProvider, type ServiceWish, type Started } from './port.ts';
export { secretOf, storeSecret } from './secret.ts';
