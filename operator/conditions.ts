// NOTE for whoever writes operator/agentpool: setConditions lives in #domain/conditions.ts (pure files may import only #api, #domain, ./). Import it from there; this file will be deleted.
export { setConditions } from '#domain/conditions.ts';
