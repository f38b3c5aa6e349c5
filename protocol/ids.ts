import * as z from 'zod';

/** A cluster's name: letters, digits and dashes, at most 40, so that it fits every cloud's labels. */
export const ClusterName = z
  .string()
  .regex(/^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/, 'a name like jpg or my-cluster-2');
export type ClusterName = z.infer<typeof ClusterName>;

/** The cluster that stands for this machine; no px.yaml may use the name. */
export const LOCAL_CLUSTER = 'local';

const id = (prefix: string) => z.string().regex(new RegExp(`^${prefix}[0-9a-z]{10}$`));

export const JobId = id('j');
export type JobId = z.infer<typeof JobId>;
export const ClusterId = id('c');
export type ClusterId = z.infer<typeof ClusterId>;
export const NodeId = id('n');
export type NodeId = z.infer<typeof NodeId>;

/** A lower-case hex SHA-256. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
export type Sha256 = z.infer<typeof Sha256>;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Makes an id: a prefix letter and ten Crockford base32 digits (50 bits) from ten random bytes. */
export const makeId = (prefix: 'j' | 'c' | 'n' | 't', random: Uint8Array): string =>
  prefix + Array.from(random.subarray(0, 10), (byte) => ALPHABET[byte % 32]).join('');
