// DSSE v1.0.2: what is signed is the pre-authentication encoding of type and payload.
// https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md
import { concat, utf8 } from "@reach-fabric/engine";

/**
 * PAE(type, payload): `DSSEv1 SP len(type) SP type SP len(payload) SP payload`, lengths in decimal.
 * Both lengths are in front, so no payload can pass for one of another type.
 */
export function preAuthEncoding(type: string, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const name = utf8(type);
  return concat([utf8(`DSSEv1 ${name.length} `), name, utf8(` ${payload.length} `), payload]);
}
