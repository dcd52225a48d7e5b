// The door of the node with real pods: starting one is node-setup.ts's; images are everybody's.
export type { Layer } from './image/layer.ts';
export { programWithLibraries } from './image/program-files.ts';
export { type ImageConfig, type ImageSource, writeImage } from './image/write.ts';
export { importImages } from './import.ts';
export { needsNodeBuild } from './programs.ts';
export { whyNoKubelet } from './why.ts';
