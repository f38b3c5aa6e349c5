import type { Principal } from '../handler.ts';

/** What middleware leaves for those behind it. */
export interface AppEnv {
  Variables: { principal: Principal };
}
