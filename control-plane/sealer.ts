/** AES-256-GCM with the key of `PX_HOME/key`, which is 0600 and outside the database. */
export interface Sealer {
  seal(plain: Uint8Array): Uint8Array;
  /** Throws a PxError `database_damaged` where the bytes or the key are not the ones it was sealed with. */
  open(sealed: Uint8Array): Uint8Array;
}
