// Names of images in full, as containerd keeps them; pods may use the short form, which the kubelet completes in the same way.

/** `coditect/agent:e2e` -> `docker.io/coditect/agent:e2e`, `node` -> `docker.io/library/node:latest`. */
export function fullName(name: string): string {
  if (!/^[a-z0-9]+([._:/-]+[A-Za-z0-9_]+)*$/.test(name)) throw new Error(`name an image ${name}: that is no name of an image, so none was made; use <host>/<path>:<tag> in lower case`);
  const [first = '', ...rest] = name.split('/');
  const hasHost = rest.length > 0 && (first.includes('.') || first.includes(':') || first === 'localhost');
  const path = hasHost ? name : rest.length === 0 ? `docker.io/library/${name}` : `docker.io/${name}`;
  return /:[^/]+$/.test(path) ? path : `${path}:latest`;
}
