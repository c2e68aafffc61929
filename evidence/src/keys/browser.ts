// What a browser has of its own: nothing that is synchronous. node.ts is its counterpart.

/** Never: it is the library that decides. */
export const platformAccepts = (
  _signature: Uint8Array,
  _message: Uint8Array,
  _spki: Uint8Array,
): boolean => false;
