// The parts of a Linux system that programs of any kind read. Names of users are among them, secrets are not.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Programs and libraries. /nix is there on hosts that have their tools there. */
const trees = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/opt', '/nix/store'];

/** By name: /etc also holds keys, host certificates and passwords. passwd and group are what getpwuid reads; git does not start without its settings. */
const inEtc = [
  'ld.so.cache', 'ld.so.conf', 'ld.so.conf.d', 'ld.so.preload', 'alternatives',
  'passwd', 'group', 'nsswitch.conf', 'localtime', 'timezone', 'os-release', 'debian_version', 'lsb-release',
  'ca-certificates', 'ca-certificates.conf', 'gitconfig', 'mime.types', 'services', 'protocols', 'shells', 'bash.bashrc', 'profile', 'inputrc', 'terminfo', 'locale.conf',
];

/** Certificates of authorities; private keys lie beside them in folders of their own. */
const authorities = ['/etc/ssl/certs', '/etc/ssl/openssl.cnf', '/etc/pki/tls/certs', '/etc/pki/tls/cert.pem', '/etc/pki/ca-trust', '/etc/crypto-policies'];

/** Run-time settings of languages that their interpreters refuse to start without. */
const languages = /^(python|java|perl|ruby|php|lua|dotnet|mono|maven|gradle|R)[\d.-]*/;

/** Facts of the machine, the same for everybody. What belongs to a process is not among them. */
const machine = [
  '/proc/cpuinfo', '/proc/meminfo', '/proc/stat', '/proc/loadavg', '/proc/uptime', '/proc/version', '/proc/filesystems', '/proc/sys/kernel/osrelease', '/proc/sys/kernel/ostype',
  '/proc/sys/kernel/random/uuid', '/proc/sys/kernel/random/boot_id', '/proc/sys/kernel/pid_max', '/proc/sys/vm/overcommit_memory', '/proc/sys/net/core/somaxconn', '/sys/devices/system/cpu', '/sys/kernel/mm/transparent_hugepage',
];

/** What finding a host by its name needs besides. */
export const forNetwork: readonly string[] = ['/etc/hosts', '/etc/host.conf', '/etc/resolv.conf', '/etc/gai.conf'];

/** Paths that every run may read; those that do not exist do no harm. */
export function systemFiles(): string[] {
  return [...trees, ...inEtc.map((name) => join('/etc', name)), ...languageSettings(), ...authorities, ...machine];
}

function languageSettings(): string[] {
  try {
    return readdirSync('/etc').filter((name) => languages.test(name)).map((name) => join('/etc', name));
  } catch {
    return [];
  }
}
