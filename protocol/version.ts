/**
 * The number of the wire protocol between worker and control plane. A control plane speaks this
 * number and the one before; a worker outside that range is answered 426.
 */
export const PROTOCOL = 1;

/** The oldest protocol number that this control plane still speaks. */
export const PROTOCOL_OLDEST = 1;

/** The request header that carries the caller's protocol number. */
export const PROTOCOL_HEADER = 'x-px-protocol';

/** px's own version, as in package.json (a test holds the two together). */
export const VERSION = '0.1.0';
