// The door of the Docker engine for tests, images and e2e: a real one on this machine, for as long as it is needed.
export { type Answer, type DockerClient, dockerClient } from './client.ts';
export { type DockerEngine, startDocker } from './engine.ts';
export { findDocker, installDocker, whyNoDocker } from './find.ts';
