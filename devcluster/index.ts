// The door of this room.
export { accessOf } from './access.ts';
export { type ApiClient, ApiError, createApiClient, statusOf } from './api-client.ts';
export { pauseApiServer, resumeApiServer, startApiServer, stopApiServer } from './api-server.ts';
export { ensureBinaries, needsBuild } from './build.ts';
export { type Cluster, findCluster, listClusters, openCluster, startCluster, type StartOptions, stopCluster } from './cluster.ts';
export { type ComponentName, isRunning, restartComponent, signalComponent, stopComponent } from './components.ts';
export { openGitDoor } from './git-door.ts';
export { type GitDoor, startGitDoor } from './git-door/server.ts';
export type { Image, Images } from './images.ts';
export { installOperator, type InstallOptions } from './install.ts';
export type { ApiAccess } from './kubeconfig.ts';
export { type ImageConfig, type ImageSource, importImages, type Layer, programWithLibraries, whyNoKubelet, writeImage } from './kubelet-node/index.ts';
export { layoutOf } from './layout.ts';
export { type DevclusterSettings, kubernetesVersion, type NodeKind, settingsFrom } from './settings.ts';
