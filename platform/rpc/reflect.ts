// @peculiar/x509 brings a container (tsyringe) that refuses to load without the metadata functions of reflect-metadata.
// It only asks for metadata that nobody in this process writes, so "there is none" is the whole truth.
if (!('getMetadata' in Reflect)) {
  const none = () => undefined;
  Object.assign(Reflect, { getMetadata: none, getOwnMetadata: none, defineMetadata: none });
}
