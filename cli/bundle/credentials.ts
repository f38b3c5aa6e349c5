import { readFileSync } from 'node:fs';
import { baseOf, onDisk, type RawPath } from './raw-path.ts';

/** Names of files that hold keys, tokens or passwords. */
const NAMES: readonly RegExp[] = [
  /^\.env/,
  /\.(pem|key|p12|pfx|ppk|jks|keystore|kdbx)$/i,
  /^id_/,
  /^(\.|_)netrc$/,
  /^\.(pgpass|my\.cnf|pypirc|htpasswd|git-credentials|dockercfg|boto|s3cfg|vault-token)$/,
  /^credentials(\.(json|ya?ml|toml|ini|xml|csv|db))?$/i,
  /^kubeconfig|\.kubeconfig$/i,
  /\.tfstate(\.|$)/,
  /^(tokens?|secrets?)\.(json|ya?ml|toml)$/i,
  /^(client[-_]secrets?|service[-_]?account|application_default_credentials).*\.json$/i,
];

/** Folders whose files hold such things. */
const FOLDERS = /(^|\/)(\.env[^/]*|\.(aws|ssh|gnupg|kube|azure|gcloud)|\.config\/gcloud)\//;

const TOKEN = /_auth(Token)?\s*=|_password\s*=/;

/** 64 KiB: npm's own settings are a few lines. */
const NPMRC_MAX_BYTES = 1 << 16;

/** npm reads its token from a file that is otherwise harmless and often needed. */
const holdsToken = (root: string, path: RawPath): boolean => {
  try {
    return TOKEN.test(
      readFileSync(onDisk(root, path)).subarray(0, NPMRC_MAX_BYTES).toString('latin1'),
    );
  } catch {
    return true;
  }
};

/** Whether an untracked file is one that must not travel by accident. */
export const isCredential = (root: string, path: RawPath): boolean => {
  const name = baseOf(path);
  if (NAMES.some((pattern) => pattern.test(name)) || FOLDERS.test(path)) return true;
  if (/(^|\/)\.docker\/config\.json$/.test(path)) return true;
  return name === '.npmrc' && holdsToken(root, path);
};
