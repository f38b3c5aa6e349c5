/** Headers that prove who asks, for a request to the cloud's API. */
export type GetHeaders = () => Promise<Record<string, string>>;

/** Accounts that are connected, by cloud. */
export interface Accounts {
  gcp?: { headers: GetHeaders; project: string };
  /** Each request of AWS is signed by itself, for the region whose endpoint is asked. */
  aws?: { sign: (url: string, region: string) => Promise<Record<string, string>> };
  azure?: { headers: GetHeaders; subscription: string };
  digitalocean?: { headers: GetHeaders };
}

/** An account that is named somewhere and cannot be used, in the words of who refused it. */
export interface AccountProblem {
  cloud: string;
  message: string;
  hint: string | null;
}

/** What a reference led to. */
export interface Opened {
  accounts: Accounts;
  problems: readonly AccountProblem[];
}

type Env = Readonly<Record<string, string | undefined>>;

/** What finding an account takes. */
export interface AccountIo {
  /** Names and paths, and secrets where there are any. */
  env: Env;
  /** Whether the machine itself may have an identity: its metadata server is asked. */
  ownIdentity: boolean;
  fetch: typeof fetch;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Runs a cloud's own tool, to its stdout. Rejects with its words where it fails. */
  run: (command: string, args: readonly string[], env: Env) => Promise<string>;
  urls: AccountUrls;
}

/** Where tokens are fetched; tests name others. */
export interface AccountUrls {
  googleToken: string;
  azureLogin: string;
  azureMetadata: string;
}
