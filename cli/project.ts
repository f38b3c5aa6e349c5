import type { PxYaml } from '../protocol/px-yaml.ts';

/** The folder of px.yaml, else the git root, else the working directory. */
export interface Project {
  /** Absolute. */
  root: string;
  /** Absolute path of px.yaml; null where there is none. */
  configPath: string | null;
  /** Whether the root is inside a git work tree. */
  git: boolean;
  config: PxYaml;
}
