// Settings of the check that `helm test` runs: the operator's program, started with `install-check`.
import { z } from 'zod';
import { env, LogLevel, TextList, whole } from './setting.ts';

export const InstallCheckConfig = z.object({
  namespace: z.string().min(1).max(63).meta(env('CODITECT_CHECK_NAMESPACE')).describe('Namespace of the mission and of its pool.'),
  agentImage: z.string().min(1).max(512).meta(env('CODITECT_CHECK_AGENT_IMAGE')).describe('Image of the agent that runs it.'),
  pullSecrets: TextList.default([]).meta(env('CODITECT_CHECK_PULL_SECRETS')).describe('Secrets for pulling that image, with commas between.'),
  timeoutSeconds: whole(10, 3600).default(300).meta(env('CODITECT_CHECK_TIMEOUT_SECONDS')).describe('How long the mission may take, in seconds; pulling the image and starting a node are part of it.'),
  logLevel: LogLevel.default('info').meta(env('CODITECT_LOG_LEVEL')).describe('error, warn, info or debug.'),
});
export type InstallCheckConfig = z.infer<typeof InstallCheckConfig>;
