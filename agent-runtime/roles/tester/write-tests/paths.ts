// Which files are tests, by their paths alone, in the layouts of the frameworks that the Tester runs.

const testFolder = /(^|\/)(tests?|__tests__|specs?|testdata|__snapshots__)\/./;
const testFile = /(^|\/)(test_[^/]*|[^/]*[._-](test|spec))\.[A-Za-z0-9]+$|(^|\/)conftest\.py$/;
/** What was installed is somebody else's, its tests too. */
const installed = /(^|\/)(node_modules|vendor|site-packages)\//;

/** True for a path inside the working folder that the frameworks take for a test, or for what a test needs. */
export function isTestPath(path: string): boolean {
  return (testFolder.test(path) || testFile.test(path)) && !installed.test(path) && !path.startsWith('../');
}
